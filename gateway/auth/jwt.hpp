// JSON Web Tokens (RFC 7519): signatures by libjwt, claims against the seam's time. No clock and
// no I/O.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/auth/result.hpp"
#include "gateway/auth/settings.hpp"
#include "runtime/runtime.hpp"

namespace raceproof::gateway {

/// What a token says about itself. Seconds since 1970, cut to 0 .. year 2223.
struct JwtClaims {
  std::string user;  ///< `sub`
  std::int64_t expires = 0;
  std::optional<std::int64_t> not_before;
  std::vector<std::string> audience;
  std::string issuer;  ///< empty: none
};

/// Whether `text` can be a user: 1 to 256 bytes without control characters.
bool is_user_name(std::string_view text);
/// A NumericDate (RFC 7519 section 2), which may have a fraction, within the bounds of JwtClaims.
std::int64_t clamp_unix_time(double seconds);

/// A token's claims, or why there are none.
struct JwtResult {
  enum class Status { valid, malformed, bad_signature, unknown_key };
  Status status = Status::malformed;
  JwtClaims claims;  ///< when valid: signed, but not held against any time yet
};

/// Keys by their id, as PEM: what of a JSON Web Key Set (RFC 7517) verifies RS256, at most 100.
/// RSA keys of less than 2048 bits and keys for other purposes are left out. Throws
/// std::invalid_argument when `json` is no key set.
std::map<std::string, std::string> read_key_set(std::string_view json);

/// Knows the keys. A token is accepted only with the configured algorithm: never with "none", and
/// never with a public key taken for a secret.
class JwtVerifier {
 public:
  /// `settings` must outlive it.
  explicit JwtVerifier(const JwtSettings& settings);

  void use_key_set(std::map<std::string, std::string> keys) { key_set_ = std::move(keys); }
  [[nodiscard]] bool has_key_set() const { return key_set_.has_value(); }

  /// Checks form and signature. A token that names a key which is not in the key set gives
  /// `unknown_key`, so that the set can be fetched anew; with `last_try` it gets the configured
  /// key, and `bad_signature` if there is none.
  [[nodiscard]] JwtResult verify(std::string_view token, bool last_try = false) const;

 private:
  [[nodiscard]] const std::string* key_for(const std::optional<std::string>& id,
                                           bool last_try) const;

  const JwtSettings& settings_;
  std::optional<std::map<std::string, std::string>> key_set_;
};

/// `none` when the claims hold now: exp (required) and nbf within the skew, aud and iss as
/// configured. On a strand of `runtime`. Compares times, so it may split a simulated run.
AuthReason check_claims(Runtime& runtime, const JwtSettings& settings, const JwtClaims& claims);

}  // namespace raceproof::gateway
