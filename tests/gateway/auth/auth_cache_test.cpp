// The token cache and the sharing of work, in whatever order clients come.
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <set>

#include "tests/gateway/auth/auth_world.hpp"

namespace raceproof::gateway::testing {
namespace {

using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;
using fakes::auth::make_token;

TEST(Cache, SparesTheService) {
  AuthWorld world;
  std::vector<std::string> outcomes;
  world.run([&](Runtime&, Auth& auth) -> Awaitable<> {
    for (int i = 0; i < 3; ++i) co_await ask(auth, token_of("alice"), outcomes);
    co_await ask(auth, token_of("bob"), outcomes);
  });
  EXPECT_EQ(outcomes, (std::vector<std::string>{"accepted alice", "accepted alice",
                                                "accepted alice", "accepted bob"}));
  EXPECT_EQ(world.validations(), 2U);
  EXPECT_EQ(world.count("auth_result status=accepted reason=none user=alice cached=true"), 2U);
}

// Two tokens of one user are two tokens: revoking one leaves the other alone.
TEST(Cache, KnowsTokensNotUsers) {
  AuthWorld world;
  TokenSpec spec = token_spec("alice");
  spec.id = "second";
  world.service.revoked = {"second"};
  std::vector<std::string> outcomes;
  world.run([&](Runtime&, Auth& auth) -> Awaitable<> {
    co_await ask(auth, token_of("alice"), outcomes);
    co_await ask(auth, make_token(spec), outcomes);
  });
  EXPECT_EQ(outcomes, (std::vector<std::string>{"accepted alice", "rejected revoked"}));
}

TEST(Cache, ForgetsAfterItsTimeToLive) {
  AuthWorld world;
  std::vector<std::string> outcomes;
  world.run([&](Runtime& runtime, Auth& auth) -> Awaitable<> {
    co_await ask(auth, token_of("alice"), outcomes);
    co_await runtime.sleep_for(299s, "within the time to live");
    co_await ask(auth, token_of("alice"), outcomes);
    co_await runtime.sleep_for(2s, "past it");
    co_await ask(auth, token_of("alice"), outcomes);
  });
  EXPECT_EQ(world.validations(), 2U);
  EXPECT_EQ(world.count("auth_result status=accepted reason=none user=alice cached=true"), 1U);
}

// A token that expires is not believed any longer, although its entry would be young enough; also
// when only the service knows its end.
TEST(Cache, NeverOutlivesTheToken) {
  for (const bool with_key : {true, false}) {
    AuthWorld world;
    if (!with_key) world.settings.jwt.secret.reset();
    TokenSpec spec = token_spec("alice");
    spec.expires_in = 60;
    const std::string token = make_token(spec);
    std::vector<std::string> outcomes;
    world.run([&](Runtime& runtime, Auth& auth) -> Awaitable<> {
      co_await ask(auth, token, outcomes);
      co_await runtime.sleep_for(59s, "before its end");
      co_await ask(auth, token, outcomes);
      co_await runtime.sleep_for(6s, "past its end and the skew");
      co_await ask(auth, token, outcomes);
    });
    EXPECT_EQ(outcomes,
              (std::vector<std::string>{"accepted alice", "accepted alice", "rejected expired"}));
    EXPECT_EQ(world.validations(), with_key ? 1U : 2U);
  }
}

TEST(Cache, KeepsNoRefusals) {
  AuthWorld world;
  auto& rule = world.service.on["validate"];
  rule.reply = R"({"valid":false,"reason":"revoked"})";
  rule.times = 1;
  std::vector<std::string> outcomes;
  world.run([&](Runtime&, Auth& auth) -> Awaitable<> {
    co_await ask(auth, token_of("alice"), outcomes);
    co_await ask(auth, token_of("alice"), outcomes);
  });
  EXPECT_EQ(outcomes, (std::vector<std::string>{"rejected revoked", "accepted alice"}));
}

// Two clients with one token, in every order in which they can come and be answered: the service is
// asked once. With the switch off it is asked twice in some of them.
TEST(SingleFlight, SharesOneCallInEveryOrder) {
  for (const bool single_flight : {true, false}) {
    AuthWorld world;
    world.settings.single_flight = single_flight;
    world.options.time = sim::TimeMode::symbolic;
    world.service.reply = {10ms, 20ms};
    world.start = false;
    const std::string token = token_of("alice");
    std::set<std::size_t> asked;
    std::size_t runs = 0;
    std::vector<explore::PathDecider::Step> path;
    do {
      explore::PathDecider decider(path);
      std::vector<std::string> outcomes;
      const auto end = world.run(
          [&](Runtime& runtime, Auth& auth) {
            return ask_together(runtime, auth, {token, token}, outcomes);
          },
          decider);
      ASSERT_EQ(end, sim::RunEnd::stopped) << world.failure;
      ASSERT_EQ(outcomes, std::vector<std::string>(2, "accepted alice"));
      asked.insert(world.validations());
      ASSERT_LT(++runs, 50'000U);
      while (!path.empty() && path.back().chosen + 1 >= path.back().alternatives) path.pop_back();
      if (!path.empty()) ++path.back().chosen;
    } while (!path.empty());
    EXPECT_GT(runs, 1U);
    if (single_flight) {
      EXPECT_EQ(asked, std::set<std::size_t>{1});
    } else {
      EXPECT_TRUE(asked.contains(2));
    }
  }
}

// Twenty clients at once after the entry has grown too old.
TEST(SingleFlight, WithstandsAStampede) {
  for (const bool single_flight : {true, false}) {
    AuthWorld world;
    world.settings.single_flight = single_flight;
    world.service.reply = {50ms, 50ms};
    const std::vector<std::string> tokens(20, token_of("alice"));
    std::vector<std::string> outcomes;
    world.run([&](Runtime& runtime, Auth& auth) -> Awaitable<> {
      co_await ask(auth, token_of("alice"), outcomes);
      co_await runtime.sleep_for(301s, "past the time to live");
      co_await ask_together(runtime, auth, tokens, outcomes);
    });
    EXPECT_EQ(outcomes, std::vector<std::string>(21, "accepted alice"));
    EXPECT_EQ(world.validations(), single_flight ? 2U : 21U);
  }
}

// Who gives up does not take the work away from those who wait on.
TEST(SingleFlight, SurvivesTheFirstClient) {
  AuthWorld world;
  world.service.reply = {500ms, 500ms};
  std::vector<std::string> outcomes;
  std::size_t first_ended_by = 0;
  world.run([&](Runtime& runtime, Auth& auth) -> Awaitable<> {
    spawn(runtime, runtime.make_strand("patient"), "patient",
          [](Runtime& r, Auth& a, std::vector<std::string>& to) -> Awaitable<> {
            co_await r.sleep_for(50ms, "second");
            co_await ask(a, token_of("alice"), to);
          }(runtime, auth, outcomes));
    std::vector<std::string> ignored;
    const auto first =
        co_await (ask(auth, token_of("alice"), ignored) || runtime.sleep_for(100ms, "patience"));
    first_ended_by = first.index();
    while (outcomes.empty()) co_await runtime.sleep_for(1ms, "the other one");
  });
  EXPECT_EQ(first_ended_by, 1U);
  EXPECT_EQ(outcomes, std::vector<std::string>{"accepted alice"});
  EXPECT_EQ(world.validations(), 1U);
}

}  // namespace
}  // namespace raceproof::gateway::testing
