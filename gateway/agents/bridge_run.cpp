#include "gateway/agents/bridge_run.hpp"

#include <utility>

#include "gateway/agents/emission.hpp"
#include "gateway/agents/failure.hpp"

namespace raceproof::gateway {

namespace {

std::string_view told_of(const AgentError& error) {
  if (error.reason() == "refused") return "The agent refused the request.";
  if (error.reason() == "unreachable") return "The agent could not be reached.";
  if (error.reason() == "cut_off") return "The agent's answer was cut off.";
  if (error.reason() == "malformed") return "The agent's answer could not be understood.";
  if (error.reason() == "silent") return "The agent stopped answering.";
  return "The agent failed.";
}

AgentEventType event_of(AgentStep::Kind kind) {
  switch (kind) {
    case AgentStep::Kind::thinking:
      return AgentEventType::agent_thinking;
    case AgentStep::Kind::tool_executing:
      return AgentEventType::tool_executing;
    case AgentStep::Kind::tool_completed:
      return AgentEventType::tool_completed;
    case AgentStep::Kind::reply:
      break;
  }
  return AgentEventType::agent_completed;
}

}  // namespace

RunEnding ending_of(RunState state) {
  switch (state) {
    case RunState::dead:
      return {state, "The agent gave no sign of life for too long.", true};
    case RunState::timeout:
      return {state, "The agent took too long.", true};
    case RunState::cancelled:
      return {state, "The run was cancelled.", false};
    default:
      return {state, "The run had ended already.", false};
  }
}

BridgeRun::BridgeRun(const RunServices& services, const Executor& strand,
                     UserExecutionContext context, std::string text)
    : services_(services),
      runtime_(services.runtime),
      strand_(strand),
      context_(std::move(context)),
      text_(std::move(text)) {}

Awaitable<RunOutcome> BridgeRun::carry_out() {
  std::optional<RunEnding> ending = co_await begin();
  std::string reply;
  if (!ending) ending = co_await follow_agent(reply);
  if (!ending) ending = co_await complete(std::move(reply));
  if (!ending) co_return RunOutcome::agent_answered;
  const RunEnding ended = co_await fail(*ending);
  co_return ended.agent_failed ? RunOutcome::agent_failed : RunOutcome::undecided;
}

void BridgeRun::end(RunEnding ending) {
  if (ending_) return;
  ending_ = ending;
  waiting_.emit(asio::cancellation_type::terminal);
}

void BridgeRun::report_end_beside(RunEnding ending) {
  services_.tasks.spawn("agent run's end", fail_beside(shared_from_this(), ending));
}

// --- from the message to the reply --------------------------------------------------------------

/// Makes the tracker's record, stores the run, and reports that it has begun.
Awaitable<std::optional<RunEnding>> BridgeRun::begin() {
  tracked_ = co_await call(
      services_.tracker.strand(),
      services_.tracker.create(context_.run_id(), context_.user_id(), context_.thread_id()));
  if (!tracked_) {
    observe_trouble("begin", "the run's id is taken");
    co_return RunEnding{RunState::failed, "The run's id is taken.", false};
  }
  const AgentEvent started = make_event(AgentEventType::agent_started, {});
  Delivery delivery = Delivery::lost;
  std::optional<std::int64_t> id;
  const bool first =
      services_.store != nullptr && services_.settings.events == EventTiming::before_commit;
  if (first) delivery = co_await emit(started, true);
  if (services_.store != nullptr) {
    id = co_await store_begin(started);
    if (!id) co_return RunEnding{RunState::failed, "The message could not be stored.", false};
    stored_ = true;
  }
  if (!first) delivery = co_await emit(started, stored_);
  co_await sent(id, delivery);
  co_return ending_;
}

/// Takes the agent's steps up to the reply.
Awaitable<std::optional<RunEnding>> BridgeRun::follow_agent(std::string& reply) {
  const auto state = co_await move(RunState::starting);
  if (state != RunState::starting) co_return ending_of(state.value_or(RunState::failed));
  try {
    co_return co_await take_steps(reply);
  } catch (const AgentError& error) {
    observe_trouble("agent", error.what());
    co_return RunEnding{RunState::failed, told_of(error), true};
  } catch (const std::exception& error) {
    if (is_cancellation(error)) {
      if (ending_) co_return ending_;
      throw;
    }
    observe_trouble("agent", error.what());
    co_return RunEnding{RunState::failed, "The agent failed.", true};
  }
}

Awaitable<std::optional<RunEnding>> BridgeRun::take_steps(std::string& reply) {
  AgentRequest request;
  request.user = context_.user_id();
  request.thread = context_.thread_id();
  request.run = context_.run_id();
  request.text = text_;
  request.request = context_.child(runtime_, "agent").request_id();
  const auto agent = co_await unless_ended(services_.backend.start(std::move(request)));
  while (!ending_) {
    Step step = co_await unless_ended(agent->next());
    if (!step) throw AgentError("cut_off", "the steps ended before the reply");
    const bool is_reply = step->kind == AgentStep::Kind::reply;
    // A reply goes on to the tracker, which knows what came first.
    if (ending_ && !is_reply) break;
    const auto ended = co_await show_life();
    if (ended && !is_reply) co_return ended;
    if (is_reply) {
      reply = std::move(step->text);
      co_return std::nullopt;
    }
    check_order(*step);
    co_await report(std::move(*step));
  }
  co_return ending_;
}

/// A wait for the agent that `end` cancels.
template <class T>
Awaitable<T> BridgeRun::unless_ended(Awaitable<T> wait) {
  return asio::co_spawn(strand_, std::move(wait),
                        asio::bind_cancellation_slot(waiting_.slot(), use_awaitable));
}

/// The first step makes the run a running one; why it could not, if it could not.
Awaitable<std::optional<RunEnding>> BridgeRun::show_life() {
  if (std::exchange(running_, true)) {
    spawn(runtime_, services_.tracker.strand(), "heartbeat",
          services_.tracker.heartbeat(context_.run_id()));
    co_return std::nullopt;
  }
  const auto state = co_await move(RunState::running);
  if (state == RunState::running) co_return std::nullopt;
  co_return ending_of(state.value_or(RunState::failed));
}

void BridgeRun::check_order(const AgentStep& step) {
  if (step.kind == AgentStep::Kind::tool_executing) open_tools_.insert(step.tool);
  if (step.kind != AgentStep::Kind::tool_completed) return;
  const auto open = open_tools_.find(step.tool);
  if (open == open_tools_.end()) {
    throw AgentError("malformed", "tool '" + step.tool + "' completed without executing");
  }
  open_tools_.erase(open);
}

Awaitable<> BridgeRun::report(AgentStep step) {
  AgentEvent event = make_event(event_of(step.kind), std::move(step.text), std::move(step.tool));
  if (services_.settings.emitters == Emitters::one) {
    co_await emit(event, false);
    co_return;
  }
  Collector& collector = step.kind == AgentStep::Kind::thinking ? thinking_ : tools_;
  collector.events.push_back(std::move(event));
  if (std::exchange(collector.emitting, true)) co_return;
  services_.tasks.spawn("agent emitter", emit_collected(shared_from_this(), collector));
}

Awaitable<> BridgeRun::emit_collected(std::shared_ptr<BridgeRun> /*self*/, Collector& collector) {
  co_await runtime_.sleep_for(services_.settings.emitter_batch, "emitter batch");
  while (!collector.events.empty()) {
    const std::vector<AgentEvent> batch = std::exchange(collector.events, {});
    for (const AgentEvent& event : batch) co_await emit(event, false);
  }
  collector.emitting = false;
}

// --- the end ------------------------------------------------------------------------------------

/// Stores the reply and reports it, unless the tracker says that the run has ended.
Awaitable<std::optional<RunEnding>> BridgeRun::complete(std::string reply) {
  const auto state = co_await move(RunState::completing);
  if (state != RunState::completing) {
    const RunState ended = state.value_or(RunState::failed);
    runtime_.observe("late_completion", {{"run", context_.run_id()}, {"state", to_string(ended)}});
    co_return ending_of(ended);
  }
  const AgentEvent completed = make_event(AgentEventType::agent_completed, std::move(reply));
  Delivery delivery = Delivery::lost;
  std::optional<std::int64_t> id;
  const bool first = leaves_first();
  if (first) delivery = co_await emit(completed, true);
  if (stored_) {
    id = co_await store_end(completed);
    if (!id) co_return RunEnding{RunState::failed, "The reply could not be stored.", false};
  }
  co_await move(RunState::completed);
  if (!first) delivery = co_await emit(completed, stored_);
  co_await sent(id, delivery);
  co_return std::nullopt;
}

/// Stores why there is no reply and reports it. Returns what ended the run: the tracker may have
/// known of another end before.
Awaitable<RunEnding> BridgeRun::fail(RunEnding ending) {
  if (tracked_) {
    const auto state = co_await move(ending.state);
    if (state && *state != ending.state) ending = ending_of(*state);
  }
  if (ending_ && ending_->state == ending.state) ending = *ending_;
  const AgentEvent failed = make_event(AgentEventType::agent_failed, std::string(ending.reason));
  Delivery delivery = Delivery::lost;
  const bool first = leaves_first();
  if (first) delivery = co_await emit(failed, true);
  std::optional<std::int64_t> id;
  if (stored_) id = co_await store_end(failed);
  if (!first) delivery = co_await emit(failed, id.has_value());
  co_await sent(id, delivery);
  co_return ending;
}

Awaitable<> BridgeRun::fail_beside(std::shared_ptr<BridgeRun> /*self*/, RunEnding ending) {
  co_await fail(ending);
}

// --- what both use ------------------------------------------------------------------------------

Awaitable<std::optional<RunState>> BridgeRun::move(RunState to) {
  return call(services_.tracker.strand(), services_.tracker.move(context_.run_id(), to));
}

/// The id of the event that was stored with the run's beginning; nothing if it was not stored.
Awaitable<std::optional<std::int64_t>> BridgeRun::store_begin(const AgentEvent& event) {
  AgentEvent copy = event;
  try {
    const OutboxEntry entry = co_await call(services_.store->strand(),
                                            services_.store->begin_run(std::move(copy), text_));
    co_return entry.id;
  } catch (const std::exception& error) {
    if (is_cancellation(error)) throw;
    observe_trouble("begin_run", error.what());
  }
  co_return std::nullopt;
}

/// The same for the run's end.
Awaitable<std::optional<std::int64_t>> BridgeRun::store_end(const AgentEvent& event) {
  AgentEvent copy = event;
  try {
    const OutboxEntry entry =
        co_await call(services_.store->strand(), services_.store->end_run(std::move(copy)));
    co_return entry.id;
  } catch (const std::exception& error) {
    if (is_cancellation(error)) throw;
    observe_trouble("end_run", error.what());
  }
  co_return std::nullopt;
}

Awaitable<Delivery> BridgeRun::emit(const AgentEvent& event, bool reports_transaction) {
  return emit_critical_event(runtime_, services_.sink, event,
                             reports_transaction ? transaction_of(event) : std::string());
}

/// A stored event that was lost stays owed.
Awaitable<> BridgeRun::sent(std::optional<std::int64_t> id, Delivery delivery) {
  if (!id || delivery == Delivery::lost) co_return;
  try {
    co_await call(services_.store->strand(), services_.store->sent(*id));
  } catch (const std::exception& error) {
    if (is_cancellation(error)) throw;
    observe_trouble("sent", error.what());
  }
}

AgentEvent BridgeRun::make_event(AgentEventType type, std::string text, std::string tool) const {
  AgentEvent event;
  event.type = type;
  event.user = context_.user_id();
  event.thread = context_.thread_id();
  event.run = context_.run_id();
  event.agent = services_.settings.name;
  event.tool = std::move(tool);
  event.text = std::move(text);
  event.timestamp = runtime_.timestamp();
  return event;
}

/// Whether events that report a transaction do not wait for it.
bool BridgeRun::leaves_first() const {
  return stored_ && services_.settings.events == EventTiming::before_commit;
}

void BridgeRun::observe_trouble(std::string_view step, std::string_view reason) {
  runtime_.observe("bridge_trouble",
                   {{"step", step}, {"run", context_.run_id()}, {"reason", reason}});
}

}  // namespace raceproof::gateway
