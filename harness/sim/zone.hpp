// A zone: all times at which the events of one order can happen, as a difference-bound matrix.
//
// Points are event times. `upper(i, j)` is the least upper bound of t_j - t_i in nanoseconds; the
// matrix is kept closed (every bound is tight), which the event-time form makes cheap: a new point
// is attached to one cause in O(n), and firing a point closes in O(n^2) because all new constraints
// leave from it. Bounds are integers, so every consistent zone has an integral solution.
// The method is that of difference-bound matrices over event times (Dechter, Meiri, Pearl,
// "Temporal constraint networks", 1991; Lugiez, Niebert, Zennou, event zones, TCS 345, 2005).
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace raceproof::sim {

class Zone {
 public:
  using Point = std::uint32_t;
  /// Larger than any time of a run, small enough that two of them can be added.
  static constexpr std::int64_t unbounded = std::numeric_limits<std::int64_t>::max() / 8;

  /// Back to the one point `origin` (the start of the run).
  void reset();
  static constexpr Point origin = 0;

  /// Adds a point with t_point - t_cause in [low, high]; `high` may be `unbounded`.
  Point add(Point cause, std::int64_t low, std::int64_t high);
  /// Forgets a point; what it implied for the others stays (projection of a closed matrix).
  void drop(Point point);

  [[nodiscard]] std::int64_t upper(Point from, Point to) const { return bounds_[at(from, to)]; }
  /// Adds t_to - t_from <= bound. Returns false, and leaves the zone useless, if nothing is left.
  bool constrain(Point from, Point to, std::int64_t bound);
  /// Whether t_to - t_from <= bound leaves anything.
  [[nodiscard]] bool allows(Point from, Point to, std::int64_t bound) const {
    return upper(to, from) + bound >= 0;
  }

  /// One pending point that must not come before the fired one; `margin` is 1 if a tie is forced
  /// the other way (the fired one must then be strictly earlier), else 0.
  struct After {
    Point point;
    std::int64_t margin;
    std::uint32_t id;  ///< the caller's name for the point
  };
  /// Whether `point` can come before every point of `later`.
  [[nodiscard]] bool can_fire(Point point, std::span<const After> later) const {
    for (const After& other : later) {
      if (upper(point, other.point) < other.margin) return false;
    }
    return true;
  }
  /// Whether firing `point` first is possible only because some other point falls together with it,
  /// although the two could also differ: such an order has no width.
  [[nodiscard]] bool only_at_tie(Point point, std::span<const After> later) const {
    for (const After& other : later) {
      if (upper(point, other.point) == 0 && upper(other.point, point) > 0) return true;
    }
    return false;
  }
  /// Restricts the zone to the times at which `point` comes before every point of `later`.
  void fire(Point point, std::span<const After> later);

  [[nodiscard]] std::size_t size() const { return live_.size(); }

 private:
  [[nodiscard]] std::size_t at(Point from, Point to) const { return from * stride_ + to; }
  [[nodiscard]] std::int64_t* row(Point point) { return &bounds_[at(point, 0)]; }
  void grow();

  std::size_t stride_ = 0;
  /// Columns in use, rounded up to whole vectors. In the rows of live points the columns of dropped
  /// ones go on as if they were live, so that rows can be worked through without a look at which
  /// are; the rows of dropped points are never read.
  std::size_t columns_ = 0;
  std::vector<std::int64_t> bounds_;
  std::vector<std::int64_t> margins_;  // scratch
  std::vector<Point> live_;
  std::vector<Point> free_;
};

}  // namespace raceproof::sim
