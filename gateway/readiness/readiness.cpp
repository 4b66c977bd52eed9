#include "gateway/readiness/readiness.hpp"

#include <utility>

namespace raceproof::gateway {

/// One pass over all groups.
struct Readiness::Evaluation {
  InheritedLimits limits;
  /// What failed; empty as long as nothing did.
  std::string failures;
};

Readiness::Readiness(Runtime& runtime, const ReadinessSettings& settings, const Figures& figures)
    : runtime_(runtime),
      settings_(settings),
      groups_(make_check_groups(figures, settings.group_limits)),
      pause_(figures.evaluation_pause),
      strand_(runtime.make_strand("readiness")),
      facts_(runtime, strand_),
      verdict_(runtime, strand_),
      contradicted_(runtime, strand_),
      became_ready_(runtime, strand_),
      evaluator_(runtime, strand_) {}

Awaitable<> Readiness::start() {
  if (settings_.evaluate == EvaluateReadiness::background) {
    evaluator_.spawn("readiness evaluator", evaluate_forever());
  }
  co_return;
}

Awaitable<> Readiness::stop() { return evaluator_.stop(); }

Awaitable<> Readiness::redis_changed(RedisState state) {
  facts_->redis = state;
  facts_changed();
  co_return;
}

Awaitable<> Readiness::startup_changed(StartupState state) {
  facts_->startup = std::move(state);
  facts_changed();
  co_return;
}

Awaitable<> Readiness::agent_started() {
  facts_->agent_started = true;
  facts_changed();
  co_return;
}

Awaitable<> Readiness::database_changed(bool usable) {
  facts_->database_usable = usable;
  facts_changed();
  co_return;
}

Awaitable<> Readiness::auth_changed(bool usable) {
  facts_->auth_usable = usable;
  facts_changed();
  co_return;
}

Awaitable<> Readiness::bridge_changed(BridgeState state) {
  facts_->bridge = state;
  facts_changed();
  co_return;
}

Awaitable<Verdict> Readiness::verdict() {
  if (settings_.evaluate == EvaluateReadiness::background) co_return *verdict_;
  Verdict fresh = co_await evaluate();
  publish(fresh.ready, fresh.reason);
  co_return fresh;
}

Awaitable<> Readiness::until_ready() {
  while (!verdict_->ready) co_await became_ready_.wait("readiness");
}

Awaitable<std::vector<CheckFigures>> Readiness::figures() const {
  std::vector<CheckFigures> figures;
  for (const Looked& check : looked_) {
    figures.push_back({check.check, check.ok, check.passed,
                       check.passed ? check.first_pass - check.first : Duration()});
  }
  co_return figures;
}

/// What is known about a check, which is noted at its first look.
Readiness::Looked& Readiness::looked(std::string_view check) {
  for (Looked& known : looked_) {
    if (known.check == check) return known;
  }
  return looked_.emplace_back(Looked{check, false, false, runtime_.now(), Instant()});
}

Awaitable<StartupState> Readiness::startup() const { co_return facts_->startup; }

Awaitable<> Readiness::evaluate_forever() {
  for (;;) {
    Verdict verdict = co_await evaluate();
    const bool ready = verdict.ready;
    publish(ready, std::move(verdict.reason));
    if (ready) {
      contradicted_.clear();
      co_await contradicted_.wait_until(runtime_.now() + settings_.recheck, "readiness recheck");
    } else {
      co_await runtime_.sleep_for(pause_, "readiness poll");
    }
  }
}

/// Groups in sequence; a group that fails skips the later ones.
Awaitable<Verdict> Readiness::evaluate() {
  Evaluation evaluation;
  evaluation.limits.evaluation_begin = runtime_.now();
  evaluation.limits.evaluation_limit = settings_.group_limits.overall;
  for (const CheckGroup& group : groups_) {
    co_await run_group(group, evaluation);
    if (!evaluation.failures.empty()) co_return Verdict{false, std::move(evaluation.failures)};
  }
  co_return Verdict{true, {}};
}

/// All members, even after one has failed.
Awaitable<> Readiness::run_group(const CheckGroup& group, Evaluation& evaluation) {
  evaluation.limits.group_begin = runtime_.now();
  evaluation.limits.group_limit = group.limit;
  if (settings_.members == GroupMembers::sequential || group.checks.size() < 2) {
    for (const Check& check : group.checks) co_await run_check(check, evaluation);
    co_return;
  }
  TaskScope members(runtime_, strand_);
  for (const Check& check : group.checks) {
    members.spawn("readiness check", run_check(check, evaluation));
  }
  std::exception_ptr cancelled;
  try {
    co_await members.join();
  } catch (...) {
    cancelled = std::current_exception();
  }
  if (!cancelled) co_return;
  co_await enter_shield();  // the members use this frame, so they end before it does
  co_await members.stop();
  std::rethrow_exception(cancelled);
}

Awaitable<> Readiness::run_check(const Check& check, Evaluation& evaluation) {
  CheckRun run(check, evaluation.limits, runtime_.now());
  for (;;) {
    const Look look = check.look(*facts_);
    Looked& known = looked(check.name);
    known.ok = look.ok;
    const auto action = run.looked(look, runtime_.now(), graces_apply());
    runtime_.observe("readiness_check", {{"check", check.name},
                                         {"ok", look.ok},
                                         {"attempt", std::int64_t{run.attempts()}},
                                         {"reason", look.ok ? std::string_view() : look.reason}});
    const auto describe = [&] { return std::string(check.name).append(": ").append(look.reason); };
    switch (action.step) {
      case CheckRun::Step::pass:
        if (!std::exchange(known.passed, true)) known.first_pass = runtime_.now();
        co_return;
      case CheckRun::Step::fail:
        if (!evaluation.failures.empty()) evaluation.failures += "; ";
        evaluation.failures += describe().append(" (").append(action.reason).append(1, ')');
        co_return;
      case CheckRun::Step::look_at:
        publish(false, describe());
        co_await runtime_.sleep_until(action.at, "readiness retry");
        break;
      case CheckRun::Step::grace:
        publish(false, std::string(check.name).append(": grace period"));
        co_await wait_for_grace(check, action.at);
        break;
    }
  }
}

Awaitable<> Readiness::wait_for_grace(const Check& check, Instant end) {
  const Duration period = *check.grace.period;
  runtime_.observe("grace_period_begin", {{"check", check.name}, {"duration", period}});
  if (check.grace.blocking) {
    co_await runtime_.block_for(period, "grace period");
  } else {
    co_await runtime_.sleep_until(end, "grace period");
  }
  runtime_.observe("grace_period_end", {{"check", check.name}, {"duration", period}});
}

/// Whoever is ready has waited already; an evaluation at connect pays each time, as the original
/// did.
bool Readiness::graces_apply() const {
  return settings_.evaluate == EvaluateReadiness::at_connect || !verdict_->ready;
}

void Readiness::facts_changed() {
  if (!verdict_->ready || settings_.evaluate == EvaluateReadiness::at_connect) return;
  for (const CheckGroup& group : groups_) {
    for (const Check& check : group.checks) {
      const Look look = check.look(*facts_);
      if (look.ok) continue;
      publish(false, std::string(check.name).append(": ").append(look.reason));
      contradicted_.notify();
      return;
    }
  }
}

void Readiness::publish(bool ready, std::string reason) {
  Verdict& verdict = *verdict_;
  const bool flipped = verdict.ready != ready;
  if (!flipped && verdict.reason == reason) return;
  verdict = {ready, std::move(reason)};
  if (flipped) {
    runtime_.observe("state", {{"subject", "gateway"}, {"property", "ready"}, {"value", ready}});
    if (ready) became_ready_.notify_all();
  }
  runtime_.observe("readiness_verdict", {{"ready", ready}, {"reason", verdict.reason}});
}

}  // namespace raceproof::gateway
