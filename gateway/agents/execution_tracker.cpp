#include "gateway/agents/execution_tracker.hpp"

#include <utility>

namespace raceproof::gateway {

/// A record with its waits. Their handlers hold it weakly: one that had expired already when it was
/// cancelled finds nothing, or a run that no longer awaits its agent.
struct ExecutionTracker::Tracked {
  RunRecord record;
  Instant watched_since;
  Instant ended;
  OperationId heartbeat_wait = 0;
  OperationId execution_wait = 0;
  bool signed_since_armed = false;  // a sign of life came after the heartbeat wait was armed
};

ExecutionTracker::ExecutionTracker(Runtime& runtime, const TrackerSettings& settings,
                                   EndHandler on_end)
    : runtime_(runtime),
      settings_(settings),
      on_end_(std::move(on_end)),
      strand_(runtime.make_strand("tracker")),
      state_(runtime, strand_),
      execution_first_(settings.execution_limit <= settings.heartbeat_limit) {}

Awaitable<bool> ExecutionTracker::create(std::string run, std::string user, std::string thread) {
  State& state = *state_;
  const auto [place, is_new] = state.runs.try_emplace(std::move(run));
  if (!is_new) co_return false;
  auto tracked = std::make_shared<Tracked>();
  tracked->record.run = place->first;
  tracked->record.user = std::move(user);
  tracked->record.thread = std::move(thread);
  tracked->record.created = tracked->record.last_sign = runtime_.now();
  place->second = std::move(tracked);
  ++state.live;
  co_return true;
}

Awaitable<std::optional<RunState>> ExecutionTracker::move(std::string run, RunState to) {
  const auto found = state_->runs.find(run);
  if (found == state_->runs.end()) co_return std::nullopt;
  const TrackedPointer tracked = found->second;
  const RunState from = tracked->record.state;
  const bool allowed = settings_.transitions == RunTransitions::any || may_follow(from, to);
  if (from != to && allowed) change(tracked, to);
  co_return tracked->record.state;
}

Awaitable<> ExecutionTracker::heartbeat(std::string run) {
  const auto found = state_->runs.find(run);
  if (found == state_->runs.end() || !awaits_agent(found->second->record.state)) co_return;
  found->second->record.last_sign = runtime_.now();
  found->second->signed_since_armed = true;
}

Awaitable<std::optional<RunRecord>> ExecutionTracker::find(std::string run) const {
  const auto found = state_->runs.find(run);
  if (found == state_->runs.end()) co_return std::nullopt;
  co_return found->second->record;
}

Awaitable<TrackerFigures> ExecutionTracker::figures() const {
  co_return TrackerFigures{state_->live, state_->ended.size()};
}

Awaitable<> ExecutionTracker::stop() {
  for (const auto& [id, run] : state_->runs) unwatch(*run);
  cancel(oldest_wait_);
  oldest_.reset();
  *state_ = {};
  co_return;
}

void ExecutionTracker::change(const TrackedPointer& run, RunState to) {
  const RunState from = std::exchange(run->record.state, to);
  run->record.last_sign = runtime_.now();
  run->signed_since_armed = true;
  runtime_.observe("transition", {{"machine", "run"},
                                  {"id", run->record.run},
                                  {"from", to_string(from)},
                                  {"to", to_string(to)}});
  if (awaits_agent(to) && !awaits_agent(from)) watch(run);
  if (!awaits_agent(to) && awaits_agent(from)) unwatch(*run);
  State& state = *state_;
  if (is_terminal(from)) {  // with `transitions: any` only
    std::erase(state.ended, run);
    ++state.live;
  }
  if (is_terminal(to)) {
    --state.live;
    keep_for_a_while(run);
  }
}

// --- signs of life ------------------------------------------------------------------------------

void ExecutionTracker::watch(const TrackedPointer& run) {
  run->watched_since = run->record.last_sign;
  watch_heartbeat(run);
  if (execution_first_) watch_execution(run);
}

void ExecutionTracker::watch_heartbeat(const TrackedPointer& run) {
  run->signed_since_armed = false;
  run->heartbeat_wait = wait_until(run->record.last_sign + settings_.heartbeat_limit,
                                   "heartbeat limit", run, &ExecutionTracker::heartbeat_missed);
}

void ExecutionTracker::watch_execution(const TrackedPointer& run) {
  run->execution_wait = wait_until(run->watched_since + settings_.execution_limit,
                                   "execution limit", run, &ExecutionTracker::execution_too_long);
}

void ExecutionTracker::unwatch(Tracked& run) {
  cancel(run.heartbeat_wait);
  cancel(run.execution_wait);
}

/// The limit has passed since the wait was armed. A sign of life that came meanwhile only moves the
/// end of the wait, so that no times are compared and a heartbeat costs nothing.
void ExecutionTracker::heartbeat_missed(const TrackedPointer& run) {
  run->heartbeat_wait = 0;
  if (!awaits_agent(run->record.state)) return;
  if (!run->signed_since_armed) {
    change(run, RunState::dead);
    on_end_(run->record);
    return;
  }
  watch_heartbeat(run);
  // Nothing could have been too long before; most runs never get here.
  if (run->execution_wait == 0) watch_execution(run);
}

void ExecutionTracker::execution_too_long(const TrackedPointer& run) {
  run->execution_wait = 0;
  if (!awaits_agent(run->record.state)) return;
  change(run, RunState::timeout);
  on_end_(run->record);
}

// --- records of runs that have ended ------------------------------------------------------------

void ExecutionTracker::keep_for_a_while(const TrackedPointer& run) {
  run->ended = run->record.last_sign;
  auto& ended = state_->ended;
  ended.push_back(run);
  if (ended.size() > static_cast<std::size_t>(settings_.keep_ended_max)) drop_oldest();
  if (oldest_wait_ == 0) watch_oldest();
}

void ExecutionTracker::watch_oldest() {
  if (state_->ended.empty()) return;
  oldest_ = state_->ended.front();
  oldest_wait_ = wait_until(oldest_->ended + settings_.keep_ended, "record of an ended run",
                            oldest_, &ExecutionTracker::kept_long_enough);
}

void ExecutionTracker::kept_long_enough(const TrackedPointer& run) {
  oldest_wait_ = 0;
  oldest_.reset();
  // As one of too many it has been dropped before.
  if (!state_->ended.empty() && state_->ended.front() == run) drop_oldest();
  watch_oldest();
}

void ExecutionTracker::drop_oldest() {
  state_->runs.erase(state_->ended.front()->record.run);
  state_->ended.pop_front();
}

// --- waits --------------------------------------------------------------------------------------

OperationId ExecutionTracker::wait_until(Instant deadline, const char* what,
                                         const TrackedPointer& run, Action action) {
  return runtime_.start_wait(strand_, deadline, what,
                             [this, action, weak = std::weak_ptr(run)](ErrorCode error) {
                               if (error) return;
                               if (const auto live = weak.lock()) (this->*action)(live);
                             });
}

void ExecutionTracker::cancel(OperationId& wait) {
  if (wait != 0) runtime_.cancel_operation(std::exchange(wait, 0));
}

}  // namespace raceproof::gateway
