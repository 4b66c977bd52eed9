#include "gateway/readiness/checks.hpp"

#include <utility>

namespace raceproof::gateway {

namespace {

Look look_at_connected(const Facts& facts) {
  return {facts.redis.connected, "not connected", facts.redis.epoch};
}

Look look_at_operational(const Facts& facts) {
  const RedisState& redis = facts.redis;
  if (!redis.connected) return {false, "not connected", redis.epoch};
  if (!redis.subscribed) return {false, "not subscribed", redis.epoch};
  if (!redis.scripts_loaded) return {false, "scripts not loaded", redis.epoch};
  return {true, {}, redis.epoch};
}

Look look_at_database(const Facts& facts) { return {facts.database_usable, "not usable", 0}; }

Look look_at_auth(const Facts& facts) { return {facts.auth_usable, "not usable", 0}; }

Look look_at_bridge(const Facts& facts) { return {takes_runs(facts.bridge), "takes no runs", 0}; }

Look look_at_agent(const Facts& facts) { return {facts.agent_started, "not started", 0}; }

Look look_at_startup(const Facts& facts) {
  switch (facts.startup.status) {
    case StartupState::Status::complete:
      return {true, {}, 0};
    case StartupState::Status::failed:
      return {false, "startup failed", 0};
    case StartupState::Status::running:
      break;
  }
  return {false, "startup in progress", 0};
}

}  // namespace

std::vector<CheckGroup> make_check_groups(const Figures& figures, const GroupLimits& limits) {
  const auto look_at_redis =
      figures.redis == RedisCriterion::connected ? look_at_connected : look_at_operational;
  CheckGroup dependencies{"dependencies", limits.dependencies, {}};
  if (figures.has_database) {
    dependencies.checks.push_back({"database", look_at_database, figures.database_check, {}});
  }
  dependencies.checks.push_back({"redis", look_at_redis, figures.redis_check, figures.grace});
  if (figures.has_auth) {
    dependencies.checks.push_back({"auth", look_at_auth, figures.auth_check, {}});
  }
  CheckGroup services{"services", limits.services, {}};
  services.checks.push_back({"agent", look_at_agent, figures.agent_check, {}});
  if (figures.has_agent) {
    services.checks.push_back({"bridge", look_at_bridge, figures.bridge_check, {}});
  }
  CheckGroup integration{"integration", limits.integration, {}};
  integration.checks.push_back({"startup", look_at_startup, figures.startup_check, {}});
  return {std::move(dependencies), std::move(services), std::move(integration)};
}

}  // namespace raceproof::gateway
