// Who a client is: its token is checked here, then by the auth service, and remembered for a while
// (domain.md sections 5 and 12).
//
// Observations:
//   auth_result{status, reason, user, cached}   one for every call of `authenticate`
//   auth_trouble{step, reason}                  step: validate, health, key_set
//   state{subject: auth, property: usable, value}
//   transition{machine: breaker, id, from, to}  id: the user, "token:DIGEST" where no key tells us
//                                               the user, or "everyone"
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "gateway/auth/breaker.hpp"
#include "gateway/auth/jwt.hpp"
#include "gateway/auth/result.hpp"
#include "gateway/auth/service.hpp"
#include "gateway/auth/settings.hpp"
#include "gateway/auth/token_cache.hpp"
#include "runtime/confined.hpp"
#include "runtime/notice.hpp"
#include "runtime/signal.hpp"
#include "runtime/task.hpp"

namespace raceproof::gateway {

/// For operators and metrics. The totals count since the start.
struct AuthFigures {
  std::int64_t accepted_total = 0;
  std::int64_t rejected_total = 0;
  std::int64_t unavailable_total = 0;
  std::int64_t cached_tokens = 0;
  std::int64_t breakers_open = 0;
  std::int64_t breakers_half_open = 0;
};

/// One instance's authentication. Everything but the constructor and `strand()` runs on its own
/// strand. Where auth is not enabled by the settings there is no use for one.
class Auth {
 public:
  /// Runs on the strand after every change: whether tokens can be checked now.
  using UsableHandler = std::function<void(bool usable)>;

  /// `settings` must outlive it.
  Auth(Runtime& runtime, const AuthSettings& settings, UsableHandler on_usable);

  [[nodiscard]] const Executor& strand() const { return strand_; }
  [[nodiscard]] bool usable() const { return usable_; }
  [[nodiscard]] Awaitable<AuthFigures> figures() const;

  /// Looks at the service (and fetches its keys) for the first time, whichever way that goes; goes
  /// on in the background. Without a service, usable at once.
  Awaitable<> start();
  /// Ends everything. Who waits for an authentication is told `unavailable`.
  Awaitable<> stop();
  /// Says whose token this is. Concurrent calls with one token share the work, and it goes on when
  /// one of them is cancelled. Takes up to (retries + 1) time-outs and the waits between them.
  Awaitable<AuthResult> authenticate(std::string token);

 private:
  /// One authentication at work, and those who wait for it.
  struct Flight {
    Flight(Runtime& runtime, Executor strand) : over(runtime, std::move(strand)) {}
    Signal over;
    std::optional<AuthResult> result;
  };
  /// What is known of a token before the service is asked.
  struct Local {
    AuthReason reason = AuthReason::none;
    std::string user;  // empty: no key, so nothing is known
    std::optional<Instant> expires;
  };
  struct CountedBreaker {
    Breaker breaker;
    std::int64_t calls = 0;  // permits that have not been answered
  };
  struct Admission {
    std::string id;  // whose breaker
    Breaker::Permit permit;
  };

  Awaitable<> fly(std::shared_ptr<Flight> flight, std::string token, std::string key);
  Awaitable<AuthResult> judge(std::string token, std::string key);
  Awaitable<AuthResult> judge_admitted(std::string token, std::string key, Local local);
  Awaitable<Local> check_locally(std::string token);
  Awaitable<JwtResult> verify_with_new_keys(std::string token);
  Awaitable<ServiceAnswer> ask_service(std::string token);
  Awaitable<ServiceAnswer> attempt(std::string token);

  Awaitable<> watch_service();
  Awaitable<bool> look_at_service();
  Awaitable<bool> fetch_keys();
  void set_usable(bool usable);

  std::optional<Admission> admit(std::string id);
  void report(const Admission& admission, const AuthResult& result);
  CountedBreaker& breaker_of(const std::string& id);
  void observe_breaker(const std::string& id, Breaker::State before, Breaker::State after);
  void observe_result(const AuthResult& result, bool cached);
  void observe_trouble(std::string_view step, std::string_view reason);

  Runtime& runtime_;
  const AuthSettings& settings_;
  UsableHandler on_usable_;
  Executor strand_;
  JwtVerifier verifier_;
  AuthService service_;
  Confined<TokenCache> cache_;
  std::map<std::string, std::shared_ptr<Flight>> flights_;  // by cache key
  std::map<std::string, CountedBreaker> breakers_;
  AuthFigures totals_;
  bool usable_ = false;
  bool stopping_ = false;
  bool fetching_keys_ = false;
  std::optional<Instant> keys_fetched_;
  Signal keys_changed_;  // a fetch of the key set is over
  Notice first_look_over_;
  TaskScope tasks_;
};

}  // namespace raceproof::gateway
