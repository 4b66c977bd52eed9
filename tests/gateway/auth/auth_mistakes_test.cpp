// The original's mistakes (domain.md section 5), each behind its switch: with it the harm is there,
// without it, in the same world, it is not.
#include "tests/gateway/auth/auth_world.hpp"

namespace raceproof::gateway::testing {
namespace {

using namespace std::chrono_literals;
using fakes::auth::make_token;

// Three bad tokens from anybody deny everybody.
TEST(Mistakes, OneBreakerForAllTrippedByBadTokens) {
  for (const bool mistaken : {false, true}) {
    AuthWorld world;
    if (mistaken) {
      world.settings.breaker.scope = BreakerScope::shared;
      world.settings.breaker.counts_rejections = true;
    }
    TokenSpec forged = token_spec("mallory");
    forged.kind = TokenKind::forged;
    const std::string bad = make_token(forged);
    std::vector<std::string> outcomes;
    world.run([&](Runtime& runtime, Auth& auth) -> Awaitable<> {
      for (int i = 0; i < 3; ++i) co_await ask(auth, bad, outcomes);
      co_await ask(auth, token_of("alice"), outcomes);
      co_await runtime.sleep_for(15s, "reset");
      co_await ask(auth, token_of("alice"), outcomes);
    });
    ASSERT_EQ(outcomes.size(), 5U);
    EXPECT_EQ(outcomes[3], mistaken ? "unavailable breaker_open" : "accepted alice");
    EXPECT_EQ(outcomes[4], "accepted alice");
    EXPECT_EQ(world.count("transition machine=breaker id=everyone from=closed to=open"),
              mistaken ? 1U : 0U);
  }
}

// Each half of that mistake alone: a shared breaker is tripped by the service's failures only, and
// a breaker per user that counts rejections by that user's revoked tokens.
TEST(Mistakes, SharedOrCountingAlone) {
  AuthWorld shared;
  shared.settings.retries = 0;
  shared.settings.breaker.scope = BreakerScope::shared;
  auto& rule = shared.service.on["validate"];
  rule.status = 500;
  rule.times = 3;
  std::vector<std::string> outcomes;
  shared.run([&](Runtime&, Auth& auth) -> Awaitable<> {
    for (int i = 0; i < 3; ++i) co_await ask(auth, "x.y.z", outcomes);
    for (int i = 0; i < 3; ++i) co_await ask(auth, token_of("alice"), outcomes);
    co_await ask(auth, token_of("bob"), outcomes);
  });
  EXPECT_EQ(outcomes[5], "unavailable service_error");
  EXPECT_EQ(outcomes[6], "unavailable breaker_open");

  AuthWorld counting;
  counting.settings.breaker.counts_rejections = true;
  counting.service.revoked = {"alice"};
  outcomes.clear();
  counting.run([&](Runtime&, Auth& auth) -> Awaitable<> {
    for (int i = 0; i < 4; ++i) co_await ask(auth, token_of("alice"), outcomes);
    co_await ask(auth, token_of("bob"), outcomes);
  });
  EXPECT_EQ(outcomes[3], "unavailable breaker_open");
  EXPECT_EQ(outcomes[4], "accepted bob");
}

// Retries inside retries: six attempts become thirty-six, and the wait a minute and a half.
TEST(Mistakes, NestedRetriesMultiply) {
  AuthWorld world;
  world.service.on["validate"].status = 503;
  world.settings.nested_retries = 5;
  EXPECT_EQ(outcome_of(world, token_of("alice")), "unavailable service_error");
  EXPECT_EQ(world.validations(), 36U);
  const auto times = world.times_of("auth_request operation=validate");
  // 3.8 s of outer waits, and six times 0.5 + 1 + 2 + 4 + 5 s of inner ones.
  EXPECT_EQ(times.back() - times.front(), 3800 + 6 * 12'500);
}

// A cache entry that knows neither token nor user makes bob alice, and a forged token her, too.
TEST(Mistakes, CacheKeyWithoutTokenSharesUsers) {
  for (const bool mistaken : {false, true}) {
    AuthWorld world;
    if (mistaken) world.settings.cache.key = TokenCacheKey::environment;
    TokenSpec forged = token_spec("mallory");
    forged.kind = TokenKind::forged;
    const std::string bad = make_token(forged);
    std::vector<std::string> outcomes;
    world.run([&](Runtime&, Auth& auth) -> Awaitable<> {
      co_await ask(auth, token_of("alice"), outcomes);
      co_await ask(auth, token_of("bob"), outcomes);
      co_await ask(auth, bad, outcomes);
    });
    const std::vector<std::string> right{"accepted alice", "accepted bob",
                                         "rejected bad_signature"};
    EXPECT_EQ(outcomes, mistaken ? std::vector<std::string>(3, "accepted alice") : right);
  }
}

// At the same time, the shared flight does what the shared entry does.
TEST(Mistakes, CacheKeyWithoutTokenSharesConcurrentUsers) {
  AuthWorld world;
  world.settings.cache.key = TokenCacheKey::environment;
  world.service.reply = {10ms, 10ms};
  std::vector<std::string> outcomes;
  world.run([&](Runtime& runtime, Auth& auth) {
    return ask_together(runtime, auth, {token_of("alice"), token_of("bob")}, outcomes);
  });
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[0], outcomes[1]);
}

}  // namespace
}  // namespace raceproof::gateway::testing
