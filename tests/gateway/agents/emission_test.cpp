// Passing means: an event that is lost is sent again after the waits of its type, and giving up is
// seen.
#include "gateway/agents/emission.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/gateway/agents/stage.hpp"

namespace raceproof::gateway {
namespace {

using testing::RecordingSink;
using testing::Simulation;
using enum Delivery;

struct Emitted {
  Delivery delivery = lost;
  Simulation simulation;
};

AgentEvent event_of_type(AgentEventType type) {
  AgentEvent event;
  event.type = type;
  event.user = "alice";
  event.run = "r";
  return event;
}

/// Emits one event into a sink that answers as given, then "delivered".
std::unique_ptr<Emitted> emit(AgentEventType type, std::deque<Delivery> answers,
                              bool throws = false) {
  auto emitted = std::make_unique<Emitted>();
  std::unique_ptr<RecordingSink> sink;
  const AgentEvent event = event_of_type(type);
  const auto body = [&](Runtime& runtime) -> Awaitable<> {
    emitted->delivery = co_await emit_critical_event(runtime, *sink, event, transaction_of(event));
  };
  emitted->simulation.run(
      [&](Runtime& runtime, const Executor& root) {
        sink = std::make_unique<RecordingSink>(runtime);
        sink->answers[type] = answers;
        sink->throws = throws;
        spawn(runtime, root, "test", body(runtime));
      },
      [&] { sink.reset(); });
  return emitted;
}

std::deque<Delivery> lost_times(std::size_t count) { return std::deque<Delivery>(count, lost); }

std::vector<std::int64_t> arrivals(const Simulation& simulation) {
  std::vector<std::int64_t> times;
  for (const auto& entry : simulation.seen) {
    if (entry.what.starts_with("arrives")) times.push_back(entry.ms);
  }
  return times;
}

// Delivered or queued at once: once.
TEST(Emission, StopsAtTheFirstSuccess) {
  for (const Delivery first : {delivered, queued}) {
    const auto emitted = emit(AgentEventType::agent_completed, {first});
    EXPECT_EQ(emitted->delivery, first);
    EXPECT_EQ(arrivals(emitted->simulation), std::vector<std::int64_t>{0});
  }
}

// The waits of section 7, by type, until one attempt succeeds.
TEST(Emission, WaitsAsLongAsItsTypeIsWorth) {
  using Times = std::vector<std::int64_t>;
  const Times progress{0, 50, 150, 350};
  const Times ends{0, 200, 600, 1400, 3000, 6200};
  const std::map<AgentEventType, Times> expected{
      {AgentEventType::agent_started, progress},  {AgentEventType::agent_thinking, {0, 50, 150}},
      {AgentEventType::tool_executing, progress}, {AgentEventType::tool_completed, progress},
      {AgentEventType::agent_completed, ends},    {AgentEventType::agent_failed, ends}};
  for (const auto& [type, times] : expected) {
    const auto given_up = emit(type, lost_times(times.size()));
    EXPECT_EQ(given_up->delivery, lost) << to_string(type);
    EXPECT_EQ(arrivals(given_up->simulation), times) << to_string(type);
    EXPECT_EQ(given_up->simulation.count("agent_event_lost run=r"), 1U) << to_string(type);
    const auto late = emit(type, lost_times(times.size() - 1));
    EXPECT_EQ(late->delivery, delivered) << to_string(type);
    EXPECT_FALSE(late->simulation.saw("agent_event_lost")) << to_string(type);
  }
}

// Only the events that report a transaction say so, once, and under its name.
TEST(Emission, NamesTheTransaction) {
  const auto end = emit(AgentEventType::agent_failed, {lost, delivered});
  EXPECT_EQ(end->simulation.all("event_leaves"),
            std::vector<std::string>{"event_leaves run=r type=agent_failed transaction=r/end"});
  const auto begin = emit(AgentEventType::agent_started, {});
  EXPECT_TRUE(begin->simulation.saw("event_leaves run=r type=agent_started transaction=r/begin"));
  const auto between = emit(AgentEventType::agent_thinking, {});
  EXPECT_FALSE(between->simulation.saw("event_leaves"));
}

// A sink that throws has lost the event; nothing else breaks.
TEST(Emission, TakesAThrowingSinkForLost) {
  const auto emitted = emit(AgentEventType::agent_thinking, {}, true);
  EXPECT_EQ(emitted->delivery, lost);
  EXPECT_EQ(emitted->simulation.count("bridge_trouble step=emit"), 3U);
}

// The frame is JSON with the required fields, whatever bytes the texts hold.
TEST(Emission, WritesFrames) {
  AgentEvent event = event_of_type(AgentEventType::tool_executing);
  event.thread = "t";
  event.agent = "assistant";
  event.tool = "search";
  event.text = "say \"hi\"\n\xff";
  event.timestamp = "2025-09-08T19:22:00.000000Z";
  const auto frame = nlohmann::json::parse(to_frame(event));
  EXPECT_EQ(frame["type"], "tool_executing");
  EXPECT_EQ(frame["user_id"], "alice");
  EXPECT_EQ(frame["thread_id"], "t");
  EXPECT_EQ(frame["run_id"], "r");
  EXPECT_EQ(frame["agent_name"], "assistant");
  EXPECT_EQ(frame["timestamp"], event.timestamp);
  EXPECT_EQ(frame["payload"]["tool_name"], "search");
  EXPECT_EQ(frame["payload"]["text"], "say \"hi\"\n\xEF\xBF\xBD");
  EXPECT_EQ(frame.size(), 7U);
  const auto without_tool =
      nlohmann::json::parse(to_frame(event_of_type(AgentEventType::agent_thinking)));
  EXPECT_EQ(without_tool["payload"].dump(), R"({"text":""})");
}

}  // namespace
}  // namespace raceproof::gateway
