#include "gateway/auth/auth.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace raceproof::gateway {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Waits before the second to the sixth attempt.
constexpr std::array<Duration, auth_retries_max> retry_waits{milliseconds(100), milliseconds(200),
                                                             milliseconds(500), milliseconds(1000),
                                                             milliseconds(2000)};
/// Of the original's inner retries: the first wait, and the longest.
constexpr Duration nested_wait = milliseconds(500);
constexpr int nested_doublings_max = 3;
constexpr Duration nested_wait_max = seconds(5);
/// A token with an unknown key fetches the key set anew, but not more often than this.
constexpr Duration keys_refresh_pause = seconds(10);
constexpr std::size_t breakers_max = 10'000;

constexpr const char* everyone = "everyone";

/// Names a token in observations without giving it away: the start of its digest.
std::string name_token(std::string_view token) {
  constexpr std::size_t digest_bytes = 8;
  std::string name = "token:";
  for (const char c : cache_key(TokenCacheKey::token, token).substr(0, digest_bytes)) {
    name += "0123456789abcdef"[(static_cast<unsigned char>(c) >> 4) & 0xF];
    name += "0123456789abcdef"[static_cast<unsigned char>(c) & 0xF];
  }
  return name;
}

}  // namespace

Auth::Auth(Runtime& runtime, const AuthSettings& settings, UsableHandler on_usable)
    : runtime_(runtime),
      settings_(settings),
      on_usable_(std::move(on_usable)),
      strand_(runtime.make_strand("auth")),
      verifier_(settings.jwt),
      service_(runtime, settings),
      cache_(runtime, strand_, settings.cache),
      keys_changed_(runtime, strand_),
      first_look_over_(runtime, strand_),
      tasks_(runtime, strand_) {}

Awaitable<> Auth::start() {
  if (!settings_.host) {
    set_usable(true);
    co_return;
  }
  tasks_.spawn("auth service", watch_service());
  co_await first_look_over_.wait("first look at the auth service");
}

Awaitable<> Auth::stop() {
  stopping_ = true;
  co_await tasks_.stop();
  set_usable(false);
  cache_->clear();
  breakers_.clear();
}

// --- one authentication -------------------------------------------------------------------------

Awaitable<AuthResult> Auth::authenticate(std::string token) {
  AuthResult result = AuthResult::rejected(AuthReason::no_token);
  const bool too_long = token.size() > static_cast<std::size_t>(settings_.max_token);
  if (too_long) result.reason = AuthReason::malformed;
  if (token.empty() || too_long) {
    observe_result(result, false);
    co_return result;
  }
  std::string key = cache_key(settings_.cache.key, token);
  if (auto user = cache_->find(key, runtime_.now())) {
    result = AuthResult::accepted(std::move(*user));
    observe_result(result, true);
    co_return result;
  }
  if (stopping_) co_return AuthResult::unavailable(AuthReason::service_error);
  std::shared_ptr<Flight> flight;
  if (const auto it = flights_.find(key); it != flights_.end()) flight = it->second;
  if (!flight) {
    flight = std::make_shared<Flight>(runtime_, strand_);
    if (settings_.single_flight) flights_.emplace(key, flight);
    tasks_.spawn("authentication", fly(flight, std::move(token), std::move(key)));
  }
  while (!flight->result) co_await flight->over.wait("authentication");
  result = *flight->result;
  observe_result(result, false);
  co_return result;
}

/// Runs an authentication to its end and tells those who wait for it, also when it is cancelled.
Awaitable<> Auth::fly(std::shared_ptr<Flight> flight, std::string token, std::string key) {
  AuthResult result = AuthResult::unavailable(AuthReason::service_error);
  std::exception_ptr failure;
  try {
    result = co_await judge(std::move(token), key);
  } catch (...) {
    failure = std::current_exception();
  }
  if (const auto it = flights_.find(key); it != flights_.end() && it->second == flight) {
    flights_.erase(it);
  }
  flight->result = std::move(result);
  flight->over.notify_all();
  if (failure) std::rethrow_exception(failure);
}

/// A shared breaker stands before everything, one per user behind the check that says who it is.
Awaitable<AuthResult> Auth::judge(std::string token, std::string key) {
  const bool shared = settings_.breaker.scope == BreakerScope::shared;
  std::optional<Admission> admission;
  if (shared) {
    admission = admit(everyone);
    if (!admission) co_return AuthResult::unavailable(AuthReason::breaker_open);
  }
  AuthResult result = AuthResult::unavailable(AuthReason::service_error);
  std::exception_ptr failure;
  try {
    Local local = co_await check_locally(token);
    if (local.reason != AuthReason::none) {
      const bool judged = local.reason <= AuthReason::revoked;
      result = judged ? AuthResult::rejected(local.reason) : AuthResult::unavailable(local.reason);
    } else {
      if (!shared && settings_.host) {
        admission = admit(local.user.empty() ? name_token(token) : local.user);
        if (!admission) co_return AuthResult::unavailable(AuthReason::breaker_open);
      }
      result = co_await judge_admitted(std::move(token), std::move(key), std::move(local));
    }
  } catch (...) {
    failure = std::current_exception();
  }
  if (admission) report(*admission, result);
  if (failure) std::rethrow_exception(failure);
  co_return result;
}

/// Asks the service, where there is one, and remembers what it accepts.
Awaitable<AuthResult> Auth::judge_admitted(std::string token, std::string key, Local local) {
  AuthResult result = AuthResult::accepted(local.user);
  if (settings_.host) {
    ServiceAnswer answer = co_await ask_service(std::move(token));
    result = std::move(answer.result);
    if (result.status == AuthStatus::accepted && !local.user.empty() && result.user != local.user) {
      observe_trouble("validate", "another user than the token's");
      result = AuthResult::unavailable(AuthReason::service_error);
    }
    if (!local.expires && answer.expires) {
      local.expires = runtime_.at_unix_time(*answer.expires) + settings_.jwt.skew;
    }
  }
  if (result.status == AuthStatus::accepted) {
    const Instant expires = local.expires.value_or(Instant::max());
    cache_->insert(key, result.user, runtime_.now(), expires);
  }
  co_return result;
}

Awaitable<Auth::Local> Auth::check_locally(std::string token) {
  Local local;
  if (!settings_.jwt.has_key()) co_return local;
  JwtResult verified = verifier_.verify(token);
  if (verified.status == JwtResult::Status::unknown_key) {
    verified = co_await verify_with_new_keys(std::move(token));
    // Without any keys it is not the token's fault.
    const bool no_keys = !verifier_.has_key_set() && !settings_.jwt.public_key;
    if (no_keys) local.reason = AuthReason::service_error;
  }
  if (local.reason != AuthReason::none) co_return local;
  if (verified.status == JwtResult::Status::malformed) {
    local.reason = AuthReason::malformed;
  } else if (verified.status != JwtResult::Status::valid) {
    local.reason = AuthReason::bad_signature;
  } else {
    local.reason = check_claims(runtime_, settings_.jwt, verified.claims);
    local.user = std::move(verified.claims.user);
    local.expires = runtime_.at_unix_time(verified.claims.expires) + settings_.jwt.skew;
  }
  co_return local;
}

/// The service may have new keys.
Awaitable<JwtResult> Auth::verify_with_new_keys(std::string token) {
  if (fetching_keys_ || !keys_fetched_ || runtime_.now() >= *keys_fetched_ + keys_refresh_pause) {
    co_await fetch_keys();
  }
  co_return verifier_.verify(token, true);
}

/// Asks until the service has said something, or the retries are used up.
Awaitable<ServiceAnswer> Auth::ask_service(std::string token) {
  const auto retries = static_cast<std::size_t>(settings_.retries);
  for (std::size_t retry = 0;; ++retry) {
    ServiceAnswer answer = co_await attempt(token);
    if (!answer.retryable || retry == retries) co_return answer;
    co_await runtime_.sleep_for(retry_waits[retry], "auth retry");
  }
}

/// One attempt, which with `nested_retries` is several.
Awaitable<ServiceAnswer> Auth::attempt(std::string token) {
  Duration wait = nested_wait;
  for (std::int64_t retry = 0;; ++retry) {
    ServiceAnswer answer = co_await service_.validate(token);
    if (!answer.problem.empty()) observe_trouble("validate", answer.problem);
    if (!answer.retryable || retry == settings_.nested_retries) co_return answer;
    co_await runtime_.sleep_for(wait, "auth nested retry");
    wait = retry < nested_doublings_max ? wait * 2 : nested_wait_max;
  }
}

// --- whether the service is usable --------------------------------------------------------------

Awaitable<> Auth::watch_service() {
  for (bool first = true;; first = false) {
    const bool usable = co_await look_at_service();
    set_usable(usable);
    if (first) first_look_over_.notify();
    const Duration pause = usable ? settings_.health_interval : settings_.health_retry;
    co_await runtime_.sleep_for(pause, "auth health");
  }
}

Awaitable<bool> Auth::look_at_service() {
  const std::string problem = co_await service_.check_health();
  if (!problem.empty()) {
    observe_trouble("health", problem);
    co_return false;
  }
  if (!settings_.jwt.key_set || verifier_.has_key_set()) co_return true;
  const bool fetched = co_await fetch_keys();
  co_return fetched;
}

/// Whoever comes while keys are fetched waits for those.
Awaitable<bool> Auth::fetch_keys() {
  if (fetching_keys_) {
    while (fetching_keys_) co_await keys_changed_.wait("auth keys");
    co_return verifier_.has_key_set();
  }
  fetching_keys_ = true;
  AuthService::FetchedKeys fetched;
  std::exception_ptr failure;
  try {
    fetched = co_await service_.fetch_keys();
  } catch (...) {
    failure = std::current_exception();
  }
  fetching_keys_ = false;
  keys_changed_.notify_all();
  if (failure) std::rethrow_exception(failure);
  keys_fetched_ = runtime_.now();
  if (!fetched.problem.empty()) {
    observe_trouble("key_set", fetched.problem);
    co_return false;
  }
  verifier_.use_key_set(std::move(fetched.keys));
  co_return true;
}

void Auth::set_usable(bool usable) {
  if (std::exchange(usable_, usable) == usable) return;
  runtime_.observe("state", {{"subject", "auth"}, {"property", "usable"}, {"value", usable}});
  if (on_usable_) on_usable_(usable);
}

// --- breakers -----------------------------------------------------------------------------------

/// A breaker that holds nothing against the service is as good as none, so only those that do are
/// kept; beyond `breakers_max` one gives way.
Auth::CountedBreaker& Auth::breaker_of(const std::string& id) {
  if (const auto it = breakers_.find(id); it != breakers_.end()) return it->second;
  if (breakers_.size() >= breakers_max) {
    const auto idle = [](const auto& entry) { return entry.second.calls == 0; };
    const auto it = std::find_if(breakers_.begin(), breakers_.end(), idle);
    if (it != breakers_.end()) breakers_.erase(it);
  }
  return breakers_.emplace(id, CountedBreaker{Breaker(settings_.breaker)}).first->second;
}

std::optional<Auth::Admission> Auth::admit(std::string id) {
  CountedBreaker& counted = breaker_of(id);
  const auto before = counted.breaker.state();
  const Breaker::Permit permit = counted.breaker.admit(runtime_.now());
  observe_breaker(id, before, counted.breaker.state());
  if (!permit) return std::nullopt;
  ++counted.calls;
  return Admission{std::move(id), permit};
}

void Auth::report(const Admission& admission, const AuthResult& result) {
  const auto it = breakers_.find(admission.id);
  if (it == breakers_.end()) return;
  CountedBreaker& counted = it->second;
  const auto before = counted.breaker.state();
  --counted.calls;
  const bool rejected = result.status == AuthStatus::rejected;
  if (stopping_) {
    counted.breaker.abandoned(admission.permit);
  } else if (result.status == AuthStatus::unavailable ||
             (rejected && settings_.breaker.counts_rejections)) {
    counted.breaker.failed(admission.permit, runtime_.now());
  } else {
    counted.breaker.succeeded(admission.permit);
  }
  observe_breaker(admission.id, before, counted.breaker.state());
  if (counted.breaker.is_pristine() && counted.calls == 0) breakers_.erase(it);
}

// --- what is told -------------------------------------------------------------------------------

void Auth::observe_breaker(const std::string& id, Breaker::State before, Breaker::State after) {
  if (before == after) return;
  runtime_.observe("transition", {{"machine", "breaker"},
                                  {"id", std::string_view(id)},
                                  {"from", to_string(before)},
                                  {"to", to_string(after)}});
}

Awaitable<AuthFigures> Auth::figures() const {
  AuthFigures figures = totals_;
  figures.cached_tokens = static_cast<std::int64_t>(cache_->size());
  for (const auto& [id, counted] : breakers_) {
    figures.breakers_open += counted.breaker.state() == Breaker::State::open ? 1 : 0;
    figures.breakers_half_open += counted.breaker.state() == Breaker::State::half_open ? 1 : 0;
  }
  co_return figures;
}

void Auth::observe_result(const AuthResult& result, bool cached) {
  switch (result.status) {
    case AuthStatus::accepted:
      ++totals_.accepted_total;
      break;
    case AuthStatus::rejected:
      ++totals_.rejected_total;
      break;
    case AuthStatus::unavailable:
      ++totals_.unavailable_total;
      break;
  }
  runtime_.observe("auth_result", {{"status", to_string(result.status)},
                                   {"reason", to_string(result.reason)},
                                   {"user", std::string_view(result.user)},
                                   {"cached", cached}});
}

void Auth::observe_trouble(std::string_view step, std::string_view reason) {
  if (stopping_) return;  // what is being ended has no trouble worth telling
  runtime_.observe("auth_trouble", {{"step", step}, {"reason", reason}});
}

}  // namespace raceproof::gateway
