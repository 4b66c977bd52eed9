// What can be configured: the defaults of domain.md section 12, from YAML, and what is refused.
#include <gtest/gtest.h>

#include "gateway/auth/settings.hpp"
#include "runtime/settings_yaml.hpp"

namespace raceproof::gateway {
namespace {

using namespace std::chrono_literals;

bool equal(Duration a, Duration b) { return !(a < b) && !(b < a); }

TEST(AuthSettings, DefaultsAreTheDocumentedOnes) {
  const AuthSettings settings;
  EXPECT_FALSE(settings.enabled());
  EXPECT_EQ(settings.breaker.threshold, 3);
  EXPECT_TRUE(equal(settings.breaker.reset, 15s));
  EXPECT_TRUE(equal(settings.cache.ttl, 300s));
  EXPECT_EQ(settings.retries, 5);
  EXPECT_EQ(settings.nested_retries, 0);
  EXPECT_TRUE(settings.single_flight);
  EXPECT_EQ(settings.breaker.scope, BreakerScope::per_user);
  EXPECT_FALSE(settings.breaker.counts_rejections);
  EXPECT_EQ(settings.cache.key, TokenCacheKey::token);
  EXPECT_TRUE(problems(settings).empty());
}

TEST(AuthSettings, AreOnWithAServiceOrAKey) {
  AuthSettings settings;
  settings.host = "auth";
  EXPECT_TRUE(settings.enabled());
  settings = {};
  settings.jwt.secret = std::string(32, 'x');
  EXPECT_TRUE(settings.enabled());
}

TEST(AuthSettings, AreReadFromYaml) {
  AuthSettings settings;
  const auto diagnostics = read_settings(R"(
host: auth
retries: 3
single_flight: false
jwt: { algorithm: RS256, key_set: /jwks.json, audience: chat, skew: 1s }
breaker: { scope: shared, counts_rejections: true, reset: 5s }
cache: { key: environment, ttl: 10s, max_entries: 50 }
)",
                                         "auth.yaml", settings);
  ASSERT_TRUE(diagnostics.empty()) << print(diagnostics[0]);
  EXPECT_EQ(settings.retries, 3);
  EXPECT_FALSE(settings.single_flight);
  EXPECT_EQ(settings.jwt.algorithm, JwtAlgorithm::rs256);
  EXPECT_EQ(settings.jwt.key_set, "/jwks.json");
  EXPECT_EQ(settings.breaker.scope, BreakerScope::shared);
  EXPECT_TRUE(settings.breaker.counts_rejections);
  EXPECT_EQ(settings.cache.key, TokenCacheKey::environment);
  EXPECT_EQ(settings.cache.max_entries, 50);
  EXPECT_TRUE(problems(settings).empty());
}

TEST(AuthSettings, SayWhatDoesNotFit) {
  const auto refused = [](const char* yaml, const char* problem) {
    AuthSettings settings;
    EXPECT_TRUE(read_settings(yaml, "auth.yaml", settings).empty()) << yaml;
    EXPECT_EQ(problems(settings), std::vector<std::string>{problem}) << yaml;
  };
  refused("host: ''", "auth.host: must not be empty");
  refused("jwt: { secret: short }", "auth.jwt.secret: must be at least 32 bytes long");
  refused("jwt: { public_key: x }",
          "auth.jwt.public_key, key_set: are keys of RS256, but algorithm is HS256");
  refused("jwt: { algorithm: RS256, secret: 01234567890123456789012345678901 }",
          "auth.jwt.secret: is a key of HS256, but algorithm is RS256");
  refused("jwt: { algorithm: RS256, key_set: /jwks.json }", "auth.jwt.key_set: needs auth.host");
  refused("{ host: auth, jwt: { algorithm: RS256, key_set: jwks } }",
          "auth.jwt.key_set: must begin with /");
  refused("timeout: 0s", "auth.timeout: must be longer than 0");
}

}  // namespace
}  // namespace raceproof::gateway
