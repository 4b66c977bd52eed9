#include "gateway/agents/bridge.hpp"

#include <array>
#include <chrono>
#include <utility>
#include <vector>

#include "gateway/agents/emission.hpp"
#include "gateway/agents/failure.hpp"
#include "runtime/time_limit.hpp"

namespace raceproof::gateway {

namespace {

/// The waits before the attempts of a recovery.
constexpr std::array recovery_waits{std::chrono::seconds(0), std::chrono::seconds(2),
                                    std::chrono::seconds(4)};

}  // namespace

std::string_view to_string(BridgeState state) {
  static constexpr std::array<std::string_view, 5> names{"uninitialized", "initializing", "active",
                                                         "degraded", "failed"};
  return names[static_cast<std::size_t>(state)];
}

bool takes_runs(BridgeState state) {
  return state == BridgeState::active || state == BridgeState::degraded;
}

AgentBridge::AgentBridge(Runtime& runtime, const AgentSettings& settings, AgentBackend& backend,
                         EventSink& sink, RunStore* store, StateHandler on_state)
    : runtime_(runtime),
      settings_(settings),
      backend_(backend),
      sink_(sink),
      store_(store),
      on_state_(std::move(on_state)),
      strand_(runtime.make_strand("bridge")),
      tracker_(runtime, settings.tracker,
               [this](const RunRecord& run) {
                 spawn(runtime_, strand_, "agent run's end", tracker_ended(run.run, run.state));
               }),
      state_(runtime, strand_),
      runs_(runtime, strand_),
      changed_(runtime, strand_),
      tasks_(runtime, strand_),
      supervision_(runtime, strand_),
      services_{runtime, settings, backend, sink, store, tracker_, tasks_} {}

Awaitable<> AgentBridge::start() {
  enter(BridgeState::initializing);
  const bool there = co_await look();
  if (there) enter(BridgeState::active);
  supervision_.spawn("agent bridge", supervise());
}

Awaitable<> AgentBridge::stop() {
  stopping_ = true;
  co_await supervision_.stop();
  std::vector<RunPointer> runs;
  for (const auto& [id, run] : runs_->by_id) runs.push_back(run);
  for (RunPointer& run : runs) {
    co_await cancel_run(std::move(run), "The gateway is shutting down.");
  }
  if (tasks_.size() > 0) {
    co_await within(runtime_, settings_.stop_limit, "agent runs' stop limit", tasks_.join());
  }
  co_await tasks_.stop();
  co_await call(tracker_.strand(), tracker_.stop());
  enter(BridgeState::uninitialized);
}

// --- runs ---------------------------------------------------------------------------------------

Awaitable<RunSubmission> AgentBridge::run(UserExecutionContext context, std::string text) {
  const RunSubmission submission = judge(context);
  if (!submission.accepted) {
    runtime_.observe(
        "agent_run_refused",
        {{"user", context.user_id()}, {"run", context.run_id()}, {"code", submission.code}});
    co_return submission;
  }
  ++runs_->of_user[context.user_id()];
  auto run = std::make_shared<BridgeRun>(services_, strand_, std::move(context), std::move(text));
  runs_->by_id.emplace(run->context().run_id(), run);
  tasks_.spawn("agent run", carry_out(std::move(run)));
  co_return submission;
}

RunSubmission AgentBridge::judge(const UserExecutionContext& context) const {
  if (stopping_ || !takes_runs(*state_)) {
    return {false, "agent_unavailable", "No agent is available at the moment."};
  }
  if (std::cmp_greater_equal(runs_->by_id.size(), settings_.max_runs)) {
    return {false, "too_many_runs", "The agents are busy; try again later."};
  }
  const auto of_user = runs_->of_user.find(context.user_id());
  if (of_user != runs_->of_user.end() && of_user->second >= settings_.max_runs_per_user) {
    return {false, "too_many_runs", "Too many of your requests are still being answered."};
  }
  if (runs_->by_id.contains(context.run_id())) {
    return {false, "run_exists", "There is a run of this id already."};
  }
  return {true, {}, {}};
}

Awaitable<> AgentBridge::carry_out(RunPointer run) {
  RunOutcome outcome = RunOutcome::undecided;
  std::exception_ptr cut_off;
  try {
    outcome = co_await run->carry_out();
  } catch (...) {
    cut_off = std::current_exception();
  }
  forget(run->context());
  if (outcome == RunOutcome::agent_answered) agent_answered();
  if (outcome == RunOutcome::agent_failed) agent_failed();
  if (!cut_off) co_return;
  co_await enter_shield();
  co_await call(tracker_.strand(), tracker_.move(run->context().run_id(), RunState::failed));
  std::rethrow_exception(cut_off);
}

void AgentBridge::forget(const UserExecutionContext& context) {
  const auto of_user = runs_->of_user.find(context.user_id());
  if (--of_user->second == 0) runs_->of_user.erase(of_user);
  runs_->by_id.erase(context.run_id());
}

/// The tracker has declared a run dead or timed out.
Awaitable<> AgentBridge::tracker_ended(std::string run, RunState state) {
  const auto found = runs_->by_id.find(run);
  if (found == runs_->by_id.end()) co_return;
  if (settings_.tracker.transitions == RunTransitions::any) {
    found->second->report_end_beside(ending_of(state));
  } else {
    found->second->end(ending_of(state));
  }
}

Awaitable<bool> AgentBridge::cancel(std::string user, std::string run) {
  const auto found = runs_->by_id.find(run);
  if (found == runs_->by_id.end() || found->second->context().user_id() != user) co_return false;
  co_return co_await cancel_run(found->second, ending_of(RunState::cancelled).reason);
}

/// The tracker decides whether it is too late.
Awaitable<bool> AgentBridge::cancel_run(RunPointer run, std::string_view reason) {
  const auto state =
      co_await call(tracker_.strand(), tracker_.move(run->context().run_id(), RunState::cancelled));
  if (state != RunState::cancelled) co_return false;
  run->end({RunState::cancelled, reason, false});
  co_return true;
}

// --- the state of the integration ---------------------------------------------------------------

/// Goes on after the first attempt, for as long as the bridge lives.
Awaitable<> AgentBridge::supervise() {
  if (*state_ == BridgeState::initializing) co_await recover(1);
  for (;;) {
    if (*state_ == BridgeState::active) co_await watch_service();
    if (*state_ == BridgeState::failed) {
      co_await runtime_.sleep_for(settings_.health_interval, "agent bridge again");
      enter(BridgeState::initializing);
    }
    co_await recover(0);
  }
}

/// Looks from time to time; returns when the bridge is degraded.
Awaitable<> AgentBridge::watch_service() {
  while (*state_ == BridgeState::active) {
    const bool changed =
        co_await changed_.wait_until(runtime_.now() + settings_.health_interval, "agent health");
    if (changed) continue;
    const bool there = co_await look();
    if (there) {
      failures_ = 0;
    } else {
      agent_failed();
    }
  }
}

/// Three looks at the service; the first success, of a look or of a run, makes the bridge active.
Awaitable<> AgentBridge::recover(std::size_t first_attempt) {
  changed_.clear();
  for (std::size_t i = first_attempt; i < recovery_waits.size(); ++i) {
    if (recovery_waits[i].count() > 0) {
      co_await changed_.wait_until(runtime_.now() + recovery_waits[i], "agent bridge recovery");
      if (*state_ == BridgeState::active) co_return;
    }
    const bool there = co_await look();
    if (*state_ == BridgeState::active) co_return;
    if (!there) continue;
    failures_ = 0;
    enter(BridgeState::active);
    co_return;
  }
  enter(BridgeState::failed);
}

/// Whether runs can be started, and what an earlier process owed has been sent.
Awaitable<bool> AgentBridge::look() {
  const auto found =
      co_await within(runtime_, settings_.connect_limit, "agent service to answer", problem());
  const std::string reason = found.value_or("time-out");
  if (!reason.empty()) {
    runtime_.observe("bridge_trouble", {{"step", "check"}, {"reason", reason}});
    co_return false;
  }
  if (relayed_ || store_ == nullptr) co_return true;
  try {
    co_await relay();
  } catch (const std::exception& error) {
    if (is_cancellation(error)) throw;
    runtime_.observe("bridge_trouble", {{"step", "relay"}, {"reason", error.what()}});
    co_return false;
  }
  co_return true;
}

/// What the service says is wrong with it; empty for nothing.
Awaitable<std::string> AgentBridge::problem() {
  try {
    co_await backend_.check();
  } catch (const std::exception& error) {
    if (is_cancellation(error)) throw;
    co_return error.what();
  }
  co_return std::string();
}

/// Sends what was committed but has not left, in its order. Each event gets one attempt, so that
/// one user's cannot hold up the start; what is lost again stays owed.
Awaitable<> AgentBridge::relay() {
  for (bool progress = true; progress;) {
    progress = false;
    const std::vector<OutboxEntry> owed = co_await call(store_->strand(), store_->unsent());
    for (const OutboxEntry& entry : owed) {
      const Delivery delivery = co_await hand_over(runtime_, sink_, entry.event);
      runtime_.observe("event_relayed", {{"run", entry.event.run},
                                         {"type", to_string(entry.event.type)},
                                         {"user", entry.event.user},
                                         {"delivery", to_string(delivery)}});
      if (delivery == Delivery::lost) continue;
      co_await call(store_->strand(), store_->sent(entry.id));
      progress = true;
    }
  }
  relayed_ = true;
}

void AgentBridge::agent_answered() {
  failures_ = 0;
  if (*state_ != BridgeState::degraded) return;
  enter(BridgeState::active);
  changed_.notify();
}

void AgentBridge::agent_failed() {
  ++failures_;
  if (*state_ != BridgeState::active || failures_ < settings_.degraded_after) return;
  enter(BridgeState::degraded);
  changed_.notify();
}

void AgentBridge::enter(BridgeState state) {
  const BridgeState from = std::exchange(*state_, state);
  if (from == state) return;
  runtime_.observe("transition", {{"machine", "bridge"},
                                  {"id", "agent"},
                                  {"from", to_string(from)},
                                  {"to", to_string(state)}});
  if (on_state_) on_state_(state);
}

}  // namespace raceproof::gateway
