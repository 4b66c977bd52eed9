// What the components have told the readiness evaluator. Every check is a look at this.
#pragma once

#include "gateway/redis_manager.hpp"
#include "gateway/startup.hpp"

namespace raceproof::gateway {

/// Kept up to date by the components themselves, so that a look never waits.
struct Facts {
  RedisState redis;
  StartupState startup;
  bool agent_started = false;
};

}  // namespace raceproof::gateway
