// The class of a symbolic run as an exact linear system over its named parameters, its drawn delays
// and the times of its events; its projection on any of them, and its feasibility.
//
// Differences of points that nothing else speaks of are eliminated by shortest paths (Dechter,
// Meiri, Pearl, "Temporal constraint networks", Artificial Intelligence 49, 1991). What is left is
// a small system in which most variables occur with factor 1: equalities are substituted, the rest
// is eliminated after Fourier and Motzkin, keeping of each form the tightest bound only. Where one
// of the two factors of every combined pair is 1 this is exact over the integers; where not, the
// integer set library projects instead.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "harness/explore/integer_set.hpp"
#include "harness/sim/time_model.hpp"

namespace raceproof::explore {

/// `sum(factor * t_point) + sum(terms) + constant <= 0`: something asked of a class on top of what
/// its run required.
struct PointCondition {
  std::vector<std::pair<sim::PointId, std::int64_t>> points;
  std::vector<sim::Term> terms;
  std::int64_t constant = 0;
};

/// The values of some variables.
using FixedValues = std::map<sim::VariableId, std::int64_t>;

/// Reads the run once; does not refer to it afterwards. Times in nanoseconds.
class ClassSystem {
 public:
  /// `opened` are parameters with a single value that shall count as variables from 0 on: the
  /// system then says for which of their values the run would have gone the same way.
  /// With `closed`, what the run required strictly (`<`) need only hold as `<=`.
  explicit ClassSystem(const sim::TimeModel& time, std::vector<sim::VariableId> opened = {},
                       std::vector<PointCondition> further = {}, bool closed = false);

  /// The values of `onto` (parameters or draws; in their order) that some values of everything else
  /// complete to a solution.
  [[nodiscard]] IntegerSet project(std::span<const sim::VariableId> onto,
                                   const FixedValues& fixed = {}) const;
  /// Whether there is a solution in integers.
  [[nodiscard]] bool feasible(const FixedValues& fixed = {}) const;

  /// Parameters and draws that the differences of points alone do not tie down: all ranged and
  /// opened parameters, and draws that are used more than once or in a comparison.
  [[nodiscard]] const std::vector<sim::VariableId>& variables() const { return variables_; }
  /// Points that some definition or condition speaks of.
  [[nodiscard]] const std::vector<sim::PointId>& points() const { return points_; }
  /// Times of `points()` that, with `fixed` giving a value to each of `variables()`, belong to a
  /// solution; nothing if there is none.
  [[nodiscard]] std::optional<std::vector<std::int64_t>> point_times(
      const FixedValues& fixed) const;

 private:
  /// A row over all columns: variables_ first, then points_ without the origin.
  struct Reduced;
  using Distances = std::vector<std::vector<std::int64_t>>;
  void keep_point(sim::PointId point);
  void add_row(std::span<const std::pair<sim::PointId, std::int64_t>> points,
               std::span<const sim::Term> terms, std::int64_t constant, bool equality);
  [[nodiscard]] Reduced reduce(std::span<const sim::VariableId> onto,
                               const FixedValues& fixed) const;
  [[nodiscard]] std::size_t column_of_point(sim::PointId point) const;

  const sim::TimeModel* time_ = nullptr;  // while the constructor works
  std::vector<sim::VariableId> variables_;
  std::vector<sim::PointId> points_;  // the origin first
  std::map<sim::VariableId, std::size_t> variable_columns_;
  std::map<sim::PointId, std::size_t> point_columns_;
  std::vector<Inequality> rows_;
  bool impossible_ = false;  // the differences alone have no solution
};

}  // namespace raceproof::explore
