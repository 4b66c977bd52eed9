// A bridge on a simulated process between an agent, a sink and a store that tests script.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gateway/agents/bridge.hpp"
#include "tests/gateway/agents/simulation.hpp"

namespace raceproof::gateway::testing {

/// One step of the agent's script: what comes, after which delay.
struct ScriptedStep {
  enum class Kind { thinking, tool_executing, tool_completed, reply, error, end, hang };
  Kind kind = Kind::reply;
  DelayRange after{};
  std::string text = {};  ///< the step's text, the tool's name, or the reason of the error
};

/// The usual five events, without delays.
std::vector<ScriptedStep> five_events();
ScriptedStep reply_after(Duration delay);

/// An agent that follows a script, the same for each run. Works on the strand that asks.
class ScriptedBackend final : public AgentBackend {
 public:
  explicit ScriptedBackend(Runtime& runtime) : runtime_(runtime) {}
  Awaitable<std::unique_ptr<AgentRun>> start(AgentRequest request) override;
  Awaitable<> check() override;

  std::vector<ScriptedStep> steps = five_events();
  std::string start_error;  ///< the reason of the AgentError that `start` throws; empty: none
  std::deque<bool> checks;  ///< whether the next looks find the service; empty: they do
  bool checks_hang = false;
  std::vector<AgentRequest> requests;
  std::size_t live = 0;  ///< runs that exist

 private:
  Runtime& runtime_;
};

/// Keeps what was sent. Answers from a list, then "delivered".
class RecordingSink final : public EventSink {
 public:
  explicit RecordingSink(Runtime& runtime)
      : runtime_(runtime), strand_(runtime.make_strand("sink")) {}
  [[nodiscard]] const Executor& strand() const override { return strand_; }
  Awaitable<Delivery> send_agent_event(AgentEvent event) override;

  std::map<AgentEventType, std::deque<Delivery>> answers;
  bool throws = false;
  std::vector<AgentEvent> events;  ///< those that were not lost

 private:
  Runtime& runtime_;
  Executor strand_;
};

/// A store in memory, with a delay before each commit. Observes its transactions.
class RecordingStore final : public RunStore {
 public:
  explicit RecordingStore(Runtime& runtime)
      : runtime_(runtime), strand_(runtime.make_strand("store")) {}
  [[nodiscard]] const Executor& strand() const override { return strand_; }
  Awaitable<OutboxEntry> begin_run(AgentEvent started, std::string message) override;
  Awaitable<OutboxEntry> end_run(AgentEvent ended) override;
  Awaitable<> sent(std::int64_t id) override;
  Awaitable<std::vector<OutboxEntry>> unsent() override;

  DelayRange commit{};
  std::set<AgentEventType> refused;  ///< transactions that report these roll back
  int unsent_failures = 0;           ///< so many calls of `unsent` fail first
  std::map<std::int64_t, AgentEvent> outbox;
  std::map<std::string, std::string> runs;  ///< "running" or the event that ended the run

 private:
  Awaitable<OutboxEntry> transact(AgentEvent event);
  Runtime& runtime_;
  Executor strand_;
  std::int64_t next_id_ = 1;
};

/// Everything, for one run of the simulation.
struct Stage {
  Stage(Runtime& on, const AgentSettings& settings, bool with_store)
      : runtime(on),
        backend(on),
        sink(on),
        store(on),
        bridge(on, settings, backend, sink, with_store ? &store : nullptr) {}

  /// Submits a run of a user.
  Awaitable<RunSubmission> submit(std::string user, std::string run, std::string text = "hello");
  Awaitable<> start() { return call(bridge.strand(), bridge.start()); }
  Awaitable<> stop() { return call(bridge.strand(), bridge.stop()); }
  Awaitable<bool> cancel(std::string user, std::string run) {
    return call(bridge.strand(), bridge.cancel(std::move(user), std::move(run)));
  }
  Awaitable<std::size_t> runs();
  Awaitable<std::optional<RunRecord>> record(std::string run) {
    return call(bridge.tracker().strand(), bridge.tracker().find(std::move(run)));
  }
  Awaitable<> wait(Duration time) { co_await runtime.sleep_for(time, "test"); }
  /// What reached the sink of one run, by type.
  [[nodiscard]] std::vector<std::string> events_of(std::string_view run) const;

  Runtime& runtime;
  ScriptedBackend backend;
  RecordingSink sink;
  RecordingStore store;
  AgentBridge bridge;
};

/// Plays a test on a stage until nothing is left to happen.
class Play {
 public:
  explicit Play(AgentSettings with = {}, bool with_store = true)
      : settings(std::move(with)), has_store(with_store) {}

  /// `prepare` scripts what surrounds the bridge; `act` runs on the process's root strand.
  void run(std::function<void(Stage&)> prepare, std::function<Awaitable<>(Stage&)> act);

  AgentSettings settings;
  bool has_store;
  Simulation simulation;
  std::unique_ptr<Stage> stage;
  /// Copies from the stage, which is gone after the run.
  std::vector<AgentEvent> events;
  std::map<std::int64_t, AgentEvent> outbox;
  std::map<std::string, std::string> stored_runs;
  std::size_t live_agents = 0;

  /// Types of the events that reached the sink, in order.
  [[nodiscard]] std::vector<std::string> types() const;
};

}  // namespace raceproof::gateway::testing
