#include "gateway/readiness/checks.hpp"

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
  return {
      {"dependencies",
       limits.dependencies,
       {{"redis", look_at_redis, figures.redis_check, figures.grace}}},
      {"services", limits.services, {{"agent", look_at_agent, figures.agent_check, {}}}},
      {"integration",
       limits.integration,
       {{"startup", look_at_startup, figures.startup_check, {}}}},
  };
}

}  // namespace raceproof::gateway
