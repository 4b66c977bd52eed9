// When a check fails, as a region of named durations, and how far a failure is from vanishing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/campaign/class_region.hpp"
#include "harness/campaign/result.hpp"
#include "harness/campaign/variant_search.hpp"
#include "harness/explore/integer_set.hpp"

namespace raceproof::campaign {

/// The durations that a region speaks of: parameters with a range, within that range, and settings
/// in which the scenario's variants differ, as if they could take any value.
struct NamedDurations {
  std::vector<sim::VariableId> onto;
  std::vector<sim::VariableId> opened;  ///< of those, the settings
  std::vector<std::string> names;
  explore::IntegerSet context;  ///< what holds of them anyway, and need not be said

  NamedDurations(const scenario::Scenario& scenario, const scenario::ResolvedVariant& variant);
};

/// Pieces of a region that are told, at the most.
inline constexpr std::size_t pieces_max = 8;

/// A region in words: of several lists of inequalities, one must hold.
struct RegionText {
  std::vector<std::vector<std::string>> pieces;  ///< the ones with the fewest inequalities first
  std::size_t more = 0;                          ///< left out
};

/// Collects failing classes: the union of their regions, and around one point of it the way out.
/// Exact. Every member throws what IntegerSet does.
class FailingRegion {
 public:
  /// `at` has the values of the variant's parameters, by their order, that margins count from;
  /// empty: nobody asks for a margin.
  FailingRegion(const scenario::Scenario& scenario, const scenario::ResolvedVariant& variant,
                std::vector<std::int64_t> at);

  /// Adds the class of the symbolic run in `runner`, as far as it violates the variant's check of
  /// that index (past the end: broken runs and clients).
  void add(Runner& runner, const RunRecord& record, std::size_t check);

  [[nodiscard]] RegionText text() const;
  /// Of the ranged parameters the one that, moved alone from `at` and within its range, is soonest
  /// at a value that belongs to none of the classes, whatever the drawn delays; nothing if no
  /// parameter does that.
  [[nodiscard]] std::optional<Margin> margin() const;
  /// Of each ranged parameter, the values around the one in `at`, and within its range, that belong
  /// to the classes, the others being at `at`.
  [[nodiscard]] std::vector<RangedDelay> spans() const;

 private:
  /// The values of one ranged parameter with which some class is there, the others being at `at`.
  struct Line {
    sim::VariableId parameter;
    explore::IntegerSet failing;
  };
  [[nodiscard]] explore::IntegerSet safe_values(const Line& line) const;
  [[nodiscard]] std::optional<nanoseconds> slack(const Line& line) const;

  const scenario::ResolvedVariant& variant_;
  NamedDurations durations_;
  std::vector<std::int64_t> at_;
  explore::IntegerSet failing_;
  std::vector<Line> lines_;
};

/// What all failing classes of a check come to.
struct FailingClasses {
  std::optional<Margin> margin;
  RegionText region;
  bool complete = false;  ///< the region is all of them; otherwise the check may fail elsewhere
};

inline constexpr std::size_t failing_classes_max = 2000;

/// Performs every failing class of `check` once more. The margin is known where the search was
/// complete. Of more than `failing_classes_max` classes the first so many count, and of a region
/// that is too much work nothing is said.
[[nodiscard]] FailingClasses survey_failing(const scenario::Scenario& scenario,
                                            const scenario::ResolvedVariant& variant,
                                            const SearchOutcome& outcome, std::size_t check,
                                            const std::vector<std::int64_t>& at,
                                            std::uint64_t seed);

}  // namespace raceproof::campaign
