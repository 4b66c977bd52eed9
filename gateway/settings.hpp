// What an operator or a scenario can configure about the gateway, with the defaults of domain.md
// section 12. Plain data: what follows from it together with the environment is in figures.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/agents/settings.hpp"
#include "gateway/auth/settings.hpp"
#include "gateway/connections/settings.hpp"
#include "gateway/database/settings.hpp"
#include "runtime/settings.hpp"
#include "runtime/time.hpp"

namespace raceproof::gateway {

/// How the gateway finds out where it runs; everything but `unified` is a mistake of the original.
enum class EnvironmentDetection { unified, environment_only, split };
/// What the Redis readiness check looks at.
enum class RedisCriterion { connected, operational };
/// What a client meets that asks for an upgrade while the gateway is not ready.
enum class NotReady { refuse, accept_then_close, accept_degraded };
/// Who evaluates readiness, and when.
enum class EvaluateReadiness { background, at_connect };
/// Whether the Redis check looks again after the grace period.
enum class VerdictSampled { after_grace, before_grace };
/// Whether the deadlines of single checks are enforced.
enum class CheckLimits { enforced, ignored };
/// How the checks of one group run.
enum class GroupMembers { concurrent, sequential };
/// How a client that may not connect is told.
enum class AuthAt { upgrade, accept };
/// When a session's connection is made known to those who have messages for its user.
enum class JoinAt { after_set_up, before_accept };
/// From when on frames of the client are answered.
enum class AnswerFrom { after_set_up, accept };
/// When it is decided which agent answers a connection.
enum class AgentBound { per_message, at_connect };
/// Where startup waits for readiness.
enum class StartupGate { none, circular };
/// Bundles of settings that reproduce the reported system before and after its fix.
enum class Profile { none, reported_before, reported_after };

std::span<const std::string_view> choices(EnvironmentDetection);
std::span<const std::string_view> choices(RedisCriterion);
std::span<const std::string_view> choices(NotReady);
std::span<const std::string_view> choices(EvaluateReadiness);
std::span<const std::string_view> choices(VerdictSampled);
std::span<const std::string_view> choices(CheckLimits);
std::span<const std::string_view> choices(GroupMembers);
std::span<const std::string_view> choices(AuthAt);
std::span<const std::string_view> choices(JoinAt);
std::span<const std::string_view> choices(AnswerFrom);
std::span<const std::string_view> choices(AgentBound);
std::span<const std::string_view> choices(StartupGate);
std::span<const std::string_view> choices(Profile);

/// Where the gateway listens.
struct ListenSettings {
  std::string host = "0.0.0.0";
  std::int64_t port = 8000;
  void describe(SettingsVisitor& visitor);
};

/// Waits between attempts to connect: `base`, then `factor` times as much each time, at most `max`.
struct ReconnectSettings {
  Duration base = std::chrono::seconds(1);
  std::int64_t factor = 2;
  Duration max = std::chrono::seconds(60);
  void describe(SettingsVisitor& visitor);
};

/// The Redis behind the gateway.
struct RedisSettings {
  std::string host = "redis";
  std::int64_t port = 6379;
  std::optional<std::string> password;
  Duration connect_timeout = std::chrono::seconds(5);
  Duration command_timeout = std::chrono::seconds(5);
  Duration health_interval = std::chrono::seconds(30);
  ReconnectSettings reconnect;
  std::optional<std::string> channel;
  void describe(SettingsVisitor& visitor);
};

/// The time limits of the three groups of checks and of a whole evaluation.
struct GroupLimits {
  Duration dependencies = std::chrono::seconds(65);
  Duration services = std::chrono::seconds(60);
  Duration integration = std::chrono::seconds(30);
  Duration overall = std::chrono::seconds(130);
  void describe(SettingsVisitor& visitor);
};

/// When the gateway calls itself ready, and what it does until then.
struct ReadinessSettings {
  std::optional<RedisCriterion> redis;
  NotReady not_ready = NotReady::refuse;
  std::optional<Duration> poll;
  Duration recheck = std::chrono::seconds(30);
  EvaluateReadiness evaluate = EvaluateReadiness::background;
  std::optional<VerdictSampled> verdict_sampled;
  CheckLimits limits = CheckLimits::enforced;
  GroupMembers members = GroupMembers::concurrent;
  std::optional<Duration> redis_timeout;
  std::optional<Duration> redis_retry_delay;
  std::int64_t redis_retry_budget = -1;
  GroupLimits group_limits;
  void describe(SettingsVisitor& visitor);
};

/// The opening of a session.
struct HandshakeSettings {
  std::optional<Duration> stabilise;
  AuthAt auth = AuthAt::upgrade;
  JoinAt join = JoinAt::after_set_up;
  AnswerFrom answer_from = AnswerFrom::after_set_up;
  AgentBound agent = AgentBound::per_message;
  void describe(SettingsVisitor& visitor);
};

/// Bounds on what a client can cost.
struct LimitSettings {
  std::int64_t max_frame = 8192;
  std::int64_t max_sessions = 1000;
  std::int64_t max_header = 8192;
  std::int64_t max_body = 4096;
  Duration request_timeout = std::chrono::seconds(15);
  Duration close_timeout = std::chrono::seconds(5);
  std::int64_t messages_per_minute = 300;
  std::int64_t bad_messages = 5;
  void describe(SettingsVisitor& visitor);
};

/// Everything. An unset optional takes the profile's value, or else the default that its doc names.
struct Settings {
  ListenSettings listen;
  std::string environment;
  std::string k_service;
  std::string google_cloud_project;
  std::string gae_application;
  EnvironmentDetection environment_detection = EnvironmentDetection::unified;
  Profile profile = Profile::none;
  std::int64_t threads = 1;
  std::string instance = "gateway-1";
  RedisSettings redis;
  AuthSettings auth;
  AgentSettings agent;
  DatabaseSettings database;
  ReadinessSettings readiness;
  std::optional<Duration> grace_period;
  std::optional<bool> grace_blocking;
  bool eval_fallback = true;
  std::int64_t retry_after_seconds = 1;
  HandshakeSettings handshake;
  ConnectionSettings connections;
  StartupGate startup_gate = StartupGate::none;
  Duration shutdown_grace = std::chrono::seconds(10);
  LimitSettings limits;

  void describe(SettingsVisitor& visitor);
};

/// What is wrong with the values as a whole, one message each; empty when they can be used. Single
/// values are bounded by `describe` already.
std::vector<std::string> problems(const Settings& settings);

/// What the channels of instances begin with, unless they are named.
inline constexpr const char* channel_prefix = "gateway:";
/// The channel that this instance subscribes to: `redis.channel`, or one named after the instance.
std::string instance_channel(const Settings& settings);

}  // namespace raceproof::gateway
