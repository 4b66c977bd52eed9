// The simplest agent: it says what it heard, at once.
#pragma once

#include <memory>

#include "gateway/agents/agent_backend.hpp"

namespace raceproof::gateway {

/// Answers where no agent service is configured: one step, the reply "You said: ..." .
class EchoBackend final : public AgentBackend {
 public:
  Awaitable<std::unique_ptr<AgentRun>> start(AgentRequest request) override;
};

}  // namespace raceproof::gateway
