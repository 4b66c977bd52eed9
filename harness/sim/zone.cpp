#include "harness/sim/zone.hpp"

#include <algorithm>
#include <cstring>

namespace raceproof::sim {

namespace {

/// Four bounds at a time. Rows begin at multiples of four columns, but not of 32 bytes: they are
/// copied in and out, which compilers turn into unaligned loads and stores.
using Vector = std::int64_t __attribute__((vector_size(32)));
constexpr std::size_t lanes = 4;

/// row[j] = min(row[j], more + other[j])
[[gnu::always_inline]] inline void tighten(std::int64_t* row, const std::int64_t* other,
                                           std::int64_t more, std::size_t columns) {
  for (std::size_t j = 0; j < columns; j += lanes) {
    Vector to;
    Vector through;
    std::memcpy(&to, row + j, sizeof(to));
    std::memcpy(&through, other + j, sizeof(through));
    through += more;
    to = through < to ? through : to;
    std::memcpy(row + j, &to, sizeof(to));
  }
}

/// min(row[j] + margins[j]), at most `least`
[[gnu::always_inline]] inline std::int64_t minimum(const std::int64_t* row,
                                                   const std::int64_t* margins, std::int64_t least,
                                                   std::size_t columns) {
  Vector nearest = {least, least, least, least};
  for (std::size_t j = 0; j < columns; j += lanes) {
    Vector sum;
    Vector margin;
    std::memcpy(&sum, row + j, sizeof(sum));
    std::memcpy(&margin, margins + j, sizeof(margin));
    sum += margin;
    nearest = sum < nearest ? sum : nearest;
  }
  return std::min(std::min(nearest[0], nearest[1]), std::min(nearest[2], nearest[3]));
}

struct Matrix {
  std::int64_t* bounds;
  std::size_t stride;
  std::size_t columns;
  [[nodiscard]] std::int64_t* row(Zone::Point point) const { return bounds + point * stride; }
};

[[gnu::always_inline]] inline void close_after_fire(const Matrix& matrix,
                                                    std::span<const Zone::Point> live,
                                                    const std::int64_t* margins,
                                                    Zone::Point point) {
  // Every new constraint, t_point - t_later <= -margin, ends in `point`: a shortest path uses one
  // of them at most once, so one pass closes the matrix.
  const std::int64_t* from_point = matrix.row(point);
  for (const Zone::Point i : live) {
    std::int64_t* row = matrix.row(i);
    const std::int64_t nearest = minimum(row, margins, row[point], matrix.columns);
    if (nearest < row[point]) tighten(row, from_point, nearest, matrix.columns);
  }
}

[[gnu::always_inline]] inline void close_after_bound(const Matrix& matrix,
                                                     std::span<const Zone::Point> live,
                                                     Zone::Point from, Zone::Point to,
                                                     std::int64_t bound) {
  const std::int64_t* from_to = matrix.row(to);
  for (const Zone::Point i : live) {
    std::int64_t* row = matrix.row(i);
    if (row[from] >= Zone::unbounded || row[from] + bound >= row[to]) continue;
    tighten(row, from_to, row[from] + bound, matrix.columns);
  }
}

#ifdef __x86_64__
[[gnu::target("avx2")]] void fire_avx2(const Matrix& matrix, std::span<const Zone::Point> live,
                                       const std::int64_t* margins, Zone::Point point) {
  close_after_fire(matrix, live, margins, point);
}
[[gnu::target("avx2")]] void bound_avx2(const Matrix& matrix, std::span<const Zone::Point> live,
                                        Zone::Point from, Zone::Point to, std::int64_t bound) {
  close_after_bound(matrix, live, from, to, bound);
}
const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
#endif

}  // namespace

void Zone::reset() {
  if (stride_ == 0) {
    stride_ = 64;
    bounds_.assign(stride_ * stride_, unbounded);
    margins_.resize(stride_);
  }
  live_.assign(1, origin);
  free_.clear();
  for (Point p = static_cast<Point>(stride_); p-- > 1;) free_.push_back(p);
  columns_ = lanes;
  std::fill_n(row(origin), stride_, unbounded);
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
  margins_.resize(stride_);
  bounds_ = std::move(bounds);
}

Zone::Point Zone::add(Point cause, std::int64_t low, std::int64_t high) {
  if (free_.empty()) grow();
  const Point point = free_.back();
  free_.pop_back();
  if (point >= columns_) {
    for (const Point i : live_) std::fill_n(row(i) + columns_, lanes, unbounded);
    columns_ += lanes;
  }
  const std::int64_t* from_cause = row(cause);
  std::int64_t* from_point = row(point);
  for (std::size_t j = 0; j < columns_; ++j) {
    from_point[j] = std::min(unbounded, from_cause[j] - low);
  }
  for (const Point i : live_) {
    bounds_[at(i, point)] = std::min(unbounded, bounds_[at(i, cause)] + high);
  }
  from_point[point] = 0;
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
  const Matrix matrix{bounds_.data(), stride_, columns_};
#ifdef __x86_64__
  if (has_avx2) {
    bound_avx2(matrix, live_, from, to, bound);
    return true;
  }
#endif
  close_after_bound(matrix, live_, from, to, bound);
  return true;
}

void Zone::fire(Point point, std::span<const After> later) {
  std::fill_n(margins_.data(), columns_, unbounded);
  bool restricts = false;
  for (const After& other : later) {
    if (upper(other.point, point) <= -other.margin) continue;  // it is later in any case
    margins_[other.point] = -other.margin;
    restricts = true;
  }
  if (!restricts) return;
  const Matrix matrix{bounds_.data(), stride_, columns_};
#ifdef __x86_64__
  if (has_avx2) return fire_avx2(matrix, live_, margins_.data(), point);
#endif
  close_after_fire(matrix, live_, margins_.data(), point);
}

}  // namespace raceproof::sim
