#include "gateway/agents/settings.hpp"

namespace raceproof::gateway {

void AgentSettings::describe(SettingsVisitor& v) {
  v.on("host", host, "Host of the agent service; unset: an agent that says what it heard.");
  v.on("port", port, 1, 65535, "Port of the agent service.");
}

}  // namespace raceproof::gateway
