// What a scenario may say about its auth service: how slow it is, and what goes wrong with it when.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fakes/auth/keys.hpp"
#include "fakes/http/listen_settings.hpp"

namespace raceproof::fakes::auth {

/// What happens to one operation: `validate`, `key_set` or `health`. Of the outcomes the first that
/// is set wins: `reset`, `hang`, `cut`, `garbage`, `status` or `reply`, `user`.
struct OperationRule {
  std::optional<DelayRange> delay;  ///< in place of Settings::reply; none: that one
  bool reset = false;               ///< the connection is reset instead of answering
  bool hang = false;                ///< it is never answered
  bool cut = false;                 ///< the answer ends in its middle
  bool garbage = false;             ///< what is answered is not HTTP
  std::int64_t status = 0;          ///< answered in place of the real status; 0: that one
  std::string reply;                ///< answered in place of the real body; empty: that one
  std::string user;                 ///< `validate` says that the token is this user's; empty: whose
                                    ///< it is
  std::int64_t times = 0;           ///< only the first so many requests; 0: all

  void describe(SettingsVisitor& visitor);
};

/// What `Settings::on` can be about.
std::vector<std::string> operation_names();

/// Everything about one fake auth service. The keys are those of `backends.auth` in scenario files.
struct Settings {
  http::ListenSettings listen{
      .host = "auth", .port = 8081, .connect = {}, .listen_after = {}, .drop_connections = {}};
  DelayRange reply;          ///< before each request is answered; drawn anew for each
  std::int64_t at_once = 0;  ///< validations that are worked on at once; more are answered with
                             ///< 503; 0: any number
  std::map<std::string, OperationRule> on;
  std::string secret = std::string(test_secret);  ///< of HS256
  std::vector<std::string> revoked;               ///< users, or ids (`jti`) of tokens

  void describe(SettingsVisitor& visitor);
};

}  // namespace raceproof::fakes::auth
