// What a scenario may say about its Redis: how slow it is, and what goes wrong with it when.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/settings.hpp"
#include "runtime/time.hpp"

namespace raceproof::fakes::redis {

/// What happens to one command, looked up under its name in lower case.
///
/// The delay stands *before* execution, as if the server had been busy until then: a delayed
/// SUBSCRIBE takes effect when the delay is over, and its reply follows in that same moment. Of the
/// outcomes the first that is set wins: `reset`, `hang`, `reply`, `drop_reply`.
struct CommandRule {
  std::optional<DelayRange> delay;  ///< in place of Settings::reply; none: that one
  std::string reply;                ///< answered instead of executing; empty: execute
  bool hang = false;        ///< neither this command nor a later one of the connection is answered
  bool reset = false;       ///< the connection is reset instead
  bool drop_reply = false;  ///< executed, never answered
  std::int64_t times = 0;   ///< only the first so many commands of this name; 0: all

  void describe(SettingsVisitor& visitor);
};

/// A time without the server: all connections are reset, new ones refused, the keyspace survives.
struct Outage {
  Duration at;        ///< counted from the server's start
  Duration duration;  ///< `for` in scenario files

  void describe(SettingsVisitor& visitor);
};

/// Whether the script cache survives from an earlier life of the server.
enum class ScriptCache { cold, warm };
std::span<const std::string_view> choices(ScriptCache);

/// Everything about one fake Redis. The keys are those of `backends.redis` in scenario files.
struct Settings {
  std::string host = "redis";  ///< the address to listen on; in simulation the process's name
  std::int64_t port = 6379;
  DelayRange connect;     ///< from a connection's arrival until its first command is looked at
  DelayRange reply;       ///< before each command is executed and answered; drawn anew for each
  Duration listen_after;  ///< connections are refused until then, counted from the start
  Duration loading;       ///< most commands are answered with -LOADING until then, likewise
  std::map<std::string, CommandRule> on;
  std::vector<Outage> drop_connections;
  std::string password;  ///< empty: none is asked for
  std::int64_t databases = 16;
  ScriptCache scripts = ScriptCache::cold;
  std::vector<std::string> preload;     ///< bodies of the scripts that a warm cache holds
  std::int64_t unix_time = 1700000000;  ///< the Unix time, in seconds, at the runtime's start

  void describe(SettingsVisitor& visitor);
};

}  // namespace raceproof::fakes::redis
