// Tokens for clients and tests: real ones, and all kinds of bad ones. Signed with OpenSSL, so that
// what the gateway checks with another library has two origins.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fakes/auth/keys.hpp"

namespace raceproof::fakes::auth {

/// How a token is signed, or what is wrong with its signature.
enum class TokenKind {
  hs256,
  rs256,         ///< with `test_private_key`; key id `test_key_id`
  forged,        ///< HS256 with another secret
  forged_rs256,  ///< like rs256, but the claims were changed afterwards
  unsigned_,     ///< `alg: none`, no signature
  confused,      ///< HS256 with the public key of RS256 for a secret (algorithm confusion)
  garbage,       ///< three parts that are no JSON
};

/// A token. Times are seconds relative to `now`.
struct TokenSpec {
  TokenKind kind = TokenKind::hs256;
  std::string user;                               ///< `sub`; left out when empty
  std::int64_t now = 0;                           ///< Unix time in seconds; `iat`
  std::int64_t expires_in = 3600;                 ///< `exp`; negative: it has expired already
  bool has_expiry = true;                         ///< else `exp` is left out
  std::optional<std::int64_t> valid_in;           ///< `nbf`
  std::optional<std::string> audience;            ///< `aud`
  std::optional<std::string> issuer;              ///< `iss`
  std::optional<std::string> id;                  ///< `jti`; tells two tokens of one user apart
  std::string secret = std::string(test_secret);  ///< of HS256
  std::string key_id = std::string(test_key_id);  ///< of RS256: `kid`; left out when empty
};

/// The token. A function of `spec` alone: the same everywhere and always. With RS256 it asks the
/// system for entropy (OpenSSL blinds the private key), so make those before a simulated run.
std::string make_token(const TokenSpec& spec);

/// Any header and claims, signed as HS256: for what no `TokenSpec` describes.
std::string sign_token(std::string_view header, std::string_view claims, std::string_view secret);

/// What a service finds in a token.
struct ReadToken {
  bool valid = false;  ///< form and signature
  std::string user;
  std::string id;
  std::int64_t expires = 0;
  std::string audience;
  std::string issuer;
};

/// Reads a token and checks its signature: HS256 with `secret`, RS256 with the test key. Looks at
/// no clock.
ReadToken read_token(std::string_view token, std::string_view secret);

}  // namespace raceproof::fakes::auth
