// Breakers: whom they protect, and whom they leave alone.
#include "tests/gateway/auth/auth_world.hpp"

namespace raceproof::gateway::testing {
namespace {

using namespace std::chrono_literals;
using fakes::auth::make_token;

/// A world without retries, so that each authentication is one request.
class BreakerWorld : public AuthWorld {
 public:
  BreakerWorld() { settings.retries = 0; }
};

Awaitable<> ask_times(Auth& auth, int times, std::string user, std::vector<std::string>& outcomes) {
  for (int i = 0; i < times; ++i) co_await ask(auth, token_of(user), outcomes);
}

// Three failed authentications and the service is left alone for 15 s; then one probe.
TEST(AuthBreaker, OpensAndRecovers) {
  BreakerWorld world;
  auto& rule = world.service.on["validate"];
  rule.status = 500;
  rule.times = 4;
  std::vector<std::string> outcomes;
  world.run([&](Runtime& runtime, Auth& auth) -> Awaitable<> {
    co_await ask_times(auth, 5, "alice", outcomes);
    co_await runtime.sleep_for(15s, "reset");
    co_await ask_times(auth, 2, "alice", outcomes);
    co_await runtime.sleep_for(15s, "reset");
    co_await ask_times(auth, 2, "alice", outcomes);
  });
  const std::string error = "unavailable service_error";
  const std::string open = "unavailable breaker_open";
  EXPECT_EQ(outcomes, (std::vector<std::string>{error, error, error, open, open, error, open,
                                                "accepted alice", "accepted alice"}));
  EXPECT_EQ(world.validations(), 5U);
  EXPECT_EQ(world.transitions(), (std::vector<std::string>{
                                     "alice from=closed to=open", "alice from=open to=half_open",
                                     "alice from=half_open to=open", "alice from=open to=half_open",
                                     "alice from=half_open to=closed"}));
}

// One user's failures are that user's.
TEST(AuthBreaker, IsThatOfOneUser) {
  BreakerWorld world;
  auto& rule = world.service.on["validate"];
  rule.status = 500;
  rule.times = 3;
  std::vector<std::string> outcomes;
  world.run([&](Runtime&, Auth& auth) -> Awaitable<> {
    co_await ask_times(auth, 4, "alice", outcomes);
    co_await ask_times(auth, 1, "bob", outcomes);
  });
  EXPECT_EQ(outcomes[3], "unavailable breaker_open");
  EXPECT_EQ(outcomes[4], "accepted bob");
}

// A half-open breaker admits one of ten who come at once; the others are told at once.
TEST(AuthBreaker, AdmitsOneProbe) {
  BreakerWorld world;
  world.settings.single_flight = false;
  auto& rule = world.service.on["validate"];
  rule.status = 500;
  rule.times = 3;
  world.service.reply = {20ms, 20ms};
  std::vector<std::string> outcomes;
  std::vector<std::string> rush;
  world.run([&](Runtime& runtime, Auth& auth) -> Awaitable<> {
    co_await ask_times(auth, 3, "alice", outcomes);
    co_await runtime.sleep_for(15s, "reset");
    const std::vector<std::string> tokens(10, token_of("alice"));
    co_await ask_together(runtime, auth, tokens, rush);
  });
  EXPECT_EQ(world.validations(), 4U);
  EXPECT_EQ(std::count(rush.begin(), rush.end(), "unavailable breaker_open"), 9);
  EXPECT_EQ(std::count(rush.begin(), rush.end(), "accepted alice"), 1);
}

// Bad tokens and revoked ones say nothing about the service.
TEST(AuthBreaker, IsNotTrippedByBadTokens) {
  BreakerWorld world;
  world.service.revoked = {"alice"};
  TokenSpec forged = token_spec("alice");
  forged.kind = TokenKind::forged;
  std::vector<std::string> outcomes;
  world.run([&](Runtime&, Auth& auth) -> Awaitable<> {
    for (int i = 0; i < 10; ++i) co_await ask(auth, make_token(forged), outcomes);
    co_await ask_times(auth, 10, "alice", outcomes);
    co_await ask_times(auth, 1, "bob", outcomes);
  });
  EXPECT_EQ(world.transitions(), std::vector<std::string>());
  EXPECT_EQ(outcomes.back(), "accepted bob");
}

// What is in the cache needs no service.
TEST(AuthBreaker, LeavesTheCacheAlone) {
  BreakerWorld world;
  TokenSpec second = token_spec("alice");
  second.id = "second";
  std::vector<std::string> outcomes;
  world.service.listen.drop_connections = {{1s, 60s}};
  world.run([&](Runtime& runtime, Auth& auth) -> Awaitable<> {
    co_await ask_times(auth, 1, "alice", outcomes);
    co_await runtime.sleep_for(2s, "until the service is gone");
    for (int i = 0; i < 4; ++i) co_await ask(auth, make_token(second), outcomes);
    co_await ask_times(auth, 1, "alice", outcomes);
  });
  EXPECT_EQ(outcomes[4], "unavailable breaker_open");
  EXPECT_EQ(outcomes[5], "accepted alice");
}

// Where no key tells us the user, a breaker belongs to a token, and its name does not give it away.
TEST(AuthBreaker, WithoutAKeyIsThatOfOneToken) {
  BreakerWorld world;
  world.settings.jwt.secret.reset();
  auto& rule = world.service.on["validate"];
  rule.status = 500;
  rule.times = 3;
  std::vector<std::string> outcomes;
  world.run([&](Runtime&, Auth& auth) -> Awaitable<> {
    co_await ask_times(auth, 4, "alice", outcomes);
    co_await ask_times(auth, 1, "bob", outcomes);
  });
  EXPECT_EQ(outcomes[3], "unavailable breaker_open");
  EXPECT_EQ(outcomes[4], "accepted bob");
  ASSERT_EQ(world.transitions().size(), 1U);
  const std::string transition = world.transitions()[0];
  EXPECT_TRUE(transition.starts_with("token:"));
  EXPECT_EQ(transition.size(), std::string("token:0123456789abcdef from=closed to=open").size());
}

}  // namespace
}  // namespace raceproof::gateway::testing
