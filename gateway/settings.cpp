#include "gateway/settings.hpp"

#include <array>

namespace raceproof::gateway {

namespace {

template <std::size_t N>
using Names = std::array<std::string_view, N>;

constexpr std::int64_t port_max = 65535;

}  // namespace

std::span<const std::string_view> choices(EnvironmentDetection) {
  static constexpr Names<3> names{"unified", "environment_only", "split"};
  return names;
}
std::span<const std::string_view> choices(RedisCriterion) {
  static constexpr Names<2> names{"connected", "operational"};
  return names;
}
std::span<const std::string_view> choices(NotReady) {
  static constexpr Names<3> names{"refuse", "accept_then_close", "accept_degraded"};
  return names;
}
std::span<const std::string_view> choices(EvaluateReadiness) {
  static constexpr Names<2> names{"background", "at_connect"};
  return names;
}
std::span<const std::string_view> choices(VerdictSampled) {
  static constexpr Names<2> names{"after_grace", "before_grace"};
  return names;
}
std::span<const std::string_view> choices(CheckLimits) {
  static constexpr Names<2> names{"enforced", "ignored"};
  return names;
}
std::span<const std::string_view> choices(GroupMembers) {
  static constexpr Names<2> names{"concurrent", "sequential"};
  return names;
}
std::span<const std::string_view> choices(Profile) {
  static constexpr Names<3> names{"none", "reported_before", "reported_after"};
  return names;
}

void ListenSettings::describe(SettingsVisitor& v) {
  v.on("host", host, "Address to bind.");
  v.on("port", port, 0, port_max, "Port to bind; 0 lets the system choose (real network only).");
}

void ReconnectSettings::describe(SettingsVisitor& v) {
  v.on("base", base, "Wait after the first failed attempt.");
  v.on("factor", factor, 1, 10, "What the wait is multiplied by after each further failure.");
  v.on("max", max, "Longest wait between two attempts.");
}

void RedisSettings::describe(SettingsVisitor& v) {
  v.on("host", host, "Host of the Redis server.");
  v.on("port", port, 1, port_max, "Port of the Redis server.");
  v.on("password", password, "Password for AUTH; unset: no AUTH.");
  v.on("connect_timeout", connect_timeout, "Longest wait for a connection to open.");
  v.on("command_timeout", command_timeout, "Longest wait for the reply to a command.");
  v.on("health_interval", health_interval, "Time between two PINGs of the health monitor.");
  v.on("reconnect", reconnect, "Back-off between attempts to connect.");
  v.on("channel", channel,
       "Channel of this instance; unset: 'gateway:' followed by the instance's id.");
}

void GroupLimits::describe(SettingsVisitor& v) {
  v.on("dependencies", dependencies, "Limit of the group of dependencies (Redis).");
  v.on("services", services, "Limit of the group of services (agent).");
  v.on("integration", integration, "Limit of the integration group (startup).");
  v.on("overall", overall, "Limit of a whole evaluation.");
}

void ReadinessSettings::describe(SettingsVisitor& v) {
  v.on("redis", redis,
       "What the Redis check asks for: connected (PING answered; the race) or operational (also "
       "subscribed, scripts loaded). Unset: operational.");
  v.on("not_ready", not_ready,
       "What an upgrade meets while not ready: refuse (503 with Retry-After), accept_then_close "
       "(1011), accept_degraded (served without a registered session).");
  v.on("poll", poll,
       "How long the background evaluator waits before it looks again while not ready. Unset: each "
       "check's own retry delay.");
  v.on("recheck", recheck, "How long a ready verdict stands before it is evaluated again.");
  v.on(
      "evaluate", evaluate,
      "background: one evaluator, everyone reads its cached verdict; at_connect: evaluated anew at "
      "every connect and probe.");
  v.on("verdict_sampled", verdict_sampled,
       "after_grace: the Redis check looks again after the grace period; before_grace: it reports "
       "what it saw before it. Unset: after_grace.");
  v.on("limits", limits, "Whether the deadlines of single checks are enforced or ignored.");
  v.on("members", members, "Whether the checks of a group run concurrently or one after another.");
  v.on("redis_timeout", redis_timeout,
       "Deadline of the Redis check. Unset: 60 s in GCP environments, 10 s elsewhere.");
  v.on(
      "redis_retry_delay", redis_retry_delay,
      "Wait between two looks of the Redis check. Unset: poll if the background evaluator has one, "
      "else 1.5 s in GCP environments, 1.0 s elsewhere.");
  v.on("redis_retry_budget", redis_retry_budget, -1, 1000,
       "Retries after which the Redis check gives up before its deadline; 0: none but the deadline "
       "ends it; -1: the profile's value, else 0.");
  v.on("group_limits", group_limits, "Time limits of the groups and of a whole evaluation.");
}

void HandshakeSettings::describe(SettingsVisitor& v) {
  v.on("stabilise", stabilise,
       "Wait between accepting an upgrade and setting the session up. Unset: none, but 200 ms in "
       "the reported profiles.");
}

void LimitSettings::describe(SettingsVisitor& v) {
  v.on("max_frame", max_frame, 128, 1 << 24, "Largest WebSocket message, in bytes; more is 1009.");
  v.on("max_sessions", max_sessions, 1, 1'000'000,
       "Connections served at once; an upgrade beyond them is refused with 503.");
  v.on("max_header", max_header, 256, 1 << 20, "Largest HTTP header, in bytes; more is 431.");
  v.on("max_body", max_body, 0, 1 << 20, "Largest HTTP body, in bytes; more is 413.");
  v.on("request_timeout", request_timeout, "Longest wait for a whole HTTP request; then 408.");
  v.on("close_timeout", close_timeout,
       "Longest wait for the peer's part of a closing handshake; then the connection is cut.");
}

void Settings::describe(SettingsVisitor& v) {
  v.on("listen", listen, "Where the gateway listens.");
  v.on("environment", environment,
       "Name of the environment (ENVIRONMENT): staging, production, development, testing or one of "
       "their aliases; anything else is development.");
  v.on("k_service", k_service, "Cloud Run's service name (K_SERVICE); set means GCP.");
  v.on("google_cloud_project", google_cloud_project,
       "Project (GOOGLE_CLOUD_PROJECT); set means GCP.");
  v.on("gae_application", gae_application,
       "App Engine application (GAE_APPLICATION); set means GCP.");
  v.on("environment_detection", environment_detection,
       "unified: one detector for everything; environment_only: ENVIRONMENT alone decides; split: "
       "the check at connect uses another detector than readiness.");
  v.on("profile", profile,
       "Bundle of the reported system's settings, before or after its fix; keys that are set win.");
  v.on("threads", threads, 1, 64, "Threads of the process.");
  v.on("instance", instance, "Id of this instance; not empty.");
  v.on("redis", redis, "The Redis behind the gateway.");
  v.on("auth", auth, "Who may connect, and who says so.");
  v.on("agent", agent, "The agents that answer, and how their runs are watched.");
  v.on("database", database, "The database behind the gateway.");
  v.on("readiness", readiness, "When the gateway calls itself ready.");
  v.on(
      "grace_period", grace_period,
      "Wait between the Redis check's first success and its second look, in GCP environments only; "
      "0 for none. Unset: 500 ms.");
  v.on("grace_blocking", grace_blocking,
       "Whether the grace period blocks its thread instead of being awaited. Unset: false.");
  v.on("eval_fallback", eval_fallback,
       "Whether NOSCRIPT is answered by sending the script (EVAL).");
  v.on("retry_after_seconds", retry_after_seconds, 0, 3600, "Retry-After of a 503, in seconds.");
  v.on("handshake", handshake, "The opening of a session.");
  v.on("shutdown_grace", shutdown_grace,
       "Longest wait for sessions to close in an orderly shutdown; then they are cut.");
  v.on("limits", limits, "Bounds on what a client can cost.");
}

std::vector<std::string> problems(const Settings& settings) {
  std::vector<std::string> found;
  const auto require = [&found](bool holds, const char* message) {
    if (!holds) found.emplace_back(message);
  };
  require(!settings.instance.empty(), "instance: must not be empty");
  require(!settings.redis.host.empty(), "redis.host: must not be empty");
  require(!settings.listen.host.empty(), "listen.host: must not be empty");
  require(!settings.redis.channel || !settings.redis.channel->empty(),
          "redis.channel: must not be empty");
  require(settings.redis.reconnect.base <= settings.redis.reconnect.max,
          "redis.reconnect.base: must not be longer than redis.reconnect.max");
  require(!settings.readiness.poll || Duration() < *settings.readiness.poll,
          "readiness.poll: must be longer than 0");
  require(
      !settings.readiness.redis_retry_delay || Duration() < *settings.readiness.redis_retry_delay,
      "readiness.redis_retry_delay: must be longer than 0");
  require(Duration() < settings.readiness.recheck, "readiness.recheck: must be longer than 0");
  require(Duration() < settings.redis.health_interval,
          "redis.health_interval: must be longer than 0");
  require(Duration() < settings.redis.reconnect.base,
          "redis.reconnect.base: must be longer than 0");
  for (const char* problem : problems(settings.database)) found.emplace_back(problem);
  return found;
}

std::string instance_channel(const Settings& settings) {
  return settings.redis.channel.value_or("gateway:" + settings.instance);
}

}  // namespace raceproof::gateway
