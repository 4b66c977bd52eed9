#include "harness/explore/witness.hpp"

#include <algorithm>

namespace raceproof::explore {

namespace {

using Difference = sim::TimeModel::Difference;

/// The earliest solution of a set of differences with t_0 = 0: t_i is minus the length of the
/// shortest path from i to 0. Nothing if there is a negative cycle.
std::optional<std::vector<std::int64_t>> earliest(std::size_t points,
                                                  const std::vector<Difference>& differences) {
  constexpr std::int64_t far = sim::Zone::unbounded;
  std::vector<std::int64_t> distance(points, far);
  distance[0] = 0;
  for (std::size_t round = 0; round <= points; ++round) {
    bool changed = false;
    // Later conditions speak of later points: going backwards settles most of them in one round.
    for (auto edge = differences.rbegin(); edge != differences.rend(); ++edge) {
      if (distance[edge->to] >= far || edge->bound >= far) continue;
      const std::int64_t through = distance[edge->to] + edge->bound;
      if (through < distance[edge->from]) {
        distance[edge->from] = through;
        changed = true;
      }
    }
    if (!changed) {
      std::vector<std::int64_t> times(points);
      for (std::size_t i = 0; i < points; ++i) times[i] = -distance[i];
      return times;
    }
  }
  return std::nullopt;
}

/// Values of drawn delays as the points that they define say; the lower end where nothing does.
std::vector<std::int64_t> variable_values(const sim::TimeModel& time,
                                          const std::vector<std::int64_t>& points) {
  std::vector<std::int64_t> values;
  for (const auto& variable : time.variables()) {
    using Kind = sim::TimeModel::Variable::Kind;
    if (variable.kind == Kind::point) {
      values.push_back(points[variable.point]);
    } else if (variable.uses > 0 && variable.point != 0) {
      const auto value = points[variable.point] - points[variable.base] - variable.offset;
      values.push_back(std::clamp(value, variable.low, variable.high));
    } else {
      values.push_back(variable.low);
    }
  }
  return values;
}

std::int64_t value_of(const std::vector<sim::Term>& terms, std::int64_t constant,
                      const std::vector<std::int64_t>& values) {
  for (const auto& term : terms) constant += term.factor * values[term.variable];
  return constant;
}

/// Whether a solution of the differences also meets what the zone could not express.
bool meets_all(const sim::TimeModel& time, const Witness& witness) {
  for (const auto& definition : time.definitions()) {
    if (value_of(definition.terms, definition.constant, witness.variable_values) !=
        witness.point_times[definition.point]) {
      return false;
    }
  }
  for (const auto& condition : time.conditions()) {
    if (value_of(condition.terms, condition.constant, witness.variable_values) > 0) return false;
  }
  return true;
}

/// Fixes every drawn delay to `share` thousandths of its range and solves for the rest.
std::optional<Witness> with_fixed_delays(const sim::TimeModel& time, std::int64_t share) {
  Witness witness;
  auto differences = time.differences();
  witness.variable_values.resize(time.variables().size());
  for (std::size_t i = 0; i < time.variables().size(); ++i) {
    const auto& variable = time.variables()[i];
    witness.variable_values[i] = variable.low + (variable.high - variable.low) * share / 1000;
  }
  using Kind = sim::TimeModel::Variable::Kind;
  for (const auto& definition : time.definitions()) {
    // Only definitions with one point can be fixed this way; the rest is checked afterwards.
    sim::PointId base = 0;
    std::int64_t offset = definition.constant;
    int points = 0;
    for (const auto& term : definition.terms) {
      const auto& variable = time.variables()[term.variable];
      if (variable.kind == Kind::point) {
        ++points;
        base = variable.point;
      } else {
        offset += term.factor * witness.variable_values[term.variable];
      }
    }
    if (points > 1) continue;
    differences.push_back({base, definition.point, offset});
    differences.push_back({definition.point, base, -offset});
  }
  auto times = earliest(time.point_count(), differences);
  if (!times) return std::nullopt;
  witness.point_times = std::move(*times);
  for (std::size_t i = 0; i < time.variables().size(); ++i) {
    const auto& variable = time.variables()[i];
    if (variable.kind == Kind::point)
      witness.variable_values[i] = witness.point_times[variable.point];
  }
  return meets_all(time, witness) ? std::optional(witness) : std::nullopt;
}

}  // namespace

std::optional<Witness> solve(const sim::TimeModel& time) {
  auto times = earliest(time.point_count(), time.differences());
  if (!times) return std::nullopt;
  Witness witness{std::move(*times), {}};
  witness.variable_values = variable_values(time, witness.point_times);
  if (!time.relaxed() || meets_all(time, witness)) return witness;
  for (const std::int64_t share : {0, 1000, 500, 250, 750}) {
    if (auto fixed = with_fixed_delays(time, share)) return fixed;
  }
  return std::nullopt;
}

std::int64_t longest(const sim::TimeModel& time, sim::PointId from, sim::PointId to) {
  constexpr std::int64_t far = sim::Zone::unbounded;
  const auto differences = time.differences();
  std::vector<std::int64_t> distance(time.point_count(), far);
  distance[from] = 0;
  bool changed = true;
  for (std::size_t round = 0; changed && round <= distance.size(); ++round) {
    changed = false;
    for (const auto& edge : differences) {
      if (distance[edge.from] >= far || edge.bound >= far) continue;
      const std::int64_t through = distance[edge.from] + edge.bound;
      if (through < distance[edge.to]) {
        distance[edge.to] = through;
        changed = true;
      }
    }
  }
  return distance[to];
}

WitnessDecider::WitnessDecider(const sim::TimeModel& time, const Witness& witness,
                               SymbolicOrder order)
    : order_(std::move(order)) {
  using Kind = sim::TimeModel::Variable::Kind;
  for (std::size_t i = 0; i < time.variables().size(); ++i) {
    const auto& variable = time.variables()[i];
    if (variable.kind == Kind::point || variable.low == variable.high) continue;
    delays_.emplace(variable.meaning.identity, witness.variable_values[i]);
  }
  for (std::size_t i = 0; i < order_.events.size(); ++i) {
    positions_.emplace(order_.events[i].identity, i);
  }
}

std::size_t WitnessDecider::choose(sim::ChoiceKind kind,
                                   std::span<const sim::Meaning> alternatives) {
  if (kind != sim::ChoiceKind::next_event) {
    const auto answer = order_.answers.find(alternatives[0].identity);
    return answer == order_.answers.end() ? 0 : std::min(answer->second, alternatives.size() - 1);
  }
  // Of the events due at one time, the one that came first in the symbolic run.
  std::size_t best = 0;
  std::size_t best_position = order_.events.size();
  for (std::size_t i = 0; i < alternatives.size(); ++i) {
    const auto found = positions_.find(alternatives[i].identity);
    if (found == positions_.end() || found->second >= best_position) continue;
    best = i;
    best_position = found->second;
  }
  return best;
}

std::int64_t WitnessDecider::draw(std::int64_t low_ns, std::int64_t high_ns,
                                  const sim::Meaning& meaning) {
  const auto found = delays_.find(meaning.identity);
  return std::clamp(found == delays_.end() ? low_ns : found->second, low_ns, high_ns);
}

std::size_t OrderRecorder::choose(sim::ChoiceKind kind,
                                  std::span<const sim::Meaning> alternatives) {
  const std::size_t chosen = inner_.choose(kind, alternatives);
  if (kind == sim::ChoiceKind::timer_queued || kind == sim::ChoiceKind::thread_step) {
    order_.answers.emplace(alternatives[0].identity, chosen);
  }
  return chosen;
}

}  // namespace raceproof::explore
