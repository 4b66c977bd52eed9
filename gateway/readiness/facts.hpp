// What the components have told the readiness evaluator. Every check is a look at this.
#pragma once

#include "gateway/agents/bridge.hpp"
#include "gateway/redis_manager.hpp"
#include "gateway/startup.hpp"

namespace raceproof::gateway {

/// Kept up to date by the components themselves, so that a look never waits.
struct Facts {
  RedisState redis;
  StartupState startup;
  bool database_usable = false;
  bool auth_usable = false;
  bool agent_started = false;
  BridgeState bridge = BridgeState::uninitialized;
};

}  // namespace raceproof::gateway
