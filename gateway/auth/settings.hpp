// What can be configured about auth (domain.md sections 5 and 12).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/settings.hpp"
#include "runtime/time.hpp"

namespace raceproof::gateway {

/// How tokens are signed (RFC 7518 section 3.1). A token that names another algorithm is refused.
enum class JwtAlgorithm { hs256, rs256 };
std::span<const std::string_view> choices(JwtAlgorithm);

/// What a token has to be to be believed without asking anybody. Nothing is checked locally unless
/// a key is known: `secret`, `public_key` or `key_set`.
struct JwtSettings {
  JwtAlgorithm algorithm = JwtAlgorithm::hs256;
  std::optional<std::string> secret;      ///< of HS256; at least 32 bytes (RFC 7518 section 3.2)
  std::optional<std::string> public_key;  ///< of RS256, as PEM
  std::optional<std::string> key_set;     ///< where the service publishes its RS256 keys (RFC 7517)
  std::optional<std::string> audience;    ///< must be among the token's `aud`
  std::optional<std::string> issuer;      ///< must be the token's `iss`
  Duration skew = std::chrono::seconds(5);
  void describe(SettingsVisitor& visitor);

  [[nodiscard]] bool has_key() const { return secret || public_key || key_set; }
};

/// For whom a breaker opens.
enum class BreakerScope { per_user, shared };
std::span<const std::string_view> choices(BreakerScope);

struct BreakerSettings {
  std::int64_t threshold = 3;
  Duration reset = std::chrono::seconds(15);
  BreakerScope scope = BreakerScope::per_user;
  bool counts_rejections = false;
  void describe(SettingsVisitor& visitor);
};

/// What an accepted token is remembered by.
enum class TokenCacheKey { token, environment };
std::span<const std::string_view> choices(TokenCacheKey);

struct TokenCacheSettings {
  Duration ttl = std::chrono::seconds(300);
  std::int64_t max_entries = 10'000;
  TokenCacheKey key = TokenCacheKey::token;
  void describe(SettingsVisitor& visitor);
};

/// The waits between the attempts of one authentication (domain.md section 12).
inline constexpr std::int64_t auth_retries_max = 5;

struct AuthSettings {
  std::optional<std::string> host;
  std::int64_t port = 8081;
  Duration timeout = std::chrono::seconds(3);
  std::int64_t retries = auth_retries_max;
  std::int64_t nested_retries = 0;
  bool single_flight = true;
  std::int64_t max_token = 4096;
  Duration health_interval = std::chrono::seconds(30);
  Duration health_retry = std::chrono::seconds(1);
  JwtSettings jwt;
  BreakerSettings breaker;
  TokenCacheSettings cache;
  void describe(SettingsVisitor& visitor);

  /// Whether tokens are asked for at all: not without a service and without a key.
  [[nodiscard]] bool enabled() const { return host || jwt.has_key(); }
};

/// What is wrong with the values as a whole, one message each, with "auth." in front.
std::vector<std::string> problems(const AuthSettings& settings);

}  // namespace raceproof::gateway
