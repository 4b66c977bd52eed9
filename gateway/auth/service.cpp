#include "gateway/auth/service.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "gateway/auth/jwt.hpp"
#include "runtime/time_limit.hpp"

namespace raceproof::gateway {

using nlohmann::json;

namespace {

constexpr unsigned ok = 200;
constexpr unsigned server_error = 500;

ServiceAnswer failed(AuthReason reason, bool retryable, std::string problem) {
  return {AuthResult::unavailable(reason), std::nullopt, retryable, std::move(problem)};
}

/// The reason that a service gives for a refusal; one that we do not know is a revocation, too.
AuthReason reason_named(const std::string& name) {
  const auto& names = auth_reason_names;
  const auto it = std::find(names.begin(), names.end(), name);
  if (it == names.end()) return AuthReason::revoked;
  const auto reason = static_cast<AuthReason>(it - names.begin());
  const bool is_refusal = reason >= AuthReason::malformed && reason <= AuthReason::revoked;
  return is_refusal ? reason : AuthReason::revoked;
}

}  // namespace

ServiceAnswer read_validation(const HttpAnswer& answer) {
  const std::string status = std::to_string(answer.status);
  if (answer.status >= server_error) {
    return failed(AuthReason::service_error, true, "status " + status);
  }
  if (answer.status != ok) return failed(AuthReason::service_error, false, "status " + status);
  const json body = json::parse(answer.body, nullptr, false);
  const auto valid = body.is_object() ? body.find("valid") : body.end();
  if (!body.is_object() || valid == body.end() || !valid->is_boolean()) {
    return failed(AuthReason::service_error, false, "an answer that says nothing");
  }
  const auto text_of = [&body](const char* name) {
    const auto it = body.find(name);
    return it != body.end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  if (!valid->get<bool>()) {
    return {AuthResult::rejected(reason_named(text_of("reason"))), std::nullopt, false, {}};
  }
  std::string user = text_of("user");
  if (!is_user_name(user)) {
    return failed(AuthReason::service_error, false, "a valid token without a user");
  }
  ServiceAnswer accepted{AuthResult::accepted(std::move(user)), std::nullopt, false, {}};
  if (const auto it = body.find("exp"); it != body.end() && it->is_number_integer()) {
    accepted.expires = clamp_unix_time(it->get<double>());
  }
  return accepted;
}

Awaitable<AuthService::Outcome> AuthService::fetch(HttpCall call) {
  Outcome outcome;
  try {
    const Endpoint to(*settings_.host, static_cast<std::uint16_t>(settings_.port));
    outcome.answer = co_await http_fetch(runtime_, to, std::move(call));
  } catch (const boost::system::system_error& error) {
    outcome.problem = error.what();
  }
  co_return outcome;
}

/// Sends one request; at most the time-out.
Awaitable<AuthService::Outcome> AuthService::ask(HttpCall call) {
  auto in_time =
      co_await within(runtime_, settings_.timeout, "auth service limit", fetch(std::move(call)));
  if (in_time) co_return std::move(*in_time);
  Outcome outcome;
  outcome.timed_out = true;
  outcome.problem = "time-out";
  co_return outcome;
}

Awaitable<ServiceAnswer> AuthService::validate(std::string token) {
  HttpCall call;
  call.method = "POST";
  call.target = "/validate";
  call.headers.emplace_back("Content-Type", "application/json");
  // The token's bytes are whatever a client sent.
  const json body{{"token", std::move(token)}};
  call.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  Outcome outcome = co_await ask(std::move(call));
  if (outcome.problem.empty()) co_return read_validation(outcome.answer);
  const auto reason = outcome.timed_out ? AuthReason::service_timeout : AuthReason::service_error;
  co_return failed(reason, true, std::move(outcome.problem));
}

Awaitable<std::string> AuthService::check_health() {
  HttpCall call;
  call.target = "/health";
  Outcome outcome = co_await ask(std::move(call));
  if (outcome.problem.empty() && outcome.answer.status != ok) {
    outcome.problem = "status " + std::to_string(outcome.answer.status);
  }
  co_return std::move(outcome.problem);
}

Awaitable<AuthService::FetchedKeys> AuthService::fetch_keys() {
  HttpCall call;
  call.target = *settings_.jwt.key_set;
  Outcome outcome = co_await ask(std::move(call));
  FetchedKeys fetched;
  fetched.problem = std::move(outcome.problem);
  if (!fetched.problem.empty()) co_return fetched;
  if (outcome.answer.status != ok) {
    fetched.problem = "status " + std::to_string(outcome.answer.status);
    co_return fetched;
  }
  try {
    fetched.keys = read_key_set(outcome.answer.body);
  } catch (const std::invalid_argument& error) {
    fetched.problem = error.what();
  }
  co_return fetched;
}

}  // namespace raceproof::gateway
