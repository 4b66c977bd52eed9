#include "harness/sim/zone.hpp"

#include <algorithm>

namespace raceproof::sim {

void Zone::reset() {
  if (stride_ == 0) {
    stride_ = 64;
    bounds_.assign(stride_ * stride_, unbounded);
  }
  live_.assign(1, origin);
  free_.clear();
  for (Point p = static_cast<Point>(stride_); p-- > 1;) free_.push_back(p);
  bounds_[at(origin, origin)] = 0;
}

void Zone::grow() {
  const std::size_t wider = stride_ * 2;
  std::vector<std::int64_t> bounds(wider * wider, unbounded);
  for (const Point i : live_) {
    for (const Point j : live_) bounds[i * wider + j] = bounds_[at(i, j)];
  }
  for (Point p = static_cast<Point>(wider); p-- > static_cast<Point>(stride_);) free_.push_back(p);
  stride_ = wider;
  bounds_ = std::move(bounds);
}

Zone::Point Zone::add(Point cause, std::int64_t low, std::int64_t high) {
  if (free_.empty()) grow();
  const Point point = free_.back();
  free_.pop_back();
  for (const Point i : live_) {
    bounds_[at(i, point)] = std::min(unbounded, bounds_[at(i, cause)] + high);
    bounds_[at(point, i)] = std::min(unbounded, bounds_[at(cause, i)] - low);
  }
  bounds_[at(point, point)] = 0;
  live_.push_back(point);
  return point;
}

void Zone::drop(Point point) {
  const auto found = std::find(live_.begin(), live_.end(), point);
  *found = live_.back();
  live_.pop_back();
  free_.push_back(point);
}

bool Zone::constrain(Point from, Point to, std::int64_t bound) {
  if (bound >= upper(from, to)) return true;
  if (!allows(from, to, bound)) return false;
  for (const Point i : live_) {
    const std::int64_t through = bounds_[at(i, from)];
    if (through >= unbounded) continue;
    for (const Point j : live_) {
      auto& current = bounds_[at(i, j)];
      current = std::min(current, through + bound + bounds_[at(to, j)]);
    }
  }
  return true;
}

void Zone::fire(Point point, std::span<const After> later) {
  // Every new constraint, t_point - t_later <= -margin, ends in `point`: a shortest path uses one
  // of them at most once, so one pass closes the matrix.
  for (const Point i : live_) {
    std::int64_t nearest = bounds_[at(i, point)];
    for (const After& other : later) {
      nearest = std::min(nearest, bounds_[at(i, other.point)] - other.margin);
    }
    if (nearest >= bounds_[at(i, point)]) continue;
    const std::int64_t* from_point = &bounds_[at(point, 0)];
    std::int64_t* row = &bounds_[at(i, 0)];
    for (const Point j : live_) row[j] = std::min(row[j], nearest + from_point[j]);
  }
}

}  // namespace raceproof::sim
