// Sets of integer points under linear inequalities, and unions of them: exact, with integers of any
// size inside. A value type over isl (Verdoolaege, "isl: An Integer Set Library for the Polyhedral
// Model", ICMS 2010).
//
// All sets of one thread belong to one isl context: a set is used and destroyed on the thread that
// made it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

struct isl_set;

namespace raceproof::explore {

/// `sum(factors[i] * x[i]) + constant >= 0`, or `== 0`.
struct Inequality {
  std::vector<std::int64_t> factors;
  std::int64_t constant = 0;
  bool equality = false;
  friend bool operator==(const Inequality&, const Inequality&) = default;
};

/// A set of integer points in a space of fixed dimension. Operations on two sets need the same
/// dimension. Throws std::overflow_error where a result does not fit into 64 bits, and
/// std::runtime_error where isl gives up (out of memory, or more work than `work_max`).
class IntegerSet {
 public:
  /// The points that meet all of `conditions`; every point if there are none.
  explicit IntegerSet(std::size_t dimension, std::span<const Inequality> conditions = {});
  static IntegerSet empty(std::size_t dimension);
  IntegerSet(const IntegerSet& other);
  IntegerSet(IntegerSet&& other) noexcept = default;
  IntegerSet& operator=(IntegerSet other) noexcept;
  ~IntegerSet();

  [[nodiscard]] std::size_t dimension() const;
  [[nodiscard]] bool is_empty() const;
  [[nodiscard]] bool contains(std::span<const std::int64_t> point) const;
  [[nodiscard]] bool is_subset_of(const IntegerSet& other) const;
  [[nodiscard]] bool operator==(const IntegerSet& other) const;

  [[nodiscard]] IntegerSet united(const IntegerSet& other) const;
  [[nodiscard]] IntegerSet common(const IntegerSet& other) const;
  [[nodiscard]] IntegerSet without(const IntegerSet& other) const;
  /// Leaves out `count` dimensions from `first` on: the points that some values of those complete.
  [[nodiscard]] IntegerSet projected_out(std::size_t first, std::size_t count) const;
  /// All points, with `by` added to one coordinate.
  [[nodiscard]] IntegerSet moved(std::size_t coordinate, std::int64_t by) const;
  /// The points at distance 1 along a coordinate from one of this set.
  [[nodiscard]] IntegerSet beside() const;
  /// The same set, in fewer convex pieces where that is possible.
  [[nodiscard]] IntegerSet coalesced() const;

  /// One point of the set.
  [[nodiscard]] std::optional<std::vector<std::int64_t>> sample() const;
  /// Least and greatest value of one coordinate; nothing if the set is empty. Throws if unbounded.
  struct Bounds {
    std::int64_t low;
    std::int64_t high;
    friend bool operator==(const Bounds&, const Bounds&) = default;
  };
  [[nodiscard]] std::optional<Bounds> bounds(std::size_t coordinate) const;

  /// A convex piece: its inequalities without redundant ones.
  struct Piece {
    std::vector<Inequality> conditions;
    /// The piece is exactly the integer points within its conditions. Otherwise some of those are
    /// missing (a form must be divisible by a number).
    bool exact = true;
  };
  /// The pieces whose union this is; they may overlap. Conditions that all points of `context` meet
  /// are left out.
  [[nodiscard]] std::vector<Piece> pieces(const IntegerSet& context) const;
  [[nodiscard]] std::vector<Piece> pieces() const { return pieces(IntegerSet(dimension())); }

 private:
  explicit IntegerSet(isl_set* set);
  [[nodiscard]] isl_set* copy() const;
  struct Free {
    void operator()(isl_set* set) const;
  };
  std::unique_ptr<isl_set, Free> set_;
};

}  // namespace raceproof::explore
