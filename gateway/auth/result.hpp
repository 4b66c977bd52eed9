// What came of an authentication.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace raceproof::gateway {

/// `unavailable`: nobody could say, because the auth service did not answer or is left alone.
enum class AuthStatus { accepted, rejected, unavailable };

/// Why a token was not accepted. The last three are those of `unavailable`.
enum class AuthReason {
  none,
  no_token,
  malformed,      ///< not a token, or one without what every token needs
  bad_signature,  ///< also: another algorithm, or none
  expired,
  not_yet_valid,
  wrong_audience,
  wrong_issuer,
  revoked,
  service_error,    ///< it could not be reached, failed, or what it said made no sense
  service_timeout,  ///< the last attempt got no answer in time
  breaker_open,     ///< it failed too often of late and was not asked
};

inline std::string_view to_string(AuthStatus status) {
  static constexpr std::array<std::string_view, 3> names{"accepted", "rejected", "unavailable"};
  return names[static_cast<std::size_t>(status)];
}

inline constexpr std::array<std::string_view, 12> auth_reason_names{
    "none",    "no_token",      "malformed",       "bad_signature",
    "expired", "not_yet_valid", "wrong_audience",  "wrong_issuer",
    "revoked", "service_error", "service_timeout", "breaker_open"};
inline std::string_view to_string(AuthReason reason) {
  return auth_reason_names[static_cast<std::size_t>(reason)];
}

struct AuthResult {
  AuthStatus status = AuthStatus::unavailable;
  std::string user;  ///< of an accepted token
  AuthReason reason = AuthReason::service_error;

  static AuthResult accepted(std::string user) {
    return {AuthStatus::accepted, std::move(user), AuthReason::none};
  }
  static AuthResult rejected(AuthReason reason) { return {AuthStatus::rejected, {}, reason}; }
  static AuthResult unavailable(AuthReason reason) { return {AuthStatus::unavailable, {}, reason}; }
};

}  // namespace raceproof::gateway
