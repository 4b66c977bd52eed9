// The gateway's side of Redis: a command connection, and in the background what a session needs.
//
// "connected" means that the command connection answered PING. Only then do background tasks open
// the subscriber connection, subscribe to the instance's channel, and load the scripts that
// registering a session needs; when both are done the manager is "operational". The time between
// the two is the window that this project is about (domain.md sections 3 and 12).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/backoff.hpp"
#include "gateway/resp/connection.hpp"
#include "gateway/settings.hpp"
#include "runtime/confined.hpp"
#include "runtime/notice.hpp"
#include "runtime/task.hpp"

namespace raceproof::gateway {

/// What is known about Redis, from bytes alone.
struct RedisState {
  bool connected = false;
  bool subscribed = false;
  bool scripts_loaded = false;
  /// Counts the command connections that were made, so that a flicker shows.
  std::uint64_t epoch = 0;

  [[nodiscard]] bool operational() const { return connected && subscribed && scripts_loaded; }
};

/// One instance's connections to Redis. Everything but the constructor and `strand()` runs on its
/// own strand.
class RedisManager {
 public:
  /// Runs on the manager's strand after every change.
  using StateHandler = std::function<void(const RedisState&)>;
  /// Runs on the manager's strand for every message of the instance's channel.
  using MessageHandler = std::function<void(std::string_view message)>;

  /// `settings` must outlive the manager.
  RedisManager(Runtime& runtime, const RedisSettings& settings, std::string channel,
               StateHandler on_state, MessageHandler on_message = {});

  [[nodiscard]] const Executor& strand() const { return strand_; }
  [[nodiscard]] const std::string& channel() const { return channel_; }
  [[nodiscard]] const RedisState& state() const { return *state_; }

  /// Makes the first attempt to connect and returns when it is over, whichever way it went; goes on
  /// in the background.
  Awaitable<> start();
  /// Ends all tasks and connections.
  Awaitable<> stop();
  /// Sends an encoded command on the command connection; `lost` at once when there is none. Limited
  /// by the command time-out. `what` names the wait in traces (a literal).
  Awaitable<resp::Answer> command(std::string request, const char* what);
  /// Whether the subscription is confirmed, now or within the command time-out. For a session whose
  /// probe was received while the confirmation may still be on its way.
  Awaitable<bool> subscription_confirmed();

 private:
  using Link = std::shared_ptr<resp::Connection>;

  Awaitable<> until_subscribed();
  Awaitable<> supervise();
  Awaitable<Link> open(std::string_view role, Notice& lost);
  Awaitable<> serve(Link link);
  Awaitable<> keep_subscribed();
  Awaitable<bool> subscribe(const Link& link);
  Awaitable<> load_scripts();
  Awaitable<> monitor_health(Link link);

  Awaitable<resp::Answer> ask(const Link& link, std::string request, const char* what);
  void set(std::string_view property, bool RedisState::*member, bool value);
  void clear_state();
  void observe_trouble(std::string_view role, std::string_view step, std::string_view reason);

  Runtime& runtime_;
  const RedisSettings& settings_;
  std::string channel_;
  StateHandler on_state_;
  MessageHandler on_message_;
  Executor strand_;
  Confined<RedisState> state_;
  Link link_;               // the command connection; null when not connected
  Notice command_lost_;     // the command connection has ended
  Notice subscriber_lost_;  // the subscriber connection has ended
  Notice first_attempt_over_;
  Signal state_changed_;
  TaskScope supervision_;  // the one task that keeps the command connection
  TaskScope background_;   // what depends on it: subscriber, scripts, health monitor
};

}  // namespace raceproof::gateway
