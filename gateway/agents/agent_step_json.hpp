// The agent service's JSON. No I/O.
#pragma once

#include <string>
#include <string_view>

#include "gateway/agents/agent_backend.hpp"

namespace raceproof::gateway {

/// Reads one line of an agent's answer. Throws AgentError "malformed".
AgentStep parse_agent_step(std::string_view line);
/// What a run is asked for with.
std::string agent_request_body(const AgentRequest& request);

}  // namespace raceproof::gateway
