#include "harness/explore/class_system.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <numeric>
#include <set>
#include <stdexcept>

namespace raceproof::explore {

namespace {

using Kind = sim::TimeModel::Variable::Kind;
constexpr std::int64_t far = sim::Zone::unbounded;

/// Rows after an elimination at which redundant ones are looked for.
constexpr std::size_t rows_crowded = 400;

/// Sums that do not overflow before they are checked.
__extension__ using Wide = __int128;

std::int64_t narrow(Wide value) {
  if (value > INT64_MAX || value < INT64_MIN) {
    throw std::overflow_error("exact region: a number does not fit into 64 bits");
  }
  return static_cast<std::int64_t>(value);
}

std::int64_t floor_divided(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

/// Shortest paths from `start` over differences. Empty if there is a negative cycle.
class Paths {
 public:
  Paths(std::size_t points, std::span<const sim::TimeModel::Difference> differences)
      : out_(points) {
    for (const auto& edge : differences) {
      if (edge.bound < far) out_[edge.from].push_back({edge.to, edge.bound});
    }
  }

  [[nodiscard]] std::vector<std::int64_t> from(sim::PointId start) const {
    std::vector<std::int64_t> distance(out_.size(), far);
    std::vector<std::uint32_t> entered(out_.size(), 0);
    std::vector<bool> waiting(out_.size(), false);
    std::deque<sim::PointId> queue = {start};
    distance[start] = 0;
    while (!queue.empty()) {
      const sim::PointId point = queue.front();
      queue.pop_front();
      waiting[point] = false;
      for (const Edge& edge : out_[point]) {
        const std::int64_t through = distance[point] + edge.bound;
        if (through >= distance[edge.to]) continue;
        distance[edge.to] = through;
        if (waiting[edge.to]) continue;
        if (++entered[edge.to] > out_.size()) return {};
        waiting[edge.to] = true;
        queue.push_back(edge.to);
      }
    }
    return distance;
  }

 private:
  struct Edge {
    sim::PointId to;
    std::int64_t bound;
  };
  std::vector<std::vector<Edge>> out_;
};

/// Elimination over the integers, as far as it is exact.
class Elimination {
 public:
  explicit Elimination(std::size_t columns) : columns_(columns) {}

  void add(Inequality row) {
    std::int64_t divisor = 0;
    for (const std::int64_t factor : row.factors) divisor = std::gcd(divisor, factor);
    if (divisor == 0) {
      impossible_ |= row.equality ? row.constant != 0 : row.constant < 0;
      return;
    }
    if (row.equality) {
      impossible_ |= row.constant % divisor != 0;
    }
    for (std::int64_t& factor : row.factors) factor /= divisor;
    row.constant = floor_divided(row.constant, divisor);
    if (row.equality) {
      equalities_.push_back(std::move(row));
      return;
    }
    // Of the same form, the tightest bound; with its opposite, maybe an equality or nothing at all.
    const auto [known, fresh] = bounds_.emplace(row.factors, row.constant);
    if (!fresh) {
      if (row.constant >= known->second) return;
      known->second = row.constant;
    }
    auto opposite = row.factors;
    for (std::int64_t& factor : opposite) factor = -factor;
    const auto other = bounds_.find(opposite);
    if (other == bounds_.end()) return;
    const Wide room = static_cast<Wide>(row.constant) + other->second;
    if (room < 0) impossible_ = true;
    if (room == 0) {
      bounds_.erase(other);
      bounds_.erase(row.factors);
      row.equality = true;
      equalities_.push_back(std::move(row));
    }
  }

  /// Eliminates the columns in `unwanted`. What cannot be eliminated exactly stays.
  void eliminate(std::set<std::size_t> unwanted) {
    while (!impossible_) {
      if (substitute_one(unwanted)) continue;
      if (!combine_one(unwanted)) break;
      if (bounds_.size() > rows_crowded) drop_redundant();
    }
  }

  [[nodiscard]] bool impossible() const { return impossible_; }
  [[nodiscard]] std::vector<Inequality> rows() const {
    auto all = equalities_;
    for (const auto& [factors, constant] : bounds_) all.push_back({factors, constant, false});
    return all;
  }
  [[nodiscard]] bool mentions(std::size_t column) const {
    return std::ranges::any_of(rows(), [&](const auto& row) { return row.factors[column] != 0; });
  }

 private:
  static Inequality combined(const Inequality& a, std::int64_t a_times, const Inequality& b,
                             std::int64_t b_times) {
    Inequality sum;
    sum.factors.resize(a.factors.size());
    const auto add_up = [&](std::int64_t left, std::int64_t right) {
      return narrow(static_cast<Wide>(a_times) * left + static_cast<Wide>(b_times) * right);
    };
    for (std::size_t i = 0; i < sum.factors.size(); ++i) {
      sum.factors[i] = add_up(a.factors[i], b.factors[i]);
    }
    sum.constant = add_up(a.constant, b.constant);
    return sum;
  }

  /// Solves an equality for an unwanted column with factor 1 or -1 and puts it in everywhere.
  bool substitute_one(std::set<std::size_t>& unwanted) {
    for (std::size_t e = 0; e < equalities_.size(); ++e) {
      for (const std::size_t column : unwanted) {
        const std::int64_t factor = equalities_[e].factors[column];
        if (factor != 1 && factor != -1) continue;
        const Inequality solved = std::move(equalities_[e]);
        equalities_.erase(equalities_.begin() + static_cast<std::ptrdiff_t>(e));
        const auto old = rows();
        equalities_.clear();
        bounds_.clear();
        for (const Inequality& row : old) {
          Inequality next = combined(row, 1, solved, -row.factors[column] * factor);
          next.equality = row.equality;
          add(std::move(next));
        }
        unwanted.erase(column);
        return true;
      }
    }
    return false;
  }

  /// Fourier and Motzkin: the cheapest unwanted column for which that is exact.
  bool combine_one(std::set<std::size_t>& unwanted) {
    std::optional<std::size_t> best;
    std::int64_t best_growth = 0;
    for (const std::size_t column : unwanted) {
      bool in_equality = false;
      for (const auto& row : equalities_) in_equality |= row.factors[column] != 0;
      if (in_equality) continue;
      std::int64_t lower = 0;
      std::int64_t upper = 0;
      bool lower_units = true;
      bool upper_units = true;
      for (const auto& [factors, constant] : bounds_) {
        const std::int64_t factor = factors[column];
        if (factor > 0) ++lower, lower_units &= factor == 1;
        if (factor < 0) ++upper, upper_units &= factor == -1;
      }
      if (!lower_units && !upper_units) continue;
      const std::int64_t growth = lower * upper - lower - upper;
      if (!best || growth < best_growth) best = column, best_growth = growth;
    }
    if (!best) return false;
    const auto old = rows();
    equalities_.clear();
    bounds_.clear();
    std::vector<Inequality> lowers;
    std::vector<Inequality> uppers;
    for (const Inequality& row : old) {
      const std::int64_t factor = row.factors[*best];
      if (factor == 0) {
        add(row);
      } else {
        (factor > 0 ? lowers : uppers).push_back(row);
      }
    }
    for (const Inequality& lower : lowers) {
      for (const Inequality& upper : uppers) {
        add(combined(lower, -upper.factors[*best], upper, lower.factors[*best]));
      }
    }
    unwanted.erase(*best);
    return true;
  }

  void drop_redundant() {
    const auto all = rows();
    const auto kept = IntegerSet(columns_, all).pieces();
    equalities_.clear();
    bounds_.clear();
    if (kept.empty()) impossible_ = true;
    for (const auto& piece : kept) {
      for (const Inequality& row : piece.conditions) add(row);
    }
  }

  std::size_t columns_;
  std::vector<Inequality> equalities_;
  std::map<std::vector<std::int64_t>, std::int64_t> bounds_;
  bool impossible_ = false;
};

}  // namespace

/// What is left of the system: rows over `columns`, the wanted ones first.
struct ClassSystem::Reduced {
  std::vector<Inequality> rows;
  std::size_t columns = 0;
  bool impossible = false;
};

ClassSystem::ClassSystem(const sim::TimeModel& time, std::vector<sim::VariableId> opened,
                         std::vector<PointCondition> further, bool closed)
    : time_(&time) {
  const auto& variables = time.variables();
  const bool open = !opened.empty();
  const auto is_open = [&](sim::VariableId v) {
    return std::ranges::find(opened, v) != opened.end();
  };
  const auto ranged = [&](sim::VariableId v) {
    const auto& variable = variables[v];
    return variable.kind != Kind::point && (variable.low < variable.high || is_open(v));
  };

  // `form <= 0` as a difference of two points, where it is one.
  const auto as_difference =
      [&](const std::vector<sim::Term>& terms,
          std::int64_t constant) -> std::optional<sim::TimeModel::Difference> {
    sim::TimeModel::Difference difference{0, 0, -constant};
    for (const auto& term : terms) {
      const auto& variable = variables[term.variable];
      if (variable.kind == Kind::point) {
        if (term.factor == 1 && difference.to == 0) {
          difference.to = variable.point;
        } else if (term.factor == -1 && difference.from == 0) {
          difference.from = variable.point;
        } else {
          return std::nullopt;
        }
      } else if (ranged(term.variable)) {
        return std::nullopt;
      } else {
        difference.bound -= term.factor * variable.low;
      }
    }
    return difference;
  };

  auto conditions = time.conditions();
  auto differences = time.differences();
  const auto definitions = time.definitions();
  if (open) {
    std::erase_if(differences, [](const auto& edge) { return edge.by_value; });
    for (auto& outcome : time.outcomes()) {
      if (auto difference = as_difference(outcome.terms, outcome.constant)) {
        difference->strict = outcome.strict;
        differences.push_back(*difference);
      } else {
        conditions.push_back(std::move(outcome));
      }
    }
  }

  if (closed) {
    for (auto& difference : differences) difference.bound += difference.strict ? 1 : 0;
    for (auto& condition : conditions) condition.constant -= condition.strict ? 1 : 0;
  }
  // What is asked further is mostly differences of points, too.
  std::erase_if(further, [&](const PointCondition& condition) {
    if (!condition.terms.empty() || condition.points.size() > 2) return false;
    sim::TimeModel::Difference difference{0, 0, -condition.constant};
    for (const auto& [point, factor] : condition.points) {
      if (factor == 1 && difference.to == 0) {
        difference.to = point;
      } else if (factor == -1 && difference.from == 0) {
        difference.from = point;
      } else {
        return false;
      }
    }
    differences.push_back(difference);
    return true;
  });

  // A draw that one definition alone speaks of, with factor 1 and beside at most one point, is the
  // slack between the two differences that bound its delay.
  std::map<sim::VariableId, std::size_t> mentions;
  const auto count = [&](const std::vector<sim::Term>& terms) {
    for (const auto& term : terms) ++mentions[term.variable];
  };
  for (const auto& definition : definitions) count(definition.terms);
  for (const auto& condition : conditions) count(condition.terms);
  for (const auto& condition : further) count(condition.terms);
  const auto is_plain = [&](const sim::TimeModel::Definition& definition) {
    std::size_t points = 0;
    std::size_t draws = 0;
    for (const auto& term : definition.terms) {
      if (variables[term.variable].kind == Kind::point) {
        points += term.factor == 1 ? 1 : 2;
      } else if (ranged(term.variable)) {
        if (variables[term.variable].kind == Kind::parameter) return false;
        draws += term.factor == 1 && mentions[term.variable] == 1 ? 1 : 2;
      }
    }
    return points <= 1 && draws <= 1;
  };
  if (open) {
    // The bounds by value that did not depend on an opened parameter.
    for (const auto& definition : definitions) {
      if (!is_plain(definition)) continue;
      sim::PointId base = 0;
      std::int64_t low = definition.constant;
      std::int64_t high = definition.constant;
      for (const auto& term : definition.terms) {
        const auto& variable = variables[term.variable];
        if (variable.kind == Kind::point) {
          base = variable.point;
        } else {
          low += term.factor * (term.factor > 0 ? variable.low : variable.high);
          high += term.factor * (term.factor > 0 ? variable.high : variable.low);
        }
      }
      differences.push_back({base, definition.point, high});
      differences.push_back({definition.point, base, -low});
    }
  }

  for (sim::VariableId v = 0; v < variables.size(); ++v) {
    if (variables[v].kind == Kind::parameter && ranged(v)) variables_.push_back(v);
  }
  std::set<sim::VariableId> draws;
  const auto keep = [&](const std::vector<sim::Term>& terms) {
    for (const auto& term : terms) {
      const auto& variable = variables[term.variable];
      if (variable.kind == Kind::point) {
        keep_point(variable.point);
      } else if (variable.kind == Kind::draw && ranged(term.variable)) {
        draws.insert(term.variable);
      }
    }
  };
  points_.push_back(0);
  for (const auto& definition : definitions) {
    if (is_plain(definition)) continue;
    keep_point(definition.point);
    keep(definition.terms);
  }
  for (const auto& condition : conditions) keep(condition.terms);
  for (const auto& condition : further) {
    keep(condition.terms);
    for (const auto& [point, factor] : condition.points) keep_point(point);
  }
  variables_.insert(variables_.end(), draws.begin(), draws.end());
  for (std::size_t i = 0; i < variables_.size(); ++i) variable_columns_[variables_[i]] = i;
  std::ranges::sort(points_);
  for (std::size_t i = 1; i < points_.size(); ++i) {
    point_columns_[points_[i]] = variables_.size() + i - 1;
  }

  // Ranges.
  for (const sim::VariableId v : variables_) {
    const sim::Term up{v, 1};
    const sim::Term down{v, -1};
    const auto& variable = variables[v];
    const bool opened_here = variable.low == variable.high;
    add_row({}, std::span(&down, 1), opened_here ? 0 : variable.low, false);
    if (!opened_here) add_row({}, std::span(&up, 1), -variable.high, false);
  }
  for (const auto& definition : definitions) {
    if (is_plain(definition)) continue;
    const std::pair<sim::PointId, std::int64_t> defined{definition.point, -1};
    add_row(std::span(&defined, 1), definition.terms, definition.constant, true);
  }
  for (const auto& condition : conditions) {
    add_row({}, condition.terms, condition.constant, false);
  }
  for (const auto& condition : further) {
    add_row(condition.points, condition.terms, condition.constant, false);
  }

  // The points that are left, by shortest paths.
  const Paths paths(time.point_count(), differences);
  Distances distance;
  for (const sim::PointId point : points_) {
    const auto all = paths.from(point);
    if (all.empty() || all[point] < 0) {
      impossible_ = true;
      break;
    }
    auto& row = distance.emplace_back();
    for (const sim::PointId other : points_) row.push_back(all[other]);
  }
  if (impossible_) {
    time_ = nullptr;
    return;
  }
  // Points that stand a fixed time apart are one; of the rest, what two other bounds imply is left
  // out (sound where no cycle has length 0).
  std::vector<std::size_t> leader(points_.size());
  for (std::size_t i = 0; i < points_.size(); ++i) {
    leader[i] = i;
    for (std::size_t j = 0; j < i; ++j) {
      if (leader[j] != j || distance[i][j] >= far || distance[j][i] >= far) continue;
      if (distance[i][j] + distance[j][i] != 0) continue;
      leader[i] = j;
      break;
    }
  }
  const auto bound = [&](std::size_t i, std::size_t j, std::int64_t most, bool equality) {
    // t_j - t_i <= most
    const std::array<std::pair<sim::PointId, std::int64_t>, 2> both = {
        std::pair{points_[j], std::int64_t{1}}, std::pair{points_[i], std::int64_t{-1}}};
    add_row(both, {}, -most, equality);
  };
  for (std::size_t i = 0; i < points_.size(); ++i) {
    if (leader[i] != i) {
      bound(leader[i], i, distance[leader[i]][i], true);
      continue;
    }
    for (std::size_t j = 0; j < points_.size(); ++j) {
      if (j == i || leader[j] != j || distance[i][j] >= far) continue;
      bool implied = false;
      for (std::size_t k = 0; k < points_.size() && !implied; ++k) {
        if (k == i || k == j || leader[k] != k) continue;
        if (distance[i][k] >= far || distance[k][j] >= far) continue;
        implied = distance[i][k] + distance[k][j] <= distance[i][j];
      }
      if (!implied) bound(i, j, distance[i][j], false);
    }
  }
  time_ = nullptr;
}

void ClassSystem::keep_point(sim::PointId point) {
  if (std::ranges::find(points_, point) == points_.end()) points_.push_back(point);
}

/// Adds `sum + constant <= 0` (or `== 0`), as a row `-sum - constant >= 0`.
void ClassSystem::add_row(std::span<const std::pair<sim::PointId, std::int64_t>> points,
                          std::span<const sim::Term> terms, std::int64_t constant, bool equality) {
  Inequality row;
  row.factors.assign(variables_.size() + points_.size() - 1, 0);
  row.equality = equality;
  Wide sum = constant;
  const auto add_point = [&](sim::PointId point, std::int64_t factor) {
    if (point != 0) row.factors[point_columns_.at(point)] -= factor;
  };
  for (const auto& [point, factor] : points) add_point(point, factor);
  for (const auto& term : terms) {
    const auto& variable = time_->variables()[term.variable];
    const auto column = variable_columns_.find(term.variable);
    if (variable.kind == Kind::point) {
      add_point(variable.point, term.factor);
    } else if (column != variable_columns_.end()) {
      row.factors[column->second] -= term.factor;
    } else {
      sum += static_cast<Wide>(term.factor) * variable.low;
    }
  }
  row.constant = narrow(-sum);
  rows_.push_back(std::move(row));
}

ClassSystem::Reduced ClassSystem::reduce(std::span<const sim::VariableId> onto,
                                         const FixedValues& fixed) const {
  const std::size_t columns = variables_.size() + points_.size() - 1;
  Reduced reduced;
  reduced.impossible = impossible_;
  if (impossible_) return reduced;
  Elimination elimination(columns);
  for (Inequality row : rows_) {
    Wide constant = row.constant;
    for (const auto& [variable, value] : fixed) {
      const auto column = variable_columns_.find(variable);
      if (column == variable_columns_.end()) continue;
      constant += static_cast<Wide>(row.factors[column->second]) * value;
      row.factors[column->second] = 0;
    }
    row.constant = narrow(constant);
    elimination.add(std::move(row));
  }
  std::set<std::size_t> unwanted;
  for (std::size_t i = 0; i < columns; ++i) unwanted.insert(i);
  std::vector<std::size_t> order;
  for (const sim::VariableId variable : onto) {
    const auto column = variable_columns_.find(variable);
    if (column == variable_columns_.end()) {
      throw std::invalid_argument("exact region: not a variable of the class's system");
    }
    unwanted.erase(column->second);
    order.push_back(column->second);
  }
  elimination.eliminate(unwanted);
  reduced.impossible = elimination.impossible();
  for (const std::size_t column : unwanted) {
    if (elimination.mentions(column)) order.push_back(column);
  }
  reduced.columns = order.size();
  for (const Inequality& row : elimination.rows()) {
    Inequality out;
    out.equality = row.equality;
    out.constant = row.constant;
    for (const std::size_t column : order) out.factors.push_back(row.factors[column]);
    reduced.rows.push_back(std::move(out));
  }
  return reduced;
}

IntegerSet ClassSystem::project(std::span<const sim::VariableId> onto,
                                const FixedValues& fixed) const {
  const Reduced reduced = reduce(onto, fixed);
  if (reduced.impossible) return IntegerSet::empty(onto.size());
  IntegerSet set(reduced.columns, reduced.rows);
  if (reduced.columns == onto.size()) return set;
  return set.projected_out(onto.size(), reduced.columns - onto.size());
}

bool ClassSystem::feasible(const FixedValues& fixed) const {
  return !project({}, fixed).is_empty();
}

std::optional<std::vector<std::int64_t>> ClassSystem::point_times(const FixedValues& fixed) const {
  if (impossible_) return std::nullopt;
  std::vector<Inequality> rows;
  const std::size_t first = variables_.size();
  for (const Inequality& row : rows_) {
    Inequality out;
    out.equality = row.equality;
    Wide constant = row.constant;
    for (std::size_t i = 0; i < first; ++i) {
      constant += static_cast<Wide>(row.factors[i]) * fixed.at(variables_[i]);
    }
    out.constant = narrow(constant);
    out.factors.assign(row.factors.begin() + static_cast<std::ptrdiff_t>(first), row.factors.end());
    rows.push_back(std::move(out));
  }
  auto sample = IntegerSet(points_.size() - 1, rows).sample();
  if (!sample) return std::nullopt;
  sample->insert(sample->begin(), 0);
  return sample;
}

}  // namespace raceproof::explore
