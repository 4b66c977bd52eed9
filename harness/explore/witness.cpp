#include "harness/explore/witness.hpp"

#include <algorithm>
#include <map>

namespace raceproof::explore {

namespace {

using Difference = sim::TimeModel::Difference;
using Kind = sim::TimeModel::Variable::Kind;
constexpr std::int64_t far = sim::Zone::unbounded;

/// The earliest solution of a set of differences with t_0 = 0: t_i is minus the length of the
/// shortest path from i to 0. Nothing if there is a negative cycle.
std::optional<std::vector<std::int64_t>> earliest(std::size_t points,
                                                  const std::vector<Difference>& differences) {
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

/// The greatest t_to - t_from that the differences allow.
std::int64_t longest_path(std::size_t points, const std::vector<Difference>& differences,
                          sim::PointId from, sim::PointId to) {
  std::vector<std::int64_t> distance(points, far);
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

/// Lengths of paths that go round a negative cycle for a while.
__extension__ using Wide = __int128;

/// A cycle of negative length, as indices of differences; empty if there is none.
std::vector<std::size_t> negative_cycle(std::size_t points,
                                        const std::vector<Difference>& differences) {
  std::vector<Wide> distance(points, 0);  // as from a point before all others
  std::vector<std::size_t> entered_by(points, differences.size());
  sim::PointId last = 0;
  for (std::size_t round = 0; round <= points; ++round) {
    bool changed = false;
    for (std::size_t i = 0; i < differences.size(); ++i) {
      const auto& edge = differences[i];
      if (edge.bound >= far || distance[edge.from] + edge.bound >= distance[edge.to]) continue;
      distance[edge.to] = distance[edge.from] + edge.bound;
      entered_by[edge.to] = i;
      last = edge.to;
      changed = true;
    }
    if (!changed) return {};
  }
  for (std::size_t i = 0; i < points; ++i) last = differences[entered_by[last]].from;
  std::vector<std::size_t> cycle;
  sim::PointId point = last;
  do {
    cycle.push_back(entered_by[point]);
    point = differences[entered_by[point]].from;
  } while (point != last);
  return cycle;
}

/// Which orders are not ties in every solution: those on no cycle of length 0. Such a cycle
/// consists of differences that are tight in any solution, `times` for one.
std::vector<bool> loose_orders(const std::vector<Difference>& differences,
                               const std::vector<std::int64_t>& times) {
  // Strongly connected components of the tight differences (Tarjan, 1972; without recursion).
  std::vector<std::vector<sim::PointId>> out(times.size());
  const auto tight = [&](const Difference& edge) {
    return times[edge.to] - times[edge.from] == edge.bound;
  };
  for (const auto& edge : differences) {
    if (tight(edge)) out[edge.from].push_back(edge.to);
  }
  constexpr std::uint32_t unseen = UINT32_MAX;
  std::vector<std::uint32_t> index(times.size(), unseen);
  std::vector<std::uint32_t> low(times.size(), 0);
  std::vector<std::uint32_t> component(times.size(), unseen);
  std::vector<sim::PointId> stack;
  std::uint32_t next_index = 0;
  std::uint32_t next_component = 0;
  struct Frame {
    sim::PointId point;
    std::size_t edge;
  };
  for (sim::PointId root = 0; root < times.size(); ++root) {
    if (index[root] != unseen) continue;
    std::vector<Frame> frames = {{root, 0}};
    while (!frames.empty()) {
      Frame& frame = frames.back();
      const sim::PointId point = frame.point;
      if (frame.edge == 0 && index[point] == unseen) {
        index[point] = low[point] = next_index++;
        stack.push_back(point);
      }
      if (frame.edge < out[point].size()) {
        const sim::PointId to = out[point][frame.edge++];
        if (index[to] == unseen) {
          frames.push_back({to, 0});
        } else if (component[to] == unseen) {
          low[point] = std::min(low[point], index[to]);
        }
        continue;
      }
      if (low[point] == index[point]) {
        sim::PointId member = 0;
        do {
          member = stack.back();
          stack.pop_back();
          component[member] = next_component;
        } while (member != point);
        ++next_component;
      }
      frames.pop_back();
      if (!frames.empty()) {
        auto& parent = low[frames.back().point];
        parent = std::min(parent, low[point]);
      }
    }
  }
  std::vector<bool> loose;
  for (const auto& edge : differences) {
    const bool tie = tight(edge) && component[edge.from] == component[edge.to];
    loose.push_back(!edge.delay && edge.bound < far && edge.from != edge.to && !tie);
  }
  return loose;
}

/// Shortens the bounds of loose orders by the greatest amount that leaves a solution (Dinkelbach's
/// method for the cycle of least mean slack). Orders on a cycle that leaves less than a nanosecond
/// to each do not count. Returns that amount; nothing if there is no loose order.
std::optional<std::int64_t> spread(std::size_t points, std::vector<Difference>& differences) {
  const auto times = earliest(points, differences);
  if (!times) return std::nullopt;
  auto loose = loose_orders(differences, *times);
  constexpr std::int64_t start = 1'000'000'000'000'000;  // eleven days: longer than any run
  std::int64_t slack = start;
  for (;;) {
    if (std::ranges::find(loose, true) == loose.end()) return std::nullopt;
    auto tighter = differences;
    for (std::size_t i = 0; i < tighter.size(); ++i) {
      if (loose[i]) tighter[i].bound -= slack;
    }
    const auto cycle = negative_cycle(points, tighter);
    if (cycle.empty()) {
      differences = std::move(tighter);
      return slack;
    }
    std::int64_t length = 0;
    std::int64_t orders = 0;
    for (const std::size_t i : cycle) {
      length += differences[i].bound;
      orders += loose[i] ? 1 : 0;
    }
    slack = orders == 0 ? 0 : length / orders;
    if (slack > 0) continue;
    for (const std::size_t i : cycle) loose[i] = false;
    slack = start;
  }
}

std::int64_t value_of(const std::vector<sim::Term>& terms, std::int64_t constant,
                      const std::vector<std::int64_t>& values) {
  for (const auto& term : terms) constant += term.factor * values[term.variable];
  return constant;
}

/// Finds one solution; used once.
class Solver {
 public:
  Solver(const sim::TimeModel& time, Prefer prefer, std::span<const PointCondition> further)
      : time_(time),
        prefer_(prefer),
        further_(further.begin(), further.end()),
        differences_(time.differences()) {}

  std::optional<Witness> solve() {
    // Points and delays that differences cannot hold, first.
    if ((time_.relaxed() || !further_.empty()) && !fix_variables()) return std::nullopt;
    if (prefer_ == Prefer::most_slack) (void)spread(time_.point_count(), differences_);
    if (prefer_ != Prefer::earliest && !round_delays()) return std::nullopt;
    auto times = earliest(time_.point_count(), differences_);
    if (!times) return std::nullopt;
    Witness witness{std::move(*times), {}};
    witness.variable_values = variable_values(witness.point_times);
    return witness;
  }

 private:
  void require(sim::PointId from, sim::PointId to, std::int64_t bound, bool equal) {
    differences_.push_back({from, to, bound, true});
    if (equal) differences_.push_back({to, from, -bound, true});
  }

  /// Adds `points + terms + constant <= 0` (or `== 0`) as differences, with the fixed values put
  /// in. False if it is no difference.
  bool add_as_difference(std::vector<std::pair<sim::PointId, std::int64_t>> points,
                         const std::vector<sim::Term>& terms, std::int64_t constant, bool equal) {
    for (const auto& term : terms) {
      const auto& variable = time_.variables()[term.variable];
      if (variable.kind == Kind::point) {
        points.emplace_back(variable.point, term.factor);
      } else if (variable.low == variable.high) {
        constant += term.factor * variable.low;
      } else if (const auto value = fixed_.find(term.variable); value != fixed_.end()) {
        constant += term.factor * value->second;
      } else {
        return true;  // a delay that the differences hold as the distance of two points
      }
    }
    std::map<sim::PointId, std::int64_t> sum;
    for (const auto& [point, factor] : points) {
      if (point != 0) sum[point] += factor;
    }
    sim::PointId to = 0;
    sim::PointId from = 0;
    for (const auto& [point, factor] : sum) {
      if (factor == 0) continue;
      if (factor == 1 && to == 0) {
        to = point;
      } else if (factor == -1 && from == 0) {
        from = point;
      } else {
        return false;
      }
    }
    require(from, to, -constant, equal);
    return true;
  }

  bool fix_variables() {
    const ClassSystem system(time_, {}, further_);
    if (!system.feasible()) return false;
    for (const sim::VariableId variable : system.variables()) {
      const auto values = system.project(std::span(&variable, 1), fixed_);
      const auto bounds = values.bounds(0);
      if (!bounds) return false;
      std::int64_t value = bounds->low;
      if (prefer_ == Prefer::simplest) {
        value = simplest(time_.variables()[variable], bounds->low, bounds->high);
      }
      if (prefer_ == Prefer::most_slack) value += (bounds->high - bounds->low) / 2;
      if (!values.contains(std::span(&value, 1))) value = bounds->low;
      fixed_[variable] = value;
    }
    bool differences_say_all = true;
    for (const auto& definition : time_.definitions()) {
      differences_say_all &=
          add_as_difference({{definition.point, -1}}, definition.terms, definition.constant, true);
    }
    for (const auto& condition : time_.conditions()) {
      differences_say_all &= add_as_difference({}, condition.terms, condition.constant, false);
    }
    for (const auto& condition : further_) {
      differences_say_all &=
          add_as_difference(condition.points, condition.terms, condition.constant, false);
    }
    if (differences_say_all) return true;
    const auto times = system.point_times(fixed_);
    if (!times) return false;
    for (std::size_t i = 0; i < times->size(); ++i) {
      if (system.points()[i] != 0) require(0, system.points()[i], (*times)[i], true);
    }
    return true;
  }

  /// The shortest delay that the variable has, where that is possible, else the roundest.
  static std::int64_t simplest(const sim::TimeModel::Variable& variable, std::int64_t low,
                               std::int64_t high) {
    return low <= variable.low ? variable.low : roundest(low, high);
  }

  /// Gives each delay that stands between two points its roundest value, one after the other.
  bool round_delays() {
    for (sim::VariableId id = 0; id < time_.variables().size(); ++id) {
      const auto& variable = time_.variables()[id];
      const bool between_points = variable.kind != Kind::point && variable.low < variable.high &&
                                  variable.uses == 1 && variable.point != 0 && !fixed_.contains(id);
      if (!between_points) continue;
      const auto points = time_.point_count();
      const std::int64_t high =
          longest_path(points, differences_, variable.base, variable.point) - variable.offset;
      const std::int64_t low =
          -longest_path(points, differences_, variable.point, variable.base) - variable.offset;
      if (low > high) return false;
      const std::int64_t value =
          simplest(variable, std::max(low, variable.low), std::min(high, variable.high));
      require(variable.base, variable.point, value + variable.offset, true);
    }
    return true;
  }

  /// Values of drawn delays as the points that they define say; the lower end where nothing does.
  [[nodiscard]] std::vector<std::int64_t> variable_values(
      const std::vector<std::int64_t>& points) const {
    std::vector<std::int64_t> values;
    for (sim::VariableId id = 0; id < time_.variables().size(); ++id) {
      const auto& variable = time_.variables()[id];
      if (variable.kind == Kind::point) {
        values.push_back(points[variable.point]);
      } else if (const auto value = fixed_.find(id); value != fixed_.end()) {
        values.push_back(value->second);
      } else if (variable.uses > 0 && variable.point != 0) {
        const auto delay = points[variable.point] - points[variable.base] - variable.offset;
        values.push_back(std::clamp(delay, variable.low, variable.high));
      } else {
        values.push_back(variable.low);
      }
    }
    return values;
  }

  const sim::TimeModel& time_;
  Prefer prefer_;
  std::vector<PointCondition> further_;
  std::vector<Difference> differences_;
  FixedValues fixed_;
};

}  // namespace

std::optional<Witness> solve(const sim::TimeModel& time, Prefer prefer,
                             std::span<const PointCondition> further) {
  return Solver(time, prefer, further).solve();
}

bool feasible(const sim::TimeModel& time) {
  return !time.relaxed() || ClassSystem(time).feasible();
}

bool is_solution(const sim::TimeModel& time, const Witness& witness) {
  const auto& points = witness.point_times;
  const auto& values = witness.variable_values;
  for (const auto& difference : time.differences()) {
    if (points[difference.to] - points[difference.from] > difference.bound) return false;
  }
  for (sim::VariableId id = 0; id < values.size(); ++id) {
    const auto& variable = time.variables()[id];
    if (variable.kind == Kind::point ? values[id] != points[variable.point]
                                     : values[id] < variable.low || values[id] > variable.high) {
      return false;
    }
  }
  const auto defined = [&](const auto& definition) {
    return value_of(definition.terms, definition.constant, values) == points[definition.point];
  };
  const auto met = [&](const auto& condition) {
    return value_of(condition.terms, condition.constant, values) <= 0;
  };
  return std::ranges::all_of(time.definitions(), defined) &&
         std::ranges::all_of(time.conditions(), met);
}

std::optional<std::int64_t> least_slack(const sim::TimeModel& time, const Witness& witness) {
  const auto differences = time.differences();
  const auto loose = loose_orders(differences, witness.point_times);
  std::optional<std::int64_t> least;
  for (std::size_t i = 0; i < differences.size(); ++i) {
    if (!loose[i]) continue;
    const auto& edge = differences[i];
    const std::int64_t slack =
        edge.bound - (witness.point_times[edge.to] - witness.point_times[edge.from]);
    least = std::min(least.value_or(slack), slack);
  }
  return least;
}

std::vector<PointCondition> orders_apart(const sim::TimeModel& time, const Witness& witness) {
  std::vector<PointCondition> conditions;
  const auto& times = witness.point_times;
  for (const auto& edge : time.differences()) {
    // An order with a margin ends in a tie that is decided otherwise, by who was first in a queue.
    if (edge.delay || edge.by_value || edge.bound != 0) continue;
    if (times[edge.from] - times[edge.to] < 1) continue;
    conditions.push_back({{{edge.to, 1}, {edge.from, -1}}, {}, 1});
  }
  return conditions;
}

std::int64_t roundest(std::int64_t low, std::int64_t high) {
  if (low == 0) return 0;
  const std::int64_t middle = low + (high - low) / 2;
  std::int64_t best = middle;
  for (std::int64_t unit = 1;; unit *= 10) {
    const std::int64_t least = (low - 1) / unit * unit + unit;  // low > 0
    if (least > high) return best;
    // Of the multiples on either side of the middle, the nearer one that is inside.
    const std::int64_t below = middle / unit * unit;
    const std::int64_t above = below > high - unit ? below : below + unit;
    const bool take_below = below >= low && (middle - below <= above - middle || above == below);
    best = take_below ? below : above;
    if (unit > high / 10) return best;
  }
}

std::int64_t longest(const sim::TimeModel& time, sim::PointId from, sim::PointId to) {
  return longest_path(time.point_count(), time.differences(), from, to);
}

WitnessDecider::WitnessDecider(const sim::TimeModel& time, const Witness& witness,
                               SymbolicOrder order)
    : order_(std::move(order)) {
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
  if (kind != sim::ChoiceKind::next_event && kind != sim::ChoiceKind::comparison) {
    order_.answers.emplace(alternatives[0].identity, chosen);
  }
  return chosen;
}

}  // namespace raceproof::explore
