// Keys that the service publishes: fetched at the start, and anew when a token names another one.
#include "tests/gateway/auth/auth_world.hpp"

namespace raceproof::gateway::testing {
namespace {

using namespace std::chrono_literals;
using fakes::auth::make_token;

constexpr const char* no_keys = R"({"keys":[]})";

class KeyWorld : public AuthWorld {
 public:
  KeyWorld() {
    settings.jwt.secret.reset();
    settings.jwt.algorithm = JwtAlgorithm::rs256;
    settings.jwt.key_set = "/jwks.json";
  }
  [[nodiscard]] std::size_t fetches() const { return count("auth_request operation=key_set"); }
};

/// Made before the runs: RS256 asks the system for entropy.
std::string rs256_token(std::string key_id = std::string(fakes::auth::test_key_id)) {
  TokenSpec spec = token_spec("alice");
  spec.kind = TokenKind::rs256;
  spec.key_id = std::move(key_id);
  return make_token(spec);
}

TEST(Keys, AreFetchedAtTheStart) {
  KeyWorld world;
  EXPECT_EQ(outcome_of(world, rs256_token()), "accepted alice");
  EXPECT_EQ(world.fetches(), 1U);
  EXPECT_EQ(world.usable, std::vector<bool>{true});
  EXPECT_EQ(outcome_of(world, token_of("alice")), "rejected bad_signature") << "HS256";
}

// The service has changed its keys since: one more fetch, shared by all who need it.
TEST(Keys, AreFetchedAnewForAnUnknownOne) {
  KeyWorld world;
  auto& rule = world.service.on["key_set"];
  rule.reply = no_keys;
  rule.times = 1;
  rule.delay = DelayRange{100ms, 100ms};
  std::vector<std::string> outcomes;
  const std::vector<std::string> tokens(3, rs256_token());
  world.settings.single_flight = false;
  world.run([&](Runtime& runtime, Auth& auth) -> Awaitable<> {
    co_await runtime.sleep_for(11s, "long enough ago");
    co_await ask_together(runtime, auth, tokens, outcomes);
  });
  EXPECT_EQ(outcomes, std::vector<std::string>(3, "accepted alice"));
  EXPECT_EQ(world.fetches(), 2U);
}

// Made-up key ids cannot make us ask all the time.
TEST(Keys, AreNotFetchedTooOften) {
  KeyWorld world;
  std::vector<std::string> tokens;
  for (int i = 0; i < 20; ++i) tokens.push_back(rs256_token("made up " + std::to_string(i)));
  std::vector<std::string> outcomes;
  world.run([&](Runtime& runtime, Auth& auth) -> Awaitable<> {
    for (const auto& token : tokens) {
      co_await ask(auth, token, outcomes);
      co_await runtime.sleep_for(1s, "the next one");
    }
  });
  EXPECT_EQ(outcomes, std::vector<std::string>(20, "rejected bad_signature"));
  EXPECT_EQ(world.fetches(), 2U) << "at the start, and after ten seconds";
  EXPECT_EQ(world.validations(), 0U);
}

// While the keys cannot be had, it is not the token's fault.
TEST(Keys, WithoutThemNothingCanBeSaid) {
  KeyWorld world;
  world.service.on["key_set"].status = 500;
  const std::string token = rs256_token();
  std::vector<std::string> outcomes;
  world.run([&](Runtime&, Auth& auth) -> Awaitable<> {
    EXPECT_FALSE(auth.usable());
    co_await ask(auth, token, outcomes);
  });
  EXPECT_EQ(outcomes, std::vector<std::string>{"unavailable service_error"});
  EXPECT_GE(world.count("auth_trouble step=key_set reason=status 500"), 1U);
}

TEST(Keys, AreWaitedForByTheHealthCheck) {
  KeyWorld world;
  auto& rule = world.service.on["key_set"];
  rule.reply = "no key set";
  rule.times = 2;
  const std::string token = rs256_token();
  std::vector<std::string> outcomes;
  world.run([&](Runtime& runtime, Auth& auth) -> Awaitable<> {
    EXPECT_FALSE(auth.usable());
    co_await runtime.sleep_for(3s, "until the third look");
    EXPECT_TRUE(auth.usable());
    co_await ask(auth, token, outcomes);
  });
  EXPECT_EQ(outcomes, std::vector<std::string>{"accepted alice"});
  EXPECT_EQ(world.count("auth_trouble step=key_set reason=not a JSON Web Key Set"), 2U);
}

}  // namespace
}  // namespace raceproof::gateway::testing
