#include "harness/campaign/class_region.hpp"

#include <algorithm>

namespace raceproof::campaign {

namespace {

using explore::ClassSystem;
using explore::IntegerSet;
using explore::PointCondition;

/// A comparison of a time with a limit, as an evaluation made it.
struct LimitMet {
  trace::EventId from = 0;
  trace::EventId to = 0;
};

/// `t_to - t_from > limit`, or its opposite.
PointCondition condition_of(const sim::World& world, const LimitMet& met, Duration limit,
                            bool exceeded) {
  const auto value = limit.affine();
  PointCondition condition;
  const std::int64_t sign = exceeded ? -1 : 1;
  condition.points = {{world.event_points()[met.to], sign},
                      {world.event_points()[met.from], -sign}};
  // A limit is a number, or one parameter: form i + 1 is parameter i.
  if (value.form != 0) condition.terms.push_back({value.form - 1, -sign});
  condition.constant = -sign * value.constant_ns + (exceeded ? 1 : 0);
  return condition;
}

/// Evaluates the checks with every time limit kept, and notes the limits.
struct Untimed {
  std::vector<check::Finding> findings;
  std::vector<LimitMet> met;
  std::vector<Duration> limits;
};
Untimed evaluate_untimed(const trace::Trace& trace, const std::vector<check::Check>& checks) {
  Untimed untimed;
  check::Evaluator evaluator(checks);
  untimed.findings = evaluator.evaluate(
      trace,
      [&](trace::EventId from, trace::EventId to) {
        untimed.met.push_back({from, to});
        return INT64_MIN;
      },
      [&](Duration limit) {
        untimed.limits.push_back(limit);
        return INT64_MAX;
      });
  return untimed;
}

}  // namespace

bool varies(const scenario::Scenario& scenario, const scenario::Parameter& setting) {
  return std::ranges::any_of(scenario.variants(), [&](const auto& variant) {
    return std::ranges::none_of(variant->parameters, [&](const scenario::Parameter& other) {
      return other.name == setting.name && other.low_ns == setting.low_ns &&
             other.high_ns == setting.high_ns;
    });
  });
}

ClassFailure failure_of(Runner& runner, const scenario::ResolvedVariant& variant,
                        const RunRecord& record, std::optional<std::size_t> check) {
  ClassFailure failure;
  if (!check || *check >= variant.checks.size()) {
    const bool clients_must = variant.expect == scenario::Expectation::holds || check;
    failure.always |= is_broken(record.end) || (clients_must && !record.clients_ok);
  }
  for (std::size_t i = 0; i < variant.checks.size(); ++i) {
    if (check && *check != i) continue;
    const std::vector<check::Check> one = {variant.checks[i]};
    const auto untimed = evaluate_untimed(runner.world().trace(), one);
    failure.always |= untimed.findings[0].violated;
    for (std::size_t k = 0; k < untimed.met.size(); ++k) {
      failure.late.push_back(condition_of(runner.world(), untimed.met[k], untimed.limits[k], true));
    }
  }
  if (failure.always) failure.late.clear();
  return failure;
}

std::vector<std::vector<PointCondition>> ways_of(const ClassFailure& failure) {
  if (failure.always) return {{}};
  std::vector<std::vector<PointCondition>> ways;
  for (const auto& late : failure.late) ways.push_back({late});
  return ways;
}

ClassRegion region_of(Runner& runner, const scenario::ResolvedVariant& variant,
                      const RunRecord& record, std::span<const sim::VariableId> onto) {
  const auto& time = runner.world().time();
  const auto nowhere = IntegerSet::empty(onto.size());
  ClassRegion region{nowhere, nowhere, nowhere, nowhere, time.tie_only(), false};
  const auto add_ends = [&](std::vector<PointCondition> further) {
    auto closed = further;
    for (PointCondition& condition : closed) --condition.constant;  // lateness is strict
    region.failing_closed =
        region.failing_closed.united(ClassSystem(time, {}, std::move(closed), true).project(onto));
    if (time.tie_only()) return;
    const auto witness = explore::solve(time, explore::Prefer::most_slack, further);
    if (!witness) return;
    auto apart = explore::orders_apart(time, *witness);
    further.insert(further.end(), std::make_move_iterator(apart.begin()),
                   std::make_move_iterator(apart.end()));
    region.failing_apart =
        region.failing_apart.united(ClassSystem(time, {}, std::move(further)).project(onto));
  };
  const ClassFailure failure = failure_of(runner, variant, record);
  if (failure.always || failure.late.empty()) {
    auto whole = ClassSystem(time).project(onto);
    region.impossible = time.relaxed() && whole.is_empty();
    (failure.always ? region.failing : region.passing) = std::move(whole);
    if (failure.always) add_ends({});
    return region;
  }
  std::vector<PointCondition> all_kept;
  for (const PointCondition& late : failure.late) {
    region.failing = region.failing.united(ClassSystem(time, {}, {late}).project(onto));
    add_ends({late});
    PointCondition kept = late;  // a > b is late, a <= b is not
    for (auto& [point, factor] : kept.points) factor = -factor;
    for (auto& term : kept.terms) term.factor = -term.factor;
    kept.constant = 1 - late.constant;
    all_kept.push_back(std::move(kept));
  }
  region.passing = ClassSystem(time, {}, std::move(all_kept)).project(onto);
  region.impossible = region.failing.is_empty() && region.passing.is_empty();
  return region;
}

}  // namespace raceproof::campaign
