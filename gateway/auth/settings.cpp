#include "gateway/auth/settings.hpp"

#include <array>

namespace raceproof::gateway {

namespace {

template <std::size_t N>
using Names = std::array<std::string_view, N>;

constexpr std::size_t secret_bytes_min = 32;

}  // namespace

std::span<const std::string_view> choices(JwtAlgorithm) {
  static constexpr Names<2> names{"HS256", "RS256"};
  return names;
}
std::span<const std::string_view> choices(BreakerScope) {
  static constexpr Names<2> names{"per_user", "shared"};
  return names;
}
std::span<const std::string_view> choices(TokenCacheKey) {
  static constexpr Names<2> names{"token", "environment"};
  return names;
}

void JwtSettings::describe(SettingsVisitor& v) {
  v.on("algorithm", algorithm, "How tokens are signed; any other algorithm is refused.");
  v.on("secret", secret, "The key of HS256, at least 32 bytes; unset: none is known.");
  v.on("public_key", public_key, "The key of RS256, as PEM; unset: none is known.");
  v.on(
      "key_set", key_set,
      "Path under which the auth service publishes its RS256 keys (JWKS); fetched at the start and "
      "when a token names an unknown key. Unset: not fetched.");
  v.on("audience", audience, "What a token's aud must contain; unset: anything goes.");
  v.on("issuer", issuer, "What a token's iss must be; unset: anything goes.");
  v.on("skew", skew,
       "How far other clocks may be off: a token counts so much longer, and earlier.");
}

void BreakerSettings::describe(SettingsVisitor& v) {
  v.on("threshold", threshold, 1, 1000,
       "Consecutive authentications that the service fails until no more are tried.");
  v.on("reset", reset, "How long none is tried; then one is, as a probe.");
  v.on("scope", scope,
       "per_user: each user has a breaker; shared: one stands before all users, and before their "
       "tokens are looked at (the original's mistake).");
  v.on("counts_rejections", counts_rejections,
       "Whether a bad token counts as a failure, too (the original's mistake).");
}

void TokenCacheSettings::describe(SettingsVisitor& v) {
  v.on("ttl", ttl, "How long an accepted token is believed unasked; never longer than its exp.");
  v.on("max_entries", max_entries, 1, 1'000'000, "Tokens remembered at once; the oldest goes.");
  v.on("key", key,
       "token: by the token's digest; environment: one entry for the whole environment, without "
       "token or user (the original's mistake: users share it).");
}

void AuthSettings::describe(SettingsVisitor& v) {
  v.on("host", host, "Host of the auth service; unset: no service is asked.");
  v.on("port", port, 1, 65535, "Port of the auth service.");
  v.on("timeout", timeout, "Longest wait for one answer of the service.");
  v.on("retries", retries, 0, auth_retries_max,
       "Further attempts after 0.1, 0.2, 0.5, 1 and 2 s when the service fails (5xx, time-out, no "
       "connection).");
  v.on("nested_retries", nested_retries, 0, 10,
       "Retries inside each attempt, after 0.5 s doubling to 5 s; the two multiply (the original's "
       "mistake).");
  v.on("single_flight", single_flight,
       "Whether concurrent requests for one token share one authentication.");
  v.on("max_token", max_token, 64, 65536, "Longest token, in bytes.");
  v.on("health_interval", health_interval, "Time between two looks at a service that is usable.");
  v.on("health_retry", health_retry, "Time between two looks at a service that is not.");
  v.on("jwt", jwt, "What a token has to be before anybody is asked.");
  v.on("breaker", breaker, "When a failing service is left alone.");
  v.on("cache", cache, "How long an accepted token is remembered.");
}

std::vector<std::string> problems(const AuthSettings& settings) {
  std::vector<std::string> found;
  const auto require = [&found](bool holds, const char* message) {
    if (!holds) found.emplace_back(message);
  };
  const JwtSettings& jwt = settings.jwt;
  const bool hs256 = jwt.algorithm == JwtAlgorithm::hs256;
  require(!settings.host || !settings.host->empty(), "auth.host: must not be empty");
  require(!jwt.secret || hs256, "auth.jwt.secret: is a key of HS256, but algorithm is RS256");
  require(!(jwt.public_key || jwt.key_set) || !hs256,
          "auth.jwt.public_key, key_set: are keys of RS256, but algorithm is HS256");
  require(!jwt.secret || jwt.secret->size() >= secret_bytes_min,
          "auth.jwt.secret: must be at least 32 bytes long");
  require(!jwt.key_set || settings.host, "auth.jwt.key_set: needs auth.host");
  require(!jwt.key_set || jwt.key_set->starts_with('/'), "auth.jwt.key_set: must begin with /");
  require(Duration() < settings.timeout, "auth.timeout: must be longer than 0");
  require(Duration() < settings.health_interval, "auth.health_interval: must be longer than 0");
  require(Duration() < settings.health_retry, "auth.health_retry: must be longer than 0");
  return found;
}

}  // namespace raceproof::gateway
