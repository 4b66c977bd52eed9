// The fake auth service: HTTP, written against the seam. It really checks tokens.
//
//   GET  /health     200 {"status": "ok"}
//   GET  /jwks.json  200, the public half of the test key
//   POST /validate   {"token": "..."}: 200 {"valid": true, "user": "...", "exp": ...}, or
//                    200 {"valid": false, "reason": malformed | bad_signature | expired | revoked}
//
// Observations (`operation` is validate, key_set, health or unknown; `user` is whose token it is,
// as far as it can be read), besides those of fakes/http/server.hpp with "auth" in front:
//   auth_request{operation, user}          when the service takes a request up, before its delay
//   auth_answer{operation, user, status, valid}  in the handler that answers
//   auth_fault{operation, user, fault}     a rule took effect, or (busy) too many came at once
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "fakes/auth/settings.hpp"
#include "fakes/auth/token.hpp"
#include "fakes/http/server.hpp"

namespace raceproof::fakes::auth {

class Server {
 public:
  /// Makes the strand "auth" and nothing else. `runtime` must outlive the server.
  Server(Runtime& runtime, Settings settings);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // As in http::Server.
  Awaitable<> run() { return http_.run(); }
  void start() { http_.start(); }
  Awaitable<> stop() { return http_.stop(); }
  Awaitable<std::uint16_t> listening() { return http_.listening(); }
  [[nodiscard]] const Executor& strand() const { return http_.strand(); }

 private:
  struct Answer {
    unsigned status = 200;
    std::string body;
    bool valid = false;  // what a validation says
  };
  /// A request as it is understood.
  struct Operation {
    std::string_view name;
    ReadToken token;  // of a validation
  };

  /// What a request meets when it is taken up.
  struct Taken {
    const OperationRule* rule = nullptr;
    bool counted = false;  // among those that are worked on
    bool busy = false;     // one too many of them
  };

  Awaitable<> handle(http::Request request, http::Exchange& exchange);
  Awaitable<> work(const Operation& operation, const OperationRule* rule, http::Exchange& exchange);
  Awaitable<Taken> take_up(Operation operation);
  Awaitable<> put_down();
  Awaitable<> give(const Operation& operation, const Answer& given, http::Exchange& exchange);
  void observe_fault(const Operation& operation, std::string_view fault);
  Awaitable<> misbehave(const OperationRule& rule, const Operation& operation, const Answer& answer,
                        http::Exchange& exchange);
  Operation understand(const http::Request& request) const;
  Answer answer(const Operation& operation, const OperationRule* rule);
  Answer validate(const Operation& operation, const OperationRule* rule);

  Runtime& runtime_;
  const Settings settings_;
  http::Server http_;
  std::map<std::string, std::int64_t, std::less<>>
      applied_;               ///< how often each rule has; on `strand()`
  std::int64_t working_ = 0;  ///< validations; on `strand()`
};

}  // namespace raceproof::fakes::auth
