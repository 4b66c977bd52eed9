#include "gateway/agents/event.hpp"

#include <array>

#include "gateway/json_text.hpp"

namespace raceproof::gateway {

std::string_view to_string(AgentEventType type) {
  static constexpr std::array<std::string_view, 6> names{"agent_started",   "agent_thinking",
                                                         "tool_executing",  "tool_completed",
                                                         "agent_completed", "agent_failed"};
  return names[static_cast<std::size_t>(type)];
}

std::string_view to_string(Delivery delivery) {
  static constexpr std::array<std::string_view, 3> names{"delivered", "queued", "lost"};
  return names[static_cast<std::size_t>(delivery)];
}

std::string to_frame(const AgentEvent& event) {
  std::string frame;
  const auto add = [&frame](std::string_view opening, std::string_view value) {
    frame += opening;
    append_json_string(frame, value);
  };
  frame.reserve(256 + event.text.size());
  add(R"({"type":)", to_string(event.type));
  add(R"(,"user_id":)", event.user);
  add(R"(,"thread_id":)", event.thread);
  add(R"(,"run_id":)", event.run);
  add(R"(,"agent_name":)", event.agent);
  add(R"(,"timestamp":)", event.timestamp);
  add(R"(,"payload":{"text":)", event.text);
  if (!event.tool.empty()) add(R"(,"tool_name":)", event.tool);
  return frame += "}}";
}

std::string transaction_of(const AgentEvent& event) {
  switch (event.type) {
    case AgentEventType::agent_started:
      return event.run + "/begin";
    case AgentEventType::agent_completed:
    case AgentEventType::agent_failed:
      return event.run + "/end";
    case AgentEventType::agent_thinking:
    case AgentEventType::tool_executing:
    case AgentEventType::tool_completed:
      break;
  }
  return {};
}

}  // namespace raceproof::gateway
