// A simulated world with the gateway's authentication, the fake auth service, and what a test does.
#pragma once

#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include "fakes/auth/server.hpp"
#include "fakes/auth/token.hpp"
#include "gateway/auth/auth.hpp"
#include "harness/explore/decisions.hpp"
#include "harness/sim/world.hpp"
#include "runtime/task.hpp"

namespace raceproof::gateway::testing {

using fakes::auth::TokenKind;
using fakes::auth::TokenSpec;

/// A token as the fake service accepts it, at the beginning of a simulated run.
inline TokenSpec token_spec(std::string user) {
  TokenSpec spec;
  spec.user = std::move(user);
  spec.now = sim::epoch_unix_seconds;
  return spec;
}
inline std::string token_of(std::string user) {
  return fakes::auth::make_token(token_spec(std::move(user)));
}

class AuthWorld {
 public:
  /// What the test does with the authentication, on a strand of its own; the run ends with it.
  using Body = std::function<Awaitable<>(Runtime&, Auth&)>;

  AuthWorld() {
    settings.host = "auth";
    settings.jwt.secret = std::string(fakes::auth::test_secret);
    options.horizon = std::chrono::hours(2);
    options.on_observation = [this](const Observation& observation) { note(observation); };
  }
  ~AuthWorld() { world.end(); }
  AuthWorld(const AuthWorld&) = delete;
  AuthWorld& operator=(const AuthWorld&) = delete;

  sim::RunEnd run(Body body, sim::Decider& decider) {
    body_ = std::move(body);
    seen.clear();
    usable.clear();
    world.begin(options, decider);
    world.add_process({.name = "auth",
                       .start =
                           [this](Runtime& runtime, const Executor&) {
                             server_ = std::make_unique<fakes::auth::Server>(runtime, service);
                             server_->start();
                           },
                       .destroy = [this] { server_.reset(); }});
    world.add_process({.name = "gateway",
                       .cold_start = std::chrono::milliseconds(1),
                       .start =
                           [this](Runtime& runtime, const Executor& root) {
                             auth_ = std::make_unique<Auth>(
                                 runtime, settings, [this](bool now) { usable.push_back(now); });
                             spawn(runtime, root, "test", play(runtime));
                           },
                       .destroy = [this] { auth_.reset(); }});
    const auto end = world.run();
    failure = world.failure();
    waiting = world.waiting();
    events = world.trace().events().size();
    world.end();
    return end;
  }
  sim::RunEnd run(Body body) {
    explore::BaselineDecider decider;
    const auto end = run(std::move(body), decider);
    EXPECT_TRUE(end == sim::RunEnd::stopped || end == sim::RunEnd::horizon)
        << sim::name_of(end) << " " << failure;
    return end;
  }

  /// How many observations begin with `text`: "auth_request operation=validate".
  [[nodiscard]] std::size_t count(std::string_view text) const {
    std::size_t n = 0;
    for (const auto& one : seen) n += one.text.starts_with(text) ? 1 : 0;
    return n;
  }
  [[nodiscard]] std::size_t validations() const { return count("auth_request operation=validate"); }
  /// When they were made, in milliseconds.
  [[nodiscard]] std::vector<std::int64_t> times_of(std::string_view text) const {
    std::vector<std::int64_t> times;
    for (const auto& one : seen) {
      if (one.text.starts_with(text)) times.push_back(one.at_ms);
    }
    return times;
  }
  /// The breaker's changes: "alice closed open".
  [[nodiscard]] std::vector<std::string> transitions() const {
    constexpr std::string_view beginning = "transition machine=breaker id=";
    std::vector<std::string> found;
    for (const auto& one : seen) {
      if (one.text.starts_with(beginning)) found.push_back(one.text.substr(beginning.size()));
    }
    return found;
  }

  sim::World world;
  sim::RunOptions options;
  AuthSettings settings;
  fakes::auth::Settings service;
  bool start = true;           ///< call `Auth::start` before the body
  bool stop_when_done = true;  ///< else the run goes on to the horizon

  struct Seen {
    std::int64_t at_ms;
    std::string text;
  };
  std::vector<Seen> seen;
  std::vector<bool> usable;
  std::string failure;
  std::vector<std::string> waiting;
  std::size_t events = 0;

 private:
  void note(const Observation& observation) {
    std::string text(observation.name);
    for (const auto& field : observation.fields) {
      text.append(1, ' ').append(field.key).append(1, '=');
      if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
        text += std::to_string(*number);
      } else if (const auto* flag = std::get_if<bool>(&field.value)) {
        text += *flag ? "true" : "false";
      } else if (const auto* value = std::get_if<std::string_view>(&field.value)) {
        text += *value;
      }
    }
    const auto now = world.now_ns();
    seen.push_back({now < 0 ? now : now / 1'000'000, std::move(text)});
  }
  Awaitable<> play(Runtime& runtime) {
    if (start) co_await call(auth_->strand(), auth_->start());
    co_await body_(runtime, *auth_);
    if (stop_when_done) world.stop();
  }

  Body body_;
  std::unique_ptr<fakes::auth::Server> server_;
  std::unique_ptr<Auth> auth_;
};

/// "accepted alice", "rejected expired", "unavailable service_error".
inline std::string text_of(const AuthResult& result) {
  return std::string(to_string(result.status)) + " " +
         (result.user.empty() ? std::string(to_string(result.reason)) : result.user);
}

/// Authenticates and notes the outcome.
inline Awaitable<> ask(Auth& auth, std::string token, std::vector<std::string>& outcomes) {
  const AuthResult result = co_await call(auth.strand(), auth.authenticate(std::move(token)));
  outcomes.push_back(text_of(result));
}

/// Authenticates one token in a run of its own.
inline std::string outcome_of(AuthWorld& world, std::string token) {
  std::vector<std::string> outcomes;
  world.run([&](Runtime&, Auth& auth) { return ask(auth, token, outcomes); });
  return outcomes.empty() ? "nothing" : outcomes[0];
}

/// Several at once: each on a strand of its own. Returns when all have their outcome.
inline Awaitable<> ask_together(Runtime& runtime, Auth& auth, std::vector<std::string> tokens,
                                std::vector<std::string>& outcomes) {
  const std::size_t wanted = outcomes.size() + tokens.size();
  for (auto& token : tokens) {
    spawn(runtime, runtime.make_strand("client"), "client", ask(auth, std::move(token), outcomes));
  }
  while (outcomes.size() < wanted) {
    co_await runtime.sleep_for(std::chrono::milliseconds(1), "outcomes");
  }
}

}  // namespace raceproof::gateway::testing
