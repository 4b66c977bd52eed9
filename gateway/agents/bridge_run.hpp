// One run of an agent, from the user's message to the last event (domain.md sections 7 and 12).
//
// The events leave in order, each after the transaction that it reports; every step of the agent is
// a sign of life. A run without a reply ends with agent_failed and a reason for people.
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/agents/agent_backend.hpp"
#include "gateway/agents/context.hpp"
#include "gateway/agents/event.hpp"
#include "gateway/agents/execution_tracker.hpp"
#include "gateway/agents/run_store.hpp"
#include "gateway/agents/settings.hpp"
#include "runtime/task.hpp"

namespace raceproof::gateway {

/// What runs work with. All of it outlives them.
struct RunServices {
  Runtime& runtime;
  const AgentSettings& settings;
  AgentBackend& backend;
  EventSink& sink;
  RunStore* store;  ///< null: nothing is stored
  ExecutionTracker& tracker;
  TaskScope& tasks;  ///< for what goes on beside a run
};

/// Why a run ends without a reply.
struct RunEnding {
  RunState state = RunState::failed;
  std::string_view reason;  ///< for people; a literal
  bool agent_failed = false;
};

/// How the agent did in a run that is over.
enum class RunOutcome { agent_answered, agent_failed, undecided };

/// Everything on the strand that it was made on.
class BridgeRun : public std::enable_shared_from_this<BridgeRun> {
 public:
  BridgeRun(const RunServices& services, const Executor& strand, UserExecutionContext context,
            std::string text);

  [[nodiscard]] const UserExecutionContext& context() const { return context_; }
  /// Runs to the end and reports it. Cancelling it leaves that undone.
  Awaitable<RunOutcome> carry_out();
  /// The tracker has ended the run: nothing more of the agent is waited for.
  void end(RunEnding ending);
  /// The tracker has ended the run, but with `transitions: any` no end is one: it is reported
  /// beside the run, which goes on.
  void report_end_beside(RunEnding ending);

 private:
  using Step = std::optional<AgentStep>;
  /// Events that an emitter of their own has collected (`emitters: several`).
  struct Collector {
    std::vector<AgentEvent> events;
    bool emitting = false;
  };

  Awaitable<std::optional<RunEnding>> begin();
  Awaitable<std::optional<RunEnding>> follow_agent(std::string& reply);
  Awaitable<std::optional<RunEnding>> take_steps(std::string& reply);
  template <class T>
  Awaitable<T> unless_ended(Awaitable<T> wait);
  Awaitable<std::optional<RunEnding>> show_life();
  Awaitable<> report(AgentStep step);
  Awaitable<std::optional<RunEnding>> complete(std::string reply);
  Awaitable<RunEnding> fail(RunEnding ending);
  Awaitable<> fail_beside(std::shared_ptr<BridgeRun> self, RunEnding ending);
  Awaitable<> emit_collected(std::shared_ptr<BridgeRun> self, Collector& collector);

  Awaitable<std::optional<RunState>> move(RunState to);
  Awaitable<std::optional<std::int64_t>> store_begin(const AgentEvent& event);
  Awaitable<std::optional<std::int64_t>> store_end(const AgentEvent& event);
  Awaitable<Delivery> emit(const AgentEvent& event, bool reports_transaction);
  Awaitable<> sent(std::optional<std::int64_t> id, Delivery delivery);
  [[nodiscard]] AgentEvent make_event(AgentEventType type, std::string text,
                                      std::string tool = {}) const;
  [[nodiscard]] bool leaves_first() const;
  void check_order(const AgentStep& step);
  void observe_trouble(std::string_view step, std::string_view reason);

  const RunServices& services_;
  Runtime& runtime_;
  Executor strand_;
  const UserExecutionContext context_;
  std::string text_;
  bool tracked_ = false;
  bool stored_ = false;   // the store knows the run
  bool running_ = false;  // the agent has given a first step
  std::multiset<std::string> open_tools_;
  std::optional<RunEnding> ending_;
  asio::cancellation_signal waiting_;  // ends the wait for the agent
  Collector thinking_;
  Collector tools_;
};

/// What people are told of a run that the tracker has ended so.
RunEnding ending_of(RunState state);

}  // namespace raceproof::gateway
