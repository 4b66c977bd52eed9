// The auth service as the gateway sees it: HTTP calls with a time limit, and what their answers
// mean. No state, no retries.
//
//   GET  /health                       200: usable
//   GET  key_set                       200 with a JSON Web Key Set
//   POST /validate {"token": "..."}    200 {"valid": true, "user": "...", "exp": 1757362920}
//                                      200 {"valid": false, "reason": "revoked"}
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "gateway/auth/result.hpp"
#include "gateway/auth/settings.hpp"
#include "gateway/http_client.hpp"
#include "runtime/runtime.hpp"

namespace raceproof::gateway {

/// What the service says about one token, or how it failed.
struct ServiceAnswer {
  AuthResult result;
  std::optional<std::int64_t> expires;  ///< of an accepted token, if the service says so
  bool retryable = false;               ///< worth another attempt: 5xx, time-out, no connection
  std::string problem;                  ///< for people, when the service failed
};

/// What an answer to POST /validate means.
ServiceAnswer read_validation(const HttpAnswer& answer);

class AuthService {
 public:
  /// `settings` must outlive it; its host must be set.
  AuthService(Runtime& runtime, const AuthSettings& settings)
      : runtime_(runtime), settings_(settings) {}

  /// One call of /validate.
  Awaitable<ServiceAnswer> validate(std::string token);
  /// Empty when the service is usable; else what is wrong.
  Awaitable<std::string> check_health();
  /// Fetches the key set; the problem is empty when it came.
  struct FetchedKeys {
    std::map<std::string, std::string> keys;
    std::string problem;
  };
  Awaitable<FetchedKeys> fetch_keys();

 private:
  struct Outcome {
    HttpAnswer answer;
    bool timed_out = false;
    std::string problem;  // empty when there is an answer
  };
  Awaitable<Outcome> ask(HttpCall call);
  Awaitable<Outcome> fetch(HttpCall call);

  Runtime& runtime_;
  const AuthSettings& settings_;
};

}  // namespace raceproof::gateway
