// The keys of the fake auth service. They are public: for tests and trials only.
#pragma once

#include <string_view>

namespace raceproof::fakes::auth {

/// The secret of HS256, unless a scenario names another.
inline constexpr std::string_view test_secret = "raceproof: a secret that is known to everybody";

/// The pair of RS256, as PEM, its id, and the public half as a JSON Web Key Set (RFC 7517).
extern const std::string_view test_private_key;
extern const std::string_view test_public_key;
inline constexpr std::string_view test_key_id = "raceproof-test";
extern const std::string_view test_key_set;

}  // namespace raceproof::fakes::auth
