// The components that connections use. Calls into them go by `call`.
#pragma once

#include <functional>
#include <string>

#include "gateway/agents/bridge.hpp"
#include "gateway/auth/auth.hpp"
#include "gateway/connections/connection_manager.hpp"
#include "gateway/figures.hpp"
#include "gateway/readiness/readiness.hpp"
#include "gateway/redis_manager.hpp"
#include "gateway/settings.hpp"

namespace raceproof::gateway {

struct Services {
  Runtime& runtime;
  const Settings& settings;
  const Figures& figures;
  Readiness& readiness;
  RedisManager& redis;
  Auth* auth;  ///< null: nobody is asked for a token
  ConnectionManager& connections;
  AgentBridge& bridge;
  /// What `/metrics` shows; from any strand.
  std::function<Awaitable<std::string>()> metrics;
};

}  // namespace raceproof::gateway
