// The agent bridge: carries out the runs of all users, and knows whether the agent service is there
// (domain.md sections 7 and 12).
//
//   uninitialized -> initializing -> active <-> degraded
//                      ^      |                   |
//                      |      +---> failed <------+       and back to uninitialized by stop()
//                      +-------------+
//
// It is active once the service has said that runs can be started and the events that an earlier
// process owed have been sent. After `degraded_after` consecutive failures it is degraded: runs are
// still taken, and the first success makes it active again; so does one of three looks at the
// service, at once, after 2 s and after 4 s more. When they fail it has failed: runs are refused,
// and every health interval it begins anew.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/agents/bridge_run.hpp"
#include "runtime/confined.hpp"
#include "runtime/notice.hpp"

namespace raceproof::gateway {

enum class BridgeState : std::uint8_t { uninitialized, initializing, active, degraded, failed };
std::string_view to_string(BridgeState state);
/// Whether runs are taken.
bool takes_runs(BridgeState state);

/// Whether a run was taken. `code` is for programs ("agent_unavailable", "too_many_runs",
/// "run_exists"), `reason` for people; both are literals, and empty when it was.
struct RunSubmission {
  bool accepted = false;
  std::string_view code;
  std::string_view reason;
};

/// For operators and metrics.
struct BridgeFigures {
  BridgeState state = BridgeState::uninitialized;
  std::size_t runs = 0;  ///< at present
};

/// Everything but the constructor and `strand()` runs on its own strand.
///
/// Observes transition{machine: bridge, id: agent, from, to}, agent_run_refused{user, run, code},
/// event_relayed{run, type, user, delivery}, late_completion{run, state} (a reply that came after
/// the run's end), bridge_trouble{step, reason} and what emission.hpp and the tracker observe.
class AgentBridge {
 public:
  /// Runs on the bridge's strand after every change.
  using StateHandler = std::function<void(BridgeState)>;

  /// All references must outlive it; `store` may be null, then nothing is stored.
  AgentBridge(Runtime& runtime, const AgentSettings& settings, AgentBackend& backend,
              EventSink& sink, RunStore* store, StateHandler on_state = {});

  [[nodiscard]] const Executor& strand() const { return strand_; }
  [[nodiscard]] ExecutionTracker& tracker() { return tracker_; }

  /// Makes the first attempt and returns when it is over, whichever way it went; goes on in the
  /// background.
  Awaitable<> start();
  /// Cancels all runs, waits until they are stored and reported, at most the stop limit, and ends
  /// everything. No run is taken from its beginning on.
  Awaitable<> stop();
  /// Takes a run, which goes on by itself: what becomes of it is told by its events. Returns at
  /// once.
  Awaitable<RunSubmission> run(UserExecutionContext context, std::string text);
  /// Cancels a run of this user; false if there is none that can be cancelled.
  Awaitable<bool> cancel(std::string user, std::string run);

  [[nodiscard]] BridgeState state() const { return *state_; }
  /// Whether runs are taken, for callers from other strands.
  [[nodiscard]] Awaitable<bool> available() const { co_return takes_runs(*state_); }
  [[nodiscard]] Awaitable<BridgeFigures> figures() const {
    co_return BridgeFigures{*state_, runs_->by_id.size()};
  }
  /// How many runs there are now.
  [[nodiscard]] std::size_t runs() const { return runs_->by_id.size(); }

 private:
  using RunPointer = std::shared_ptr<BridgeRun>;
  struct Runs {
    std::map<std::string, RunPointer, std::less<>> by_id;
    std::map<std::string, std::int64_t, std::less<>> of_user;
  };

  [[nodiscard]] RunSubmission judge(const UserExecutionContext& context) const;
  Awaitable<> carry_out(RunPointer run);
  void forget(const UserExecutionContext& context);
  Awaitable<> tracker_ended(std::string run, RunState state);
  Awaitable<bool> cancel_run(RunPointer run, std::string_view reason);

  Awaitable<> supervise();
  Awaitable<> watch_service();
  Awaitable<> recover(std::size_t first_attempt);
  Awaitable<bool> look();
  Awaitable<std::string> problem();
  Awaitable<> relay();
  void agent_answered();
  void agent_failed();
  void enter(BridgeState state);

  Runtime& runtime_;
  const AgentSettings& settings_;
  AgentBackend& backend_;
  EventSink& sink_;
  RunStore* store_;
  StateHandler on_state_;
  Executor strand_;
  ExecutionTracker tracker_;
  Confined<BridgeState> state_;
  Confined<Runs> runs_;
  std::int64_t failures_ = 0;  // consecutive
  bool relayed_ = false;
  bool stopping_ = false;
  Notice changed_;  // active or no longer, by what runs met
  TaskScope tasks_;
  TaskScope supervision_;
  RunServices services_;
};

}  // namespace raceproof::gateway
