#include "harness/sim/time_model.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace raceproof::sim {

std::string_view name_of(ChoiceKind kind) {
  static constexpr std::array<std::string_view, 5> names = {
      "next_event", "comparison", "timer_queued", "thread_step", "thread_start"};
  return names[static_cast<std::size_t>(kind)];
}

void TimeModel::begin(TimeMode mode, std::span<const ParameterRange> parameters, Decider& decider,
                      trace::Trace& trace, bool local_time) {
  mode_ = mode;
  decider_ = &decider;
  trace_ = &trace;
  local_time_ = local_time;
  now_ns_ = 0;
  variables_.clear();
  terms_.clear();
  forms_.assign(1, FormSpan{});
  points_.clear();
  differences_.clear();
  definitions_.clear();
  conditions_.clear();
  outcomes_.clear();
  cuts_.clear();
  current_ = 0;
  tie_only_ = false;
  relaxed_ = false;
  comparisons_ = 0;
  for (std::uint32_t i = 0; i < parameters.size(); ++i) {
    const auto& range = parameters[i];
    Variable variable;
    variable.low = range.low_ns;
    variable.high = range.high_ns;
    variable.value = range.low_ns;
    variable.meaning = {0, trace.intern(range.name), 0, mix(2, range.name)};
    if (mode == TimeMode::concrete && range.low_ns < range.high_ns) {
      variable.value = decider.draw(range.low_ns, range.high_ns, variable.meaning);
    }
    variables_.push_back(variable);
    single(i);  // form i + 1, as the scenario's settings were told
  }
  zone_.reset();
  points_.push_back({Zone::origin, true, false, true, 0});
}

FormId TimeModel::make_form(std::span<const Term> terms) {
  if (terms.empty()) return 0;
  const auto first = static_cast<std::uint32_t>(terms_.size());
  terms_.insert(terms_.end(), terms.begin(), terms.end());
  forms_.push_back({first, static_cast<std::uint32_t>(terms.size())});
  return static_cast<FormId>(forms_.size() - 1);
}

FormId TimeModel::single(VariableId variable) {
  const Term term{variable, 1};
  return make_form(std::span(&term, 1));
}

FormId TimeModel::add_forms(FormId left, FormId right, int sign) {
  if (right == 0) return left;
  if (left == 0 && sign > 0) return right;
  std::array<Term, 16> merged;
  std::size_t size = 0;
  const auto put = [&](Term term) {
    if (term.factor != 0 && size < merged.size()) merged[size++] = term;
  };
  const auto a = terms(left);
  const auto b = terms(right);
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() || j < b.size()) {
    if (j == b.size() || (i < a.size() && a[i].variable < b[j].variable)) {
      put(a[i++]);
    } else if (i == a.size() || b[j].variable < a[i].variable) {
      put({b[j].variable, sign * b[j].factor});
      ++j;
    } else {
      put({a[i].variable, a[i].factor + sign * b[j].factor});
      ++i, ++j;
    }
  }
  return make_form(std::span(merged.data(), size));
}

FormId TimeModel::scale_form(FormId form, std::int64_t factor) {
  if (factor == 0) return 0;
  if (factor == 1) return form;
  std::vector<Term> scaled(terms(form).begin(), terms(form).end());
  for (Term& term : scaled) term.factor *= factor;
  return make_form(scaled);
}

std::int64_t TimeModel::value_of(detail::Affine value) const {
  std::int64_t sum = value.constant_ns;
  if (value.form == 0) return sum;
  for (const Term& term : terms(value.form)) sum += term.factor * variables_[term.variable].value;
  return sum;
}

Instant TimeModel::current_instant() {
  if (!symbolic()) return Instant(detail::Affine{now_ns_, 0});
  if (current_ == 0) return Instant();
  PointRecord& point = points_[current_];
  if (point.form == 0) {
    Variable variable;
    variable.kind = Variable::Kind::point;
    variable.point = current_;
    variables_.push_back(variable);
    point.form = single(static_cast<VariableId>(variables_.size() - 1));
  }
  return Instant(detail::Affine{0, point.form});
}

Instant TimeModel::now() {
  points_[current_].taken = true;
  return current_instant();
}

Instant TimeModel::wait_origin() { return current_instant(); }

Duration TimeModel::draw(const DelayRange& range, const Meaning& meaning) {
  const auto low = range.low.affine();
  const auto high = range.high.affine();
  if (low.form == high.form && low.constant_ns == high.constant_ns) return range.low;
  // The ends of a range are constants: a named parameter has equal ends.
  const std::int64_t low_ns = value_of(low);
  const std::int64_t high_ns = value_of(high);
  if (!symbolic()) {
    return std::chrono::nanoseconds(decider_->draw(low_ns, high_ns, meaning));
  }
  Variable variable;
  variable.kind = Variable::Kind::draw;
  variable.low = low_ns;
  variable.high = high_ns;
  variable.meaning = meaning;
  variables_.push_back(variable);
  return Duration(detail::Affine{0, single(static_cast<VariableId>(variables_.size() - 1))});
}

TimeModel::Split TimeModel::split(FormId form, std::int64_t constant) const {
  Split parts;
  parts.constant = constant;
  for (const Term& term : terms(form)) {
    const Variable& variable = variables_[term.variable];
    if (variable.kind == Variable::Kind::point) {
      parts.points.push_back(term);
    } else if (variable.low == variable.high) {
      parts.constant += term.factor * variable.low;
    } else {
      parts.ranged.push_back(term);
      parts.low += std::min(term.factor * variable.low, term.factor * variable.high);
      parts.high += std::max(term.factor * variable.low, term.factor * variable.high);
    }
  }
  return parts;
}

void TimeModel::use(std::span<const Term> ranged) {
  for (const Term& term : ranged) {
    if (++variables_[term.variable].uses > 1) relaxed_ = true;
  }
}

bool TimeModel::has_parameter(FormId form) const {
  return std::ranges::any_of(terms(form), [this](const Term& term) {
    return variables_[term.variable].kind == Variable::Kind::parameter;
  });
}

bool TimeModel::has_delay(FormId form) const {
  return std::ranges::any_of(terms(form), [this](const Term& term) {
    return variables_[term.variable].kind != Variable::Kind::point;
  });
}

bool TimeModel::note_outcome(FormId form, std::int64_t constant, bool negative) {
  outcomes_.push_back({form, constant, negative});
  return negative;
}

TimeModel::Condition TimeModel::compared() const {
  const auto form = terms(compared_.form);
  return {{form.begin(), form.end()}, compared_.constant_ns};
}

std::vector<TimeModel::Condition> TimeModel::outcomes() const {
  std::vector<Condition> all;
  for (const auto& outcome : outcomes_) {
    const auto form = terms(outcome.form);
    Condition condition{{form.begin(), form.end()}, outcome.constant};
    if (outcome.negative) {
      condition.constant += 1;
      condition.strict = true;
    } else {
      for (Term& term : condition.terms) term.factor = -term.factor;
      condition.constant = -condition.constant;
    }
    all.push_back(std::move(condition));
  }
  return all;
}

PointId TimeModel::add_point(PointId base, std::int64_t low, std::int64_t high, bool by_value) {
  const auto point = static_cast<PointId>(points_.size());
  points_.push_back({zone_.add(points_[base].zone, low, high), true, true, false, 0});
  differences_.push_back({base, point, high, true, by_value});
  differences_.push_back({point, base, -low, true, by_value});
  return point;
}

PointId TimeModel::create(Instant deadline) {
  created_reach_ = {};
  const auto value = deadline.affine();
  Split parts = split(value.form, value.constant_ns);
  const bool simple =
      parts.points.empty() || (parts.points.size() == 1 && parts.points[0].factor == 1);
  const PointId base =
      simple && !parts.points.empty() ? variables_[parts.points[0].variable].point : 0;
  const bool from_now = simple && base == current_ && parts.constant + parts.low >= 0;
  const bool by_value = has_parameter(value.form);
  if (from_now && by_value) {
    note_outcome(add_forms(value.form, current_instant().affine().form, -1), value.constant_ns,
                 false);
  }
  if (!from_now) {
    // Has the deadline passed? A decision, where both are possible.
    if (decide_negative(add_forms(value.form, current_instant().affine().form, -1),
                        value.constant_ns)) {
      created_reach_ = {0, 0};
      return add_point(current_, 0, 0);
    }
  }
  if (simple) {
    const PointId point =
        add_point(base, parts.constant + parts.low, parts.constant + parts.high, by_value);
    if (!from_now) order(current_, point);
    if (from_now) created_reach_ = {parts.constant + parts.low, parts.constant + parts.high};
    if (parts.ranged.size() == 1 && parts.ranged[0].factor == 1) {
      Variable& variable = variables_[parts.ranged[0].variable];
      variable.point = point;
      variable.base = base;
      variable.offset = parts.constant;
    } else if (!parts.ranged.empty()) {
      relaxed_ = true;
    }
    use(parts.ranged);
    if (has_delay(value.form)) definitions_.push_back({point, value.form, value.constant_ns});
    return point;
  }
  // More than one point: bounded by what the zone says of them, confirmed exactly afterwards.
  relaxed_ = true;
  const PointId point = add_point(0, lowest(parts), highest(parts), true);
  order(current_, point);
  use(parts.ranged);
  definitions_.push_back({point, value.form, value.constant_ns});
  return point;
}

void TimeModel::require(PointId from, PointId to, std::int64_t bound, bool by_value, bool strict) {
  zone_.constrain(points_[from].zone, points_[to].zone, bound);
  differences_.push_back({from, to, bound, false, by_value, strict});
}

void TimeModel::order(PointId earlier, PointId later) { require(later, earlier, 0); }

void TimeModel::fire_in_local_time(PointId point) {
  points_[point].pending = false;
  current_ = point;
}

bool TimeModel::put_in_order(PointId earlier, PointId later, std::int64_t margin) {
  const Zone::Point from = points_[later].zone;
  const Zone::Point to = points_[earlier].zone;
  if (!zone_.allows(from, to, -margin)) return false;
  if (zone_.upper(to, from) == margin && zone_.upper(from, to) > -margin) tie_only_ = true;
  require(later, earlier, -margin, false, margin > 0);
  return true;
}

bool TimeModel::may_follow(const std::vector<bool>& happened, PointId next, PointId later) const {
  // Consistent unless the graph of differences has a negative cycle (Bellman-Ford).
  const auto counts = [&](const Difference& difference) {
    const auto is_there = [&](PointId point) {
      return happened[point] || (difference.delay && (point == next || point == later));
    };
    return is_there(difference.from) && is_there(difference.to);
  };
  std::vector<Difference> system;
  for (const Difference& difference : differences_) {
    if (counts(difference)) system.push_back(difference);
  }
  system.push_back({later, next, 0});
  std::vector<std::int64_t> distance(points_.size(), 0);
  for (std::size_t round = 0; round <= points_.size(); ++round) {
    bool changed = false;
    for (auto edge = system.rbegin(); edge != system.rend(); ++edge) {
      const std::int64_t through = distance[edge->to] + edge->bound;
      if (edge->bound >= Zone::unbounded || through >= distance[edge->from]) continue;
      distance[edge->from] = through;
      changed = true;
    }
    if (!changed) return true;
  }
  return false;
}

void TimeModel::forget(PointId point) {
  PointRecord& record = points_[point];
  if (point == 0 || point == current_ || record.taken || !record.live) return;
  zone_.drop(record.zone);
  record.live = false;
}

std::vector<TimeModel::Difference> TimeModel::differences() const {
  auto all = differences_;
  if (local_time_) return all;  // what is pending was put in order with the end, if there was one
  for (PointId point = 1; point < points_.size(); ++point) {
    if (points_[point].pending) all.push_back({point, current_, 0});
  }
  return all;
}

std::vector<TimeModel::Definition> TimeModel::definitions() const {
  std::vector<Definition> all;
  for (const auto& record : definitions_) {
    const auto form = terms(record.form);
    all.push_back({record.point, {form.begin(), form.end()}, record.constant});
  }
  return all;
}

void TimeModel::fire(PointId point, std::span<const Zone::After> later) {
  PointRecord& fired = points_[point];
  if (zone_.only_at_tie(fired.zone, later)) tie_only_ = true;
  zone_.fire(fired.zone, later);
  differences_.push_back({point, current_, 0});
  for (const auto& other : later) {
    if (other.margin > 0) {
      differences_.push_back({other.id, point, -other.margin, false, false, true});
    }
  }
  fired.pending = false;
  const PointId previous = current_;
  current_ = point;
  PointRecord& old = points_[previous];
  if (previous != 0 && !old.taken && old.live) {
    zone_.drop(old.zone);
    old.live = false;
  }
}

void TimeModel::discard(PointId point) {
  PointRecord& record = points_[point];
  // What was still open when the point was cancelled stays: it had not happened by now.
  if (!local_time_) differences_.push_back({point, current_, 0});
  zone_.drop(record.zone);
  record.live = false;
  record.pending = false;
}

bool TimeModel::could_be_now(PointId point) {
  const Zone::Point zone_point = points_[point].zone;
  const Zone::Point now = points_[current_].zone;
  const bool later = zone_.upper(zone_point, now) < 0;
  const bool earlier = zone_.upper(now, zone_point) < 0;
  if (later) differences_.push_back({point, current_, -1, false, false, true});
  if (earlier) differences_.push_back({current_, point, -1, false, false, true});
  return !later && !earlier;
}

bool TimeModel::constrain_to_now(PointId point) {
  if (!could_be_now(point)) return false;
  require(current_, point, 0);
  if (local_time_) require(point, current_, 0);
  return true;
}

std::int64_t TimeModel::lowest(const Split& parts) const {
  std::int64_t sum = parts.constant + parts.low;
  for (const Term& term : parts.points) {
    const auto zone_point = points_[variables_[term.variable].point].zone;
    sum += term.factor > 0 ? -term.factor * zone_.upper(zone_point, Zone::origin)
                           : term.factor * zone_.upper(Zone::origin, zone_point);
  }
  return sum;
}

std::int64_t TimeModel::highest(const Split& parts) const {
  std::int64_t sum = parts.constant + parts.high;
  for (const Term& term : parts.points) {
    const auto zone_point = points_[variables_[term.variable].point].zone;
    sum += term.factor > 0 ? term.factor * zone_.upper(Zone::origin, zone_point)
                           : -term.factor * zone_.upper(zone_point, Zone::origin);
  }
  return sum;
}

TimeModel::PointPair TimeModel::pair_of(const Split& parts) const {
  PointPair pair;
  pair.exact = parts.ranged.empty() && parts.points.size() <= 2;
  for (const Term& term : parts.points) {
    const PointId point = variables_[term.variable].point;
    if (term.factor == 1 && pair.to == 0) {
      pair.to = point;
    } else if (term.factor == -1 && pair.from == 0) {
      pair.from = point;
    } else {
      pair.exact = false;
    }
  }
  return pair;
}

bool TimeModel::decide_negative(FormId form, std::int64_t constant_ns) {
  if (!symbolic()) return value_of({constant_ns, form}) < 0;
  const Split parts = split(form, constant_ns);
  if (parts.points.empty() && parts.ranged.empty()) {
    return note_outcome(form, constant_ns, parts.constant < 0);
  }

  const PointPair pair = pair_of(parts);
  const std::int64_t low =
      pair.exact ? parts.constant - zone_.upper(points_[pair.to].zone, points_[pair.from].zone)
                 : lowest(parts);
  const std::int64_t high =
      pair.exact ? parts.constant + zone_.upper(points_[pair.from].zone, points_[pair.to].zone)
                 : highest(parts);
  if (low >= 0) return note_outcome(form, constant_ns, false);
  if (high < 0) return note_outcome(form, constant_ns, true);
  const Meaning meaning{0, trace_->intern("comparison"), comparisons_++, 0};
  const std::array<Meaning, 2> sides = {meaning, meaning};
  compared_ = {constant_ns, form};
  const bool negative = decider_->choose(ChoiceKind::comparison, sides) == 1;
  if (pair.exact) {
    note_outcome(form, constant_ns, negative);
    const bool by_value = has_parameter(form);
    if (negative) {
      require(pair.from, pair.to, -parts.constant - 1, by_value, true);
    } else {
      require(pair.to, pair.from, parts.constant, by_value);
      if (high == 0) tie_only_ = true;
    }
  } else {
    relaxed_ = true;
    use(parts.ranged);
    Condition condition{{terms(form).begin(), terms(form).end()}, constant_ns};
    if (negative) {
      condition.constant += 1;
      condition.strict = true;
    } else {
      for (Term& term : condition.terms) term.factor = -term.factor;
      condition.constant = -condition.constant;
    }
    conditions_.push_back(std::move(condition));
  }
  return negative;
}

std::int64_t TimeModel::pin(FormId form, std::int64_t constant_ns, std::source_location where) {
  if (!symbolic()) return value_of({constant_ns, form});
  const Split parts = split(form, constant_ns);
  // Whatever the parameters' values: the run has gone on with this number.
  const auto pinned_to = [&](std::int64_t value) {
    note_outcome(form, constant_ns - value, false);
    note_outcome(form, constant_ns - value - 1, true);
    return value;
  };
  if (parts.points.empty() && parts.ranged.empty()) return pinned_to(parts.constant);
  const auto place = fmt::format("{}:{}", where.file_name(), where.line());
  const auto cut = std::find_if(cuts_.begin(), cuts_.end(),
                                [&](const Cut& known) { return known.where == place; });
  if (cut != cuts_.end()) {
    ++cut->count;
  } else {
    cuts_.push_back({place, 1});
  }
  const PointPair pair = pair_of(parts);
  if (pair.exact) {
    // The earliest feasible value of to - from.
    const std::int64_t gap = -zone_.upper(points_[pair.to].zone, points_[pair.from].zone);
    require(pair.from, pair.to, gap, has_parameter(form));
    return pinned_to(gap + parts.constant);
  }
  const std::int64_t value = lowest(parts);
  relaxed_ = true;
  Condition condition{{terms(form).begin(), terms(form).end()}, constant_ns - value};
  conditions_.push_back(condition);
  return pinned_to(value);
}

}  // namespace raceproof::sim
