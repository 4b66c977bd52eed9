#include "gateway/redis_manager.hpp"

#include <boost/asio/as_tuple.hpp>
#include <utility>

#include "gateway/resp/command.hpp"
#include "gateway/scripts.hpp"
#include "runtime/time_limit.hpp"

namespace raceproof::gateway {

RedisManager::RedisManager(Runtime& runtime, const RedisSettings& settings, std::string channel,
                           StateHandler on_state, MessageHandler on_message)
    : runtime_(runtime),
      settings_(settings),
      channel_(std::move(channel)),
      on_state_(std::move(on_state)),
      on_message_(std::move(on_message)),
      strand_(runtime.make_strand("redis")),
      state_(runtime, strand_),
      command_lost_(runtime, strand_),
      subscriber_lost_(runtime, strand_),
      first_attempt_over_(runtime, strand_),
      state_changed_(runtime, strand_),
      supervision_(runtime, strand_),
      background_(runtime, strand_) {}

Awaitable<> RedisManager::start() {
  supervision_.spawn("redis supervision", supervise());
  co_await first_attempt_over_.wait("first redis attempt");
}

Awaitable<> RedisManager::stop() {
  co_await supervision_.stop();
  co_await background_.stop();
  if (link_) link_->close();
  link_.reset();
  clear_state();
}

Awaitable<resp::Answer> RedisManager::command(std::string request, const char* what) {
  const Link link = link_;
  if (!link) co_return resp::Answer{};
  co_return co_await ask(link, std::move(request), what);
}

Awaitable<bool> RedisManager::subscription_confirmed() {
  if (!state_->subscribed) {
    co_await within(runtime_, settings_.command_timeout, "redis confirmation limit",
                    until_subscribed());
  }
  co_return state_->subscribed;
}

/// Or until the connection is lost.
Awaitable<> RedisManager::until_subscribed() {
  while (state_->connected && !state_->subscribed) {
    co_await state_changed_.wait("redis confirmation");
  }
}

Awaitable<resp::Answer> RedisManager::ask(const Link& link, std::string request, const char* what) {
  return link->command(std::move(request), runtime_.now() + settings_.command_timeout, what);
}

/// Keeps a command connection for as long as the manager runs.
Awaitable<> RedisManager::supervise() {
  Backoff backoff(settings_.reconnect);
  for (bool first = true;; first = false) {
    Link link = co_await open("command", command_lost_);
    if (link) {
      backoff.reset();
      link_ = link;
      ++state_->epoch;
      set("connected", &RedisState::connected, true);
    }
    if (first) first_attempt_over_.notify();
    if (link) co_await serve(link);
    co_await runtime_.sleep_for(backoff.next(), "redis reconnect");
  }
}

/// Connects and proves the connection with PING (after AUTH where there is a password). Null when
/// that fails. `lost` is notified when a connection that was made ends.
Awaitable<RedisManager::Link> RedisManager::open(std::string_view role, Notice& lost) {
  lost.clear();  // what an earlier connection left behind
  const Endpoint to{settings_.host, static_cast<std::uint16_t>(settings_.port)};
  auto outcome = co_await within(runtime_, settings_.connect_timeout, "redis connect limit",
                                 runtime_.connect(to, asio::as_tuple(use_awaitable)));
  if (!outcome) {
    observe_trouble(role, "connect", "time-out");
    co_return nullptr;
  }
  auto& [error, stream] = *outcome;
  if (error) {
    observe_trouble(role, "connect", error.message());
    co_return nullptr;
  }
  auto link = std::make_shared<resp::Connection>(
      runtime_, std::move(stream), [this](std::string_view channel, std::string_view message) {
        runtime_.observe("redis_message", {{"channel", channel}, {"message", message}});
        if (on_message_) on_message_(message);
      });
  link->start([&lost] { lost.notify(); });
  try {
    if (settings_.password) {
      const auto answer = co_await ask(link, resp::encode("AUTH", *settings_.password), "AUTH");
      if (!answer.reply.is_status("OK")) {
        observe_trouble(role, "AUTH", answer.describe());
        link->close();
        co_return nullptr;
      }
    }
    // The subscriber is proven by the reply to its SUBSCRIBE.
    if (role == "subscriber") co_return link;
    const auto answer = co_await ask(link, resp::encode("PING"), "PING");
    if (answer.reply.is_status("PONG")) co_return link;
    observe_trouble(role, "PING", answer.describe());
  } catch (...) {
    link->close();
    throw;
  }
  link->close();
  co_return nullptr;
}

/// Runs what depends on the command connection until that is lost.
Awaitable<> RedisManager::serve(Link link) {
  background_.spawn("redis subscriber", keep_subscribed());
  background_.spawn("redis scripts", load_scripts());
  background_.spawn("redis health", monitor_health(link));
  if (link->is_open()) co_await command_lost_.wait("redis connection to end");
  observe_trouble("command", "serve", link->reason());
  link_.reset();
  clear_state();
  co_await background_.stop();
}

Awaitable<> RedisManager::keep_subscribed() {
  Backoff backoff(settings_.reconnect);
  for (;;) {
    Link link = co_await open("subscriber", subscriber_lost_);
    try {
      if (link && co_await subscribe(link)) {
        backoff.reset();
        set("subscribed", &RedisState::subscribed, true);
        if (link->is_open()) co_await subscriber_lost_.wait("redis subscription to end");
        observe_trouble("subscriber", "serve", link->reason());
        set("subscribed", &RedisState::subscribed, false);
      }
    } catch (...) {
      link->close();
      throw;
    }
    if (link) link->close();
    co_await runtime_.sleep_for(backoff.next(), "redis resubscribe");
  }
}

Awaitable<bool> RedisManager::subscribe(const Link& link) {
  const auto answer = co_await ask(link, resp::encode("SUBSCRIBE", channel_), "SUBSCRIBE");
  const auto& parts = answer.reply.elements;
  if (parts.size() == 3 && parts[0].text == "subscribe" && parts[1].text == channel_) {
    co_return true;
  }
  observe_trouble("subscriber", "SUBSCRIBE", answer.describe());
  co_return false;
}

/// Makes EVALSHA work for the scripts that sessions need; ends once it does.
Awaitable<> RedisManager::load_scripts() {
  Backoff backoff(settings_.reconnect);
  for (;;) {
    const auto answer =
        co_await command(resp::encode("SCRIPT", "LOAD", register_session_script), "SCRIPT LOAD");
    if (answer.replied() && answer.reply.text == register_session_sha) break;
    observe_trouble("command", "SCRIPT LOAD", answer.describe());
    co_await runtime_.sleep_for(backoff.next(), "redis scripts retry");
  }
  set("scripts_loaded", &RedisState::scripts_loaded, true);
}

/// Notices a connection that is open but dead.
Awaitable<> RedisManager::monitor_health(Link link) {
  for (;;) {
    co_await runtime_.sleep_for(settings_.health_interval, "redis health");
    const auto answer = co_await ask(link, resp::encode("PING"), "PING");
    if (answer.reply.is_status("PONG")) continue;
    observe_trouble("command", "health", answer.describe());
    link->close();
    command_lost_.notify();
    co_return;
  }
}

/// Changes one property, observes it and what follows from it, and tells the listener.
void RedisManager::set(std::string_view property, bool RedisState::*member, bool value) {
  RedisState& state = *state_;
  if (state.*member == value) return;
  const bool was_operational = state.operational();
  state.*member = value;
  runtime_.observe("state", {{"subject", "redis"}, {"property", property}, {"value", value}});
  if (state.operational() != was_operational) {
    runtime_.observe(
        "state",
        {{"subject", "redis"}, {"property", "operational"}, {"value", state.operational()}});
  }
  state_changed_.notify_all();
  if (on_state_) on_state_(state);
}

void RedisManager::clear_state() {
  set("connected", &RedisState::connected, false);
  set("subscribed", &RedisState::subscribed, false);
  set("scripts_loaded", &RedisState::scripts_loaded, false);
}

void RedisManager::observe_trouble(std::string_view role, std::string_view step,
                                   std::string_view reason) {
  runtime_.observe("redis_trouble", {{"connection", role}, {"step", step}, {"reason", reason}});
}

}  // namespace raceproof::gateway
