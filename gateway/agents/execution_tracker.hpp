// Watches the runs of agents: what state each is in, and whether it still lives (domain.md sections
// 9 and 12; the states are in run_state.hpp).
//
// A run's time counts while it awaits its agent. One that gives no sign of life for the heartbeat
// limit is dead, one that takes longer than the execution limit has timed out; both are reported.
// The tracker decides every race between an end and another: the first one to arrive is the end,
// and later ones are refused.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/agents/run_state.hpp"
#include "gateway/agents/settings.hpp"
#include "runtime/confined.hpp"
#include "runtime/runtime.hpp"

namespace raceproof::gateway {

/// What is known of a run.
struct RunRecord {
  std::string run;
  std::string user;
  std::string thread;
  RunState state = RunState::pending;
  Instant created;
  Instant last_sign;  ///< of life: a heartbeat or a change of state
};

/// How many records there are.
struct TrackerFigures {
  std::size_t live = 0;
  std::size_t ended = 0;
};

/// Everything but the constructor and `strand()` runs on its own strand.
///
/// Observes transition{machine: run, id, from, to}.
class ExecutionTracker {
 public:
  /// Told on the tracker's strand of each run that is declared dead or timed out.
  using EndHandler = std::function<void(const RunRecord& run)>;

  /// `settings` must outlive it.
  ExecutionTracker(Runtime& runtime, const TrackerSettings& settings, EndHandler on_end);

  [[nodiscard]] const Executor& strand() const { return strand_; }

  /// A record in state pending; false if there is one of that id already.
  Awaitable<bool> create(std::string run, std::string user, std::string thread);
  /// Changes the state if the table (or `transitions: any`) allows it. Returns the state that the
  /// run is in now, which is another one than `to` if that was refused; nothing for an unknown run.
  /// A change is a sign of life.
  Awaitable<std::optional<RunState>> move(std::string run, RunState to);
  /// A sign of life; without effect on a run that does not await its agent.
  Awaitable<> heartbeat(std::string run);
  /// A run's record, also for a while after its end.
  Awaitable<std::optional<RunRecord>> find(std::string run) const;
  [[nodiscard]] Awaitable<TrackerFigures> figures() const;
  /// Forgets all runs; nothing is reported any more.
  Awaitable<> stop();

 private:
  struct Tracked;
  using TrackedPointer = std::shared_ptr<Tracked>;
  struct State {
    std::map<std::string, TrackedPointer, std::less<>> runs;
    std::deque<TrackedPointer> ended;  // in the order of their ends
    std::size_t live = 0;
  };

  void change(const TrackedPointer& run, RunState to);
  void watch(const TrackedPointer& run);
  void watch_heartbeat(const TrackedPointer& run);
  void watch_execution(const TrackedPointer& run);
  void unwatch(Tracked& run);
  void heartbeat_missed(const TrackedPointer& run);
  void execution_too_long(const TrackedPointer& run);
  void keep_for_a_while(const TrackedPointer& run);
  void watch_oldest();
  void kept_long_enough(const TrackedPointer& run);
  void drop_oldest();

  using Action = void (ExecutionTracker::*)(const TrackedPointer& run);
  OperationId wait_until(Instant deadline, const char* what, const TrackedPointer& run,
                         Action action);
  void cancel(OperationId& wait);

  Runtime& runtime_;
  const TrackerSettings& settings_;
  EndHandler on_end_;
  Executor strand_;
  Confined<State> state_;
  const bool execution_first_;  // the execution limit is no longer than the heartbeat limit
  TrackedPointer oldest_;  // the ended run whose record the wait is for; it may be dropped already
  OperationId oldest_wait_ = 0;
};

}  // namespace raceproof::gateway
