#include "gateway/agents/event.hpp"

#include <array>

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

}  // namespace raceproof::gateway
