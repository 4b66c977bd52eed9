#include "tests/gateway/agents/stage.hpp"

#include <utility>

#include "gateway/agents/context.hpp"

namespace raceproof::gateway::testing {

namespace {

class ScriptedRun final : public AgentRun {
 public:
  ScriptedRun(Runtime& runtime, ScriptedBackend& backend, std::string text)
      : runtime_(runtime), backend_(backend), steps_(backend.steps), text_(std::move(text)) {
    ++backend_.live;
  }
  ~ScriptedRun() override { --backend_.live; }

  Awaitable<std::optional<AgentStep>> next() override {
    if (next_ == steps_.size()) co_return std::nullopt;
    const ScriptedStep& step = steps_[next_++];
    co_await runtime_.sleep_for(runtime_.draw(step.after, "agent step"), "agent step");
    AgentStep made;
    made.text = step.text;
    using Kind = ScriptedStep::Kind;
    switch (step.kind) {
      case Kind::thinking:
        made.kind = AgentStep::Kind::thinking;
        break;
      case Kind::tool_executing:
        made.kind = AgentStep::Kind::tool_executing;
        made.tool = step.text;
        break;
      case Kind::tool_completed:
        made.kind = AgentStep::Kind::tool_completed;
        made.tool = step.text;
        break;
      case Kind::reply:
        made.kind = AgentStep::Kind::reply;
        made.text = "echo: " + text_;
        break;
      case Kind::error:
        throw AgentError(step.text, "scripted: " + step.text);
      case Kind::end:
        co_return std::nullopt;
      case Kind::hang:
        co_await runtime_.sleep_until(Instant::max(), "agent that hangs");
    }
    co_return made;
  }

 private:
  Runtime& runtime_;
  ScriptedBackend& backend_;
  const std::vector<ScriptedStep> steps_;
  std::string text_;
  std::size_t next_ = 0;
};

}  // namespace

std::vector<ScriptedStep> five_events() {
  using Kind = ScriptedStep::Kind;
  return {{Kind::thinking, {}, "hm"},
          {Kind::tool_executing, {}, "search"},
          {Kind::tool_completed, {}, "search"},
          {Kind::reply, {}, ""}};
}

ScriptedStep reply_after(Duration delay) { return {ScriptedStep::Kind::reply, {delay, delay}, ""}; }

Awaitable<std::unique_ptr<AgentRun>> ScriptedBackend::start(AgentRequest request) {
  requests.push_back(request);
  if (!start_error.empty()) throw AgentError(start_error, "scripted: " + start_error);
  co_return std::make_unique<ScriptedRun>(runtime_, *this, std::move(request.text));
}

Awaitable<> ScriptedBackend::check() {
  if (checks_hang) co_await runtime_.sleep_until(Instant::max(), "check that hangs");
  bool there = true;
  if (!checks.empty()) {
    there = checks.front();
    checks.pop_front();
  }
  runtime_.observe("checked", {{"there", there}});
  if (!there) throw AgentError("unreachable", "scripted: unreachable");
}

Awaitable<Delivery> RecordingSink::send_agent_event(AgentEvent event) {
  if (throws) throw std::runtime_error("scripted: the sink is broken");
  Delivery delivery = Delivery::delivered;
  auto& answers_of_type = answers[event.type];
  if (!answers_of_type.empty()) {
    delivery = answers_of_type.front();
    answers_of_type.pop_front();
  }
  runtime_.observe(
      "arrives",
      {{"type", to_string(event.type)}, {"run", event.run}, {"delivery", to_string(delivery)}});
  if (delivery != Delivery::lost) events.push_back(std::move(event));
  co_return delivery;
}

Awaitable<OutboxEntry> RecordingStore::begin_run(AgentEvent started, std::string /*message*/) {
  const std::string run = started.run;
  OutboxEntry entry = co_await transact(std::move(started));
  runs[run] = "running";
  co_return entry;
}

Awaitable<OutboxEntry> RecordingStore::end_run(AgentEvent ended) {
  const std::string run = ended.run;
  const AgentEventType type = ended.type;
  OutboxEntry entry = co_await transact(std::move(ended));
  runs[run] = to_string(type);
  co_return entry;
}

Awaitable<OutboxEntry> RecordingStore::transact(AgentEvent event) {
  const std::string id = transaction_of(event);
  runtime_.observe("transaction", {{"id", id}, {"status", "begin"}});
  co_await runtime_.sleep_for(runtime_.draw(commit, "commit"), "commit");
  if (refused.contains(event.type)) {
    runtime_.observe("transaction", {{"id", id}, {"status", "rolled_back"}});
    throw std::runtime_error("scripted: rolled back");
  }
  runtime_.observe("transaction", {{"id", id}, {"status", "committed"}});
  OutboxEntry entry;
  entry.id = next_id_++;
  entry.event = event;
  outbox[entry.id] = std::move(event);
  co_return entry;
}

Awaitable<> RecordingStore::sent(std::int64_t id) {
  outbox.erase(id);
  co_return;
}

Awaitable<std::vector<OutboxEntry>> RecordingStore::unsent() {
  if (unsent_failures > 0) {
    --unsent_failures;
    throw std::runtime_error("scripted: no database");
  }
  std::vector<OutboxEntry> entries;
  for (const auto& [id, event] : outbox) {
    OutboxEntry& entry = entries.emplace_back();
    entry.id = id;
    entry.event = event;
  }
  co_return entries;
}

Awaitable<RunSubmission> Stage::submit(std::string user, std::string run, std::string text) {
  ContextFields fields;
  fields.user_id = std::move(user);
  fields.thread_id = "thread_" + fields.user_id;
  fields.run_id = std::move(run);
  UserExecutionContext context(runtime, EnvironmentName::staging, std::move(fields));
  co_return co_await call(bridge.strand(), bridge.run(std::move(context), std::move(text)));
}

namespace {

Awaitable<std::size_t> count_runs(AgentBridge& bridge) { co_return bridge.runs(); }

}  // namespace

Awaitable<std::size_t> Stage::runs() { return call(bridge.strand(), count_runs(bridge)); }

std::vector<std::string> Stage::events_of(std::string_view run) const {
  std::vector<std::string> types;
  for (const AgentEvent& event : sink.events) {
    if (event.run == run) types.emplace_back(to_string(event.type));
  }
  return types;
}

void Play::run(std::function<void(Stage&)> prepare, std::function<Awaitable<>(Stage&)> act) {
  const auto end = simulation.run(
      [&](Runtime& runtime, const Executor& root) {
        stage = std::make_unique<Stage>(runtime, settings, has_store);
        if (prepare) prepare(*stage);
        spawn(runtime, root, "test", act(*stage));
      },
      [&] {
        events = stage->sink.events;
        outbox = stage->store.outbox;
        stored_runs = stage->store.runs;
        live_agents = stage->backend.live;
        stage.reset();
      });
  EXPECT_EQ(end, sim::RunEnd::quiescent) << simulation.world.failure();
  EXPECT_EQ(live_agents, 0U);
}

std::vector<std::string> Play::types() const {
  std::vector<std::string> found;
  for (const AgentEvent& event : events) found.emplace_back(to_string(event.type));
  return found;
}

}  // namespace raceproof::gateway::testing
