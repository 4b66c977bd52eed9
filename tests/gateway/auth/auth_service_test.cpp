// Local check and auth service together: what is asked, how often, and what it means.
#include "tests/gateway/auth/auth_world.hpp"

namespace raceproof::gateway::testing {
namespace {

using namespace std::chrono_literals;
using fakes::auth::make_token;

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(Auth, AcceptsWhatBothAccept) {
  AuthWorld world;
  EXPECT_EQ(outcome_of(world, token_of("alice")), "accepted alice");
  EXPECT_EQ(world.validations(), 1U);
  EXPECT_EQ(world.count("auth_result status=accepted reason=none user=alice cached=false"), 1U);
}

// What is bad on its face never reaches the service.
TEST(Auth, RefusesBadTokensItself) {
  AuthWorld world;
  world.settings.jwt.audience = "chat";
  world.settings.jwt.issuer = "us";
  TokenSpec good = token_spec("alice");
  good.audience = "chat";
  good.issuer = "us";
  const auto refused = [&](TokenSpec spec, const std::string& reason) {
    EXPECT_EQ(outcome_of(world, make_token(spec)), "rejected " + reason);
    EXPECT_EQ(world.validations(), 0U) << reason;
    EXPECT_EQ(world.count("auth_result status=rejected reason=" + reason), 1U);
  };
  const auto with = [&](auto change) {
    TokenSpec spec = good;
    change(spec);
    return spec;
  };
  for (const auto kind : {TokenKind::forged, TokenKind::unsigned_, TokenKind::confused}) {
    refused(with([&](TokenSpec& spec) { spec.kind = kind; }), "bad_signature");
  }
  refused(with([](TokenSpec& spec) { spec.kind = TokenKind::garbage; }), "malformed");
  refused(with([](TokenSpec& spec) { spec.user = ""; }), "malformed");
  refused(with([](TokenSpec& spec) { spec.has_expiry = false; }), "malformed");
  refused(with([](TokenSpec& spec) { spec.expires_in = -60; }), "expired");
  refused(with([](TokenSpec& spec) { spec.valid_in = 60; }), "not_yet_valid");
  refused(with([](TokenSpec& spec) { spec.audience = "mail"; }), "wrong_audience");
  refused(with([](TokenSpec& spec) { spec.issuer.reset(); }), "wrong_issuer");
  EXPECT_EQ(outcome_of(world, ""), "rejected no_token");
  EXPECT_EQ(outcome_of(world, std::string(4097, 'x')), "rejected malformed");
  EXPECT_EQ(outcome_of(world, make_token(good)), "accepted alice");
}

TEST(Auth, RefusesWhatTheServiceRefuses) {
  AuthWorld world;
  TokenSpec stolen = token_spec("bob");
  stolen.id = "session-7";
  world.service.revoked = {"alice", "session-7"};
  EXPECT_EQ(outcome_of(world, token_of("alice")), "rejected revoked");
  EXPECT_EQ(outcome_of(world, make_token(stolen)), "rejected revoked");
  EXPECT_EQ(outcome_of(world, token_of("bob")), "accepted bob");
  for (const auto* reason : {"expired", "bad_signature", "not_yet_valid"}) {
    world.service.on["validate"].reply =
        std::string(R"({"valid":false,"reason":")") + reason + "\"}";
    EXPECT_EQ(outcome_of(world, token_of("bob")), std::string("rejected ") + reason);
  }
  for (const auto* body : {R"({"valid":false})", R"({"valid":false,"reason":"breaker_open"})",
                           R"({"valid":false,"reason":"we do not like you"})"}) {
    world.service.on["validate"].reply = body;
    EXPECT_EQ(outcome_of(world, token_of("bob")), "rejected revoked") << body;
  }
}

// Without a key the service alone decides, without a service the key alone.
TEST(Auth, DoesWithEitherAlone) {
  AuthWorld world;
  TokenSpec expired = token_spec("alice");
  expired.expires_in = -60;
  TokenSpec forged = token_spec("alice");
  forged.kind = TokenKind::forged;
  world.settings.jwt.secret.reset();
  EXPECT_EQ(outcome_of(world, token_of("alice")), "accepted alice");
  EXPECT_EQ(outcome_of(world, make_token(expired)), "rejected expired");
  EXPECT_EQ(outcome_of(world, make_token(forged)), "rejected bad_signature");
  EXPECT_EQ(world.validations(), 1U);

  AuthWorld alone;
  alone.settings.host.reset();
  EXPECT_EQ(outcome_of(alone, token_of("alice")), "accepted alice");
  EXPECT_EQ(outcome_of(alone, make_token(forged)), "rejected bad_signature");
  EXPECT_EQ(alone.count("auth_request"), 0U);
  EXPECT_EQ(alone.usable, std::vector<bool>{true});
}

/// The gaps between the requests for validation, in milliseconds.
std::vector<std::int64_t> gaps_of(const AuthWorld& world) {
  auto times = world.times_of("auth_request operation=validate");
  std::vector<std::int64_t> gaps;
  for (std::size_t i = 1; i < times.size(); ++i) gaps.push_back(times[i] - times[i - 1]);
  return gaps;
}

// 0.1, 0.2, 0.5, 1 and 2 s after each failure; no seventh attempt.
TEST(Retries, FollowTheirSchedule) {
  AuthWorld world;
  world.service.on["validate"].status = 503;
  EXPECT_EQ(outcome_of(world, token_of("alice")), "unavailable service_error");
  EXPECT_EQ(gaps_of(world), (std::vector<std::int64_t>{100, 200, 500, 1000, 2000}));
  EXPECT_EQ(world.count("auth_trouble step=validate reason=status 503"), 6U);
  world.settings.retries = 0;
  EXPECT_EQ(outcome_of(world, token_of("alice")), "unavailable service_error");
  EXPECT_EQ(world.validations(), 1U);
}

// Every failure of the service is worth another attempt, whatever its form.
TEST(Retries, EndWithTheFirstAnswer) {
  for (const auto* fault : {"status", "reset", "cut", "garbage", "hang"}) {
    AuthWorld world;
    auto& rule = world.service.on["validate"];
    rule.times = 2;
    const std::string_view name = fault;
    if (name == "status") rule.status = 500;
    rule.reset = name == "reset";
    rule.cut = name == "cut";
    rule.garbage = name == "garbage";
    rule.hang = name == "hang";
    EXPECT_EQ(outcome_of(world, token_of("alice")), "accepted alice") << fault;
    EXPECT_EQ(world.validations(), 3U) << fault;
    EXPECT_EQ(world.count("auth_fault operation=validate user=alice fault=" + std::string(fault)),
              2U);
    const std::int64_t limit = name == "hang" ? 3000 : 0;
    EXPECT_EQ(gaps_of(world), (std::vector<std::int64_t>{limit + 100, limit + 200})) << fault;
  }
}

TEST(Retries, BridgeATimeWithoutTheService) {
  AuthWorld world;
  world.start = false;
  world.service.listen.listen_after = 500ms;
  EXPECT_EQ(outcome_of(world, token_of("alice")), "accepted alice");
  EXPECT_EQ(world.validations(), 1U);
  EXPECT_EQ(world.count("auth_trouble step=validate"), 3U) << "at 1, 101 and 301 ms";
}

TEST(Retries, ATimeOutIsToldApart) {
  AuthWorld world;
  world.settings.retries = 1;
  world.service.reply = {4s, 4s};
  EXPECT_EQ(outcome_of(world, token_of("alice")), "unavailable service_timeout");
  EXPECT_EQ(gaps_of(world), std::vector<std::int64_t>{3100});
  EXPECT_EQ(world.count("auth_trouble step=validate reason=time-out"), 2U);
}

// An answer that makes no sense makes no more sense the second time, and is never an acceptance.
TEST(Service, WrongAnswersAreErrors) {
  AuthWorld world;
  auto& rule = world.service.on["validate"];
  for (const auto* body :
       {"", "true", "[]", "{}", "not JSON", R"({"valid":"true","user":"alice"})",
        R"({"valid":true})", R"({"valid":true,"user":7})", R"({"valid":true,"user":""})",
        R"({"valid":true,"user":"a\u0000b"})", R"({"valid":true,"user":"mallory"})"}) {
    rule.reply = *body == '\0' ? " " : body;
    EXPECT_EQ(outcome_of(world, token_of("alice")), "unavailable service_error") << body;
    EXPECT_EQ(world.validations(), 1U) << body;
  }
  rule.reply.clear();
  for (const int status : {201, 302, 400, 401, 404, 429}) {
    rule.status = status;
    EXPECT_EQ(outcome_of(world, token_of("alice")), "unavailable service_error") << status;
    EXPECT_EQ(world.validations(), 1U) << status;
  }
}

// The service names another user than the token does: nobody is let in.
TEST(Service, MayNotRenameAUser) {
  AuthWorld world;
  world.service.on["validate"].user = "mallory";
  EXPECT_EQ(outcome_of(world, token_of("alice")), "unavailable service_error");
  EXPECT_EQ(world.count("auth_trouble step=validate reason=another user than the token's"), 1U);
}

TEST(Health, IsToldToWhoeverAsked) {
  AuthWorld world;
  world.service.listen.drop_connections = {{10s, 40s}};
  world.run([](Runtime& runtime, Auth& auth) -> Awaitable<> {
    EXPECT_TRUE(auth.usable());
    co_await runtime.sleep_for(100s, "watch");
  });
  EXPECT_EQ(world.usable, (std::vector<bool>{true, false, true}));
  const auto changes = world.times_of("state subject=auth property=usable");
  ASSERT_EQ(changes.size(), 3U);
  EXPECT_NEAR(static_cast<double>(changes[1]), 30'000, 20) << "the next look at a usable service";
  EXPECT_NEAR(static_cast<double>(changes[2]), 50'000, 1100) << "then every second";
  EXPECT_TRUE(contains(world.seen.back().text, "auth_"));
}

TEST(Health, AnUnhealthyServiceIsNotUsable) {
  AuthWorld world;
  auto& rule = world.service.on["health"];
  rule.status = 503;
  rule.times = 3;
  world.run([](Runtime& runtime, Auth& auth) -> Awaitable<> {
    EXPECT_FALSE(auth.usable());
    co_await runtime.sleep_for(5s, "watch");
    EXPECT_TRUE(auth.usable());
  });
  EXPECT_EQ(world.count("auth_trouble step=health reason=status 503"), 3U);
}

// Expiry, time to live and breaker compare times. None of that may split a run where only one side
// is possible, or every scenario with a token would pay for it.
TEST(Auth, DoesNotSplitARun) {
  AuthWorld world;
  world.options.time = sim::TimeMode::symbolic;
  world.options.horizon = 60s;
  world.service.reply = {10ms, 20ms};
  const std::string token = token_of("alice");
  std::vector<explore::PathDecider::Step> path;
  explore::PathDecider decider(path);
  std::vector<std::string> outcomes;
  const auto end = world.run(
      [&](Runtime&, Auth& auth) -> Awaitable<> {
        for (int i = 0; i < 3; ++i) co_await ask(auth, token, outcomes);
      },
      decider);
  EXPECT_EQ(end, sim::RunEnd::stopped) << world.failure;
  EXPECT_EQ(outcomes, std::vector<std::string>(3, "accepted alice"));
  for (const auto& step : path) EXPECT_EQ(step.alternatives, 1U);
}

// Cut after any number of events, everything is destroyed cleanly (as a sanitizer build checks),
// and the next run is as good as the first.
TEST(Auth, CanBeDestroyedAtAnyEvent) {
  AuthWorld world;
  auto& rule = world.service.on["validate"];
  rule.status = 503;
  rule.times = 2;
  rule.delay = DelayRange{5s, 5s};
  const std::vector<std::string> tokens{token_of("alice"), token_of("alice"), token_of("bob")};
  std::vector<std::string> outcomes;
  std::size_t events = 0;
  const auto run = [&](std::uint32_t event_limit) {
    outcomes.clear();
    world.options.event_limit = event_limit;
    explore::BaselineDecider decider;
    const auto end = world.run(
        [&](Runtime& runtime, Auth& auth) -> Awaitable<> {
          co_await ask_together(runtime, auth, tokens, outcomes);
          co_await call(auth.strand(), auth.stop());
        },
        decider);
    events = world.events;
    return end;
  };
  ASSERT_EQ(run(1'000'000), sim::RunEnd::stopped);
  const auto all = static_cast<std::uint32_t>(events);
  EXPECT_GT(all, 100U);
  for (std::uint32_t limit = 1; limit < all; limit += limit < 500 ? 1 : 97) run(limit);
  EXPECT_EQ(run(1'000'000), sim::RunEnd::stopped);
  EXPECT_EQ(outcomes,
            (std::vector<std::string>{"accepted alice", "accepted alice", "accepted bob"}));
}

// Stopped in the middle of everything: who waits is told, and nothing is left.
TEST(Stop, LeavesNothing) {
  AuthWorld world;
  world.stop_when_done = false;
  world.service.on["validate"].hang = true;
  std::vector<std::string> outcomes;
  world.run([&](Runtime& runtime, Auth& auth) -> Awaitable<> {
    spawn(runtime, runtime.make_strand("client"), "client", ask(auth, token_of("alice"), outcomes));
    spawn(runtime, runtime.make_strand("client"), "client", ask(auth, token_of("bob"), outcomes));
    co_await runtime.sleep_for(1s, "at work");
    co_await call(auth.strand(), auth.stop());
    EXPECT_EQ(outcomes.size(), 0U) << "their strands have not run yet";
    co_await ask(auth, token_of("carol"), outcomes);
  });
  EXPECT_EQ(outcomes, std::vector<std::string>(3, "unavailable service_error"));
  EXPECT_EQ(world.usable, (std::vector<bool>{true, false}));
  for (const auto& waiting : world.waiting) {
    EXPECT_TRUE(waiting.starts_with("auth/")) << "of the gateway: " << waiting;
  }
}

}  // namespace
}  // namespace raceproof::gateway::testing
