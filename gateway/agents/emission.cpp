#include "gateway/agents/emission.hpp"

#include <array>
#include <utility>

#include "gateway/agents/failure.hpp"
#include "runtime/task.hpp"

namespace raceproof::gateway {

namespace {

using std::chrono::milliseconds;

constexpr std::array waits_of_thinking{milliseconds(50), milliseconds(100)};
constexpr std::array waits_of_progress{milliseconds(50), milliseconds(100), milliseconds(200)};
constexpr std::array waits_of_ends{milliseconds(200), milliseconds(400), milliseconds(800),
                                   milliseconds(1600), milliseconds(3200)};

}  // namespace

std::span<const milliseconds> emission_waits(AgentEventType type) {
  switch (type) {
    case AgentEventType::agent_thinking:
      return waits_of_thinking;
    case AgentEventType::agent_completed:
    case AgentEventType::agent_failed:
      return waits_of_ends;
    case AgentEventType::agent_started:
    case AgentEventType::tool_executing:
    case AgentEventType::tool_completed:
      break;
  }
  return waits_of_progress;
}

Awaitable<Delivery> hand_over(Runtime& runtime, EventSink& sink, const AgentEvent& event) {
  AgentEvent copy = event;
  try {
    co_return co_await call(sink.strand(), sink.send_agent_event(std::move(copy)));
  } catch (const std::exception& error) {
    if (is_cancellation(error)) throw;
    runtime.observe("bridge_trouble", {{"step", "emit"}, {"reason", error.what()}});
  }
  co_return Delivery::lost;
}

Awaitable<Delivery> emit_critical_event(Runtime& runtime, EventSink& sink, const AgentEvent& event,
                                        std::string transaction) {
  if (!transaction.empty()) {
    runtime.observe(
        "event_leaves",
        {{"run", event.run}, {"type", to_string(event.type)}, {"transaction", transaction}});
  }
  Delivery delivery = co_await hand_over(runtime, sink, event);
  for (const milliseconds wait : emission_waits(event.type)) {
    if (delivery != Delivery::lost) co_return delivery;
    co_await runtime.sleep_for(wait, "emit again");
    delivery = co_await hand_over(runtime, sink, event);
  }
  if (delivery == Delivery::lost) {
    runtime.observe("agent_event_lost",
                    {{"run", event.run}, {"type", to_string(event.type)}, {"user", event.user}});
  }
  co_return delivery;
}

}  // namespace raceproof::gateway
