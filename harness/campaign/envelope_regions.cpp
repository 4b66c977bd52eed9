#include "harness/campaign/envelope_regions.hpp"

#include <algorithm>
#include <cmath>

#include "harness/campaign/region_text.hpp"

namespace raceproof::campaign {

namespace {

using explore::Inequality;
using explore::IntegerSet;

/// How far outside a piece a point is still taken for one of its corners, in nanoseconds: less than
/// the distance of two values.
constexpr double tolerance = 0.25;
/// How far beyond a line the other side is looked at: pieces that meet leave at most one nanosecond
/// between them.
constexpr double beyond = 1.5;

double distance(const EnvelopeCondition& condition, EnvelopeVertex point) {
  const auto a = static_cast<double>(condition.factors[0]);
  const auto b = condition.factors.size() > 1 ? static_cast<double>(condition.factors[1]) : 0.0;
  const double value = a * point.x + b * point.y + static_cast<double>(condition.constant);
  return value / std::hypot(a, b);
}

EnvelopeVertex crossing(EnvelopeVertex from, double from_distance, EnvelopeVertex to,
                        double to_distance) {
  const double share = from_distance / (from_distance - to_distance);
  return {from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share};
}

/// Cuts off what lies beyond a condition (Sutherland and Hodgman, 1974).
std::vector<EnvelopeVertex> clipped(const std::vector<EnvelopeVertex>& polygon,
                                    const EnvelopeCondition& condition) {
  std::vector<EnvelopeVertex> kept;
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const EnvelopeVertex from = polygon[i];
    const EnvelopeVertex to = polygon[(i + 1) % polygon.size()];
    const double at_from = distance(condition, from);
    const double at_to = distance(condition, to);
    const bool from_in = at_from >= -tolerance;
    const bool to_in = at_to >= -tolerance;
    if (from_in) kept.push_back(from);
    if (from_in != to_in && at_from != at_to) {
      const bool between = (at_from > 0) != (at_to > 0);
      if (between) kept.push_back(crossing(from, at_from, to, at_to));
    }
  }
  return kept;
}

bool same(EnvelopeVertex a, EnvelopeVertex b) {
  return std::abs(a.x - b.x) <= tolerance && std::abs(a.y - b.y) <= tolerance;
}

std::vector<EnvelopeVertex> corners(const std::vector<EnvelopeAxis>& axes,
                                    const std::vector<EnvelopeCondition>& conditions) {
  const auto low = [&](std::size_t axis) { return static_cast<double>(axes[axis].low.count()); };
  const auto high = [&](std::size_t axis) { return static_cast<double>(axes[axis].high.count()); };
  if (axes.size() == 1) {
    double from = low(0);
    double to = high(0);
    for (const auto& condition : conditions) {
      const auto factor = static_cast<double>(condition.factors[0]);
      const double end = -static_cast<double>(condition.constant) / factor;
      if (condition.equality || factor > 0) from = std::max(from, end);
      if (condition.equality || factor < 0) to = std::min(to, end);
    }
    return {{from, 0}, {to, 0}};
  }
  std::vector<EnvelopeVertex> polygon = {
      {low(0), low(1)}, {high(0), low(1)}, {high(0), high(1)}, {low(0), high(1)}};
  for (EnvelopeCondition condition : conditions) {
    polygon = clipped(polygon, condition);
    if (!condition.equality) continue;
    for (auto& factor : condition.factors) factor = -factor;
    condition.constant = -condition.constant;
    polygon = clipped(polygon, condition);
  }
  std::vector<EnvelopeVertex> distinct;
  for (const EnvelopeVertex vertex : polygon) {
    const bool known =
        std::ranges::any_of(distinct, [&](EnvelopeVertex other) { return same(vertex, other); });
    if (!known) distinct.push_back(vertex);
  }
  return distinct;
}

std::vector<EnvelopeCondition> range_conditions(const std::vector<EnvelopeAxis>& axes) {
  std::vector<EnvelopeCondition> conditions;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    std::vector<std::int64_t> factors(axes.size(), 0);
    factors[i] = 1;
    conditions.push_back({factors, -axes[i].low.count(), false});
    factors[i] = -1;
    conditions.push_back({factors, axes[i].high.count(), false});
  }
  return conditions;
}

bool lies_in(const EnvelopePiece& piece, EnvelopeVertex point) {
  return std::ranges::all_of(piece.conditions, [&](const EnvelopeCondition& condition) {
    const double at = distance(condition, point);
    return condition.equality ? std::abs(at) <= tolerance : at >= -tolerance;
  });
}

/// The parts of a piece's edges behind which the region ends, and the axes' ranges do not.
void add_boundary(const EnvelopePiece& piece, const std::vector<EnvelopeAxis>& axes,
                  EnvelopeRegion& region) {
  EnvelopePiece box;
  box.conditions = range_conditions(axes);
  const auto& vertices = piece.vertices;
  const std::size_t edges = vertices.size() == 2 ? 1 : vertices.size();
  for (std::size_t i = 0; vertices.size() > 1 && i < edges; ++i) {
    const EnvelopeVertex from = vertices[i];
    const EnvelopeVertex to = vertices[(i + 1) % vertices.size()];
    const double length = std::hypot(to.x - from.x, to.y - from.y);
    // Counter-clockwise: what lies to the right is outside.
    const EnvelopeVertex out{(to.y - from.y) / length * beyond, (from.x - to.x) / length * beyond};
    std::vector<double> cuts = {0, 1};
    for (const EnvelopePiece& other : region.pieces) {
      for (const EnvelopeCondition& condition : other.conditions) {
        const double at_from = distance(condition, {from.x + out.x, from.y + out.y});
        const double at_to = distance(condition, {to.x + out.x, to.y + out.y});
        if ((at_from > 0) != (at_to > 0)) cuts.push_back(at_from / (at_from - at_to));
      }
    }
    std::ranges::sort(cuts);
    const auto at = [&](double share) {
      return EnvelopeVertex{from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share};
    };
    for (std::size_t k = 0; k + 1 < cuts.size(); ++k) {
      if ((cuts[k + 1] - cuts[k]) * length < 2 * beyond) continue;
      const EnvelopeVertex middle = at((cuts[k] + cuts[k + 1]) / 2);
      const EnvelopeVertex outside{middle.x + out.x, middle.y + out.y};
      if (!lies_in(box, outside)) continue;
      const bool goes_on = std::ranges::any_of(
          region.pieces, [&](const EnvelopePiece& other) { return lies_in(other, outside); });
      if (goes_on) continue;
      auto& all = region.boundary;
      const EnvelopeVertex start = at(cuts[k]);
      if (k > 0 && !all.empty() && same(all.back().to, start)) {
        all.back().to = at(cuts[k + 1]);
      } else {
        all.push_back({start, at(cuts[k + 1])});
      }
    }
  }
}

}  // namespace

IntegerSet box_of(const std::vector<EnvelopeAxis>& axes) {
  std::vector<Inequality> conditions;
  for (const auto& condition : range_conditions(axes)) {
    conditions.push_back({condition.factors, condition.constant, false});
  }
  return IntegerSet(axes.size(), conditions);
}

EnvelopeRegion make_region(const IntegerSet& set, const std::vector<EnvelopeAxis>& axes) {
  std::vector<std::string> names;
  for (const EnvelopeAxis& axis : axes) names.push_back(axis.parameter);
  EnvelopeRegion region;
  if (set.is_empty()) return region;
  for (const auto& piece : set.pieces(box_of(axes))) {
    EnvelopePiece out;
    out.inequalities = piece_text(piece, names);
    out.exact = piece.exact;
    for (const auto& condition : piece.conditions) {
      out.conditions.push_back({condition.factors, condition.constant, condition.equality});
    }
    out.vertices = corners(axes, out.conditions);
    const auto ranges = range_conditions(axes);
    out.conditions.insert(out.conditions.end(), ranges.begin(), ranges.end());
    region.pieces.push_back(std::move(out));
  }
  std::ranges::sort(region.pieces, {}, &EnvelopePiece::inequalities);
  if (axes.size() == 2) {
    for (const EnvelopePiece& piece : region.pieces) add_boundary(piece, axes, region);
  }
  return region;
}

}  // namespace raceproof::campaign
