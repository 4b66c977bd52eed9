#include "gateway/connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "gateway/auth/credentials.hpp"
#include "gateway/messages.hpp"
#include "gateway/watchdog.hpp"
#include "runtime/task.hpp"

namespace raceproof::gateway {

namespace {

constexpr auto as_result = asio::as_tuple(use_awaitable);

bool is_health_path(std::string_view path) {
  return path == "/health/live" || path == "/health/ready" || path == "/health/startup";
}

}  // namespace

Connection::Connection(Services& services, Stream stream, bool over_limit)
    : services_(services),
      runtime_(services.runtime),
      strand_(stream.get_executor()),
      peer_(stream.peer_name()),
      stream_(std::move(stream)),
      reader_(std::in_place, services.settings.limits),
      over_limit_(over_limit) {}

Awaitable<> Connection::serve() {
  try {
    for (bool go_on = true; go_on && !stopping_;) {
      const ReadOutcome outcome = co_await read_request();
      switch (outcome) {
        case ReadOutcome::request: {
          HttpRequest request = reader_->take();
          go_on = co_await answer(request);
          break;
        }
        case ReadOutcome::timed_out:
          // An idle connection has asked for nothing, so nothing answers it.
          if (reader_->in_request()) {
            co_await fail(408, "request_timeout", "the request did not arrive in time");
          }
          go_on = false;
          break;
        case ReadOutcome::failed:
          co_await fail(reader_->failure_status(), "bad_request", reader_->failure());
          go_on = false;
          break;
        case ReadOutcome::ended:
          go_on = false;
          break;
      }
    }
    reader_.reset();  // most of a connection's life is the session's
    if (session_) end_.session = co_await session_->run(std::move(upgrade_), std::move(admission_));
  } catch (const boost::system::system_error& error) {
    const std::string reason = error.what();
    runtime_.observe("connection_failed", {{"peer", peer_}, {"reason", reason}});
  }
  session_.reset();
  stream_.close();
  stream_ = Stream();
}

Awaitable<> Connection::stop() {
  stopping_ = true;
  if (session_) session_->stop();
  if (waiting_) idle_.emit(asio::cancellation_type::terminal);
  co_return;
}

Awaitable<> Connection::abort() {
  stopping_ = true;
  if (session_) {
    session_->abort();
  } else {
    stream_.close();
  }
  co_return;
}

/// Reads until a request is complete, at most the request time-out.
Awaitable<Connection::ReadOutcome> Connection::read_request() {
  const HttpReader::Status buffered = reader_->parse();
  if (buffered == HttpReader::Status::request) co_return ReadOutcome::request;
  if (buffered == HttpReader::Status::failed) co_return ReadOutcome::failed;
  // One wait for the whole request; it cancels the read that is then pending.
  bool expired = false;
  Watchdog limit(runtime_, strand_);
  limit.arm(services_.settings.limits.request_timeout, "http request limit", [this, &expired] {
    expired = true;
    idle_.emit(asio::cancellation_type::terminal);
  });
  const ReadOutcome outcome = co_await read_more();
  limit.disarm();
  co_return expired&& outcome == ReadOutcome::ended ? ReadOutcome::timed_out : outcome;
}

Awaitable<Connection::ReadOutcome> Connection::read_more() {
  for (;;) {
    const HttpReader::Space space = reader_->prepare();
    waiting_ = !reader_->in_request();
    const auto [error, size] =
        co_await stream_.async_read_some(asio::buffer(space.data, space.size),
                                         asio::bind_cancellation_slot(idle_.slot(), as_result));
    waiting_ = false;
    if (error) co_return ReadOutcome::ended;
    reader_->commit(size);
    switch (reader_->parse()) {
      case HttpReader::Status::request:
        co_return ReadOutcome::request;
      case HttpReader::Status::failed:
        co_return ReadOutcome::failed;
      case HttpReader::Status::need_more:
        break;
    }
  }
}

/// Answers one request, with 500 when we fail at it; whether the connection goes on.
Awaitable<bool> Connection::answer(HttpRequest& request) {
  std::string failure;
  try {
    const bool go_on = co_await dispatch(request);
    co_return go_on;
  } catch (const boost::system::system_error&) {
    throw;  // the connection's end
  } catch (const std::exception& error) {
    failure = error.what();
  }
  runtime_.observe("request_failed",
                   {{"peer", peer_}, {"path", request.path}, {"reason", failure}});
  if (session_) co_return false;  // a WebSocket can only be cut
  if (end_.upgrade_asked) end_.refused_with = 500;
  HttpResponse response;
  response.status = 500;
  response.body = error_body("internal_error", "the request could not be answered");
  request.keep_alive = false;
  const bool go_on = co_await respond(request, std::move(response));
  co_return go_on;
}

Awaitable<bool> Connection::dispatch(HttpRequest& request) {
  const bool health = is_health_path(request.path);
  const bool metrics = request.path == "/metrics";
  if (!health && !metrics && request.path != "/ws") {
    return respond(request, {.status = 404, .body = error_body("not_found", "no such path")});
  }
  if (request.method != "GET") {
    return respond(request, {.status = 405,
                             .body = error_body("method_not_allowed", "only GET is allowed"),
                             .allow = "GET"});
  }
  if (metrics) return answer_metrics(request);
  return health ? answer_health(request) : upgrade(request);
}

Awaitable<bool> Connection::answer_metrics(HttpRequest& request) {
  HttpResponse response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = co_await services_.metrics();
  const bool go_on = co_await respond(request, std::move(response));
  co_return go_on;
}

Awaitable<bool> Connection::answer_health(HttpRequest& request) {
  HttpResponse response;
  if (request.path == "/health/live") {
    response.body = health_body("live");
  } else if (request.path == "/health/ready") {
    const Verdict verdict =
        co_await call(services_.readiness.strand(), services_.readiness.verdict());
    response.status = verdict.ready ? 200 : 503;
    response.body = health_body(verdict.ready ? "ready" : "not_ready", verdict.reason);
  } else {
    const StartupState state =
        co_await call(services_.readiness.strand(), services_.readiness.startup());
    const bool complete = state.status == StartupState::Status::complete;
    const bool failed = state.status == StartupState::Status::failed;
    response.status = complete ? 200 : 503;
    response.body =
        complete ? health_body("complete")
                 : health_body(failed ? "failed" : "starting", state.error, to_string(state.phase));
  }
  if (response.status == 503) response.retry_after_seconds = services_.settings.retry_after_seconds;
  const bool go_on = co_await respond(request, std::move(response));
  co_return go_on;
}

Awaitable<bool> Connection::upgrade(HttpRequest& request) {
  if (!request.is_upgrade) {
    HttpResponse response;
    response.status = 426;
    response.body = error_body("upgrade_required", "expected a WebSocket");
    const bool go_on = co_await respond(request, std::move(response));
    co_return go_on;
  }
  end_.upgrade_asked = true;
  Admission admission;
  admission.verdict = co_await call(services_.readiness.strand(), services_.readiness.verdict());
  const bool guarded = services_.settings.readiness.not_ready == NotReady::refuse;
  std::string refusal;
  if (over_limit_) {
    refusal = "too many sessions";
  } else if (stopping_) {
    refusal = "shutting down";
  } else if (!admission.verdict.ready && guarded && !services_.figures.guard_skipped) {
    refusal = admission.verdict.reason;
  }
  if (!refusal.empty()) {
    const bool go_on = co_await refuse(request, 503, "service_not_ready", std::move(refusal));
    co_return go_on;
  }
  if (services_.auth == nullptr) {
    admission.user = query_value(request.query, "user");
    if (admission.user.empty()) admission.user = "anonymous";
  } else {
    const AuthResult result = co_await authenticate(request, admission.subprotocol);
    if (result.status == AuthStatus::accepted) {
      admission.user = result.user;
    } else if (services_.settings.handshake.auth == AuthAt::upgrade) {
      const bool go_on = co_await refuse_unauthenticated(request, result);
      co_return go_on;
    } else {
      const bool rejected = result.status == AuthStatus::rejected;
      admission.refuse_with = rejected ? close_code::policy_violation : close_code::internal_error;
      admission.refuse_reason = "Authentication failed: " + std::string(to_string(result.reason));
    }
  }
  if (stopping_) {  // since the token was asked about
    const bool go_on = co_await refuse(request, 503, "service_not_ready", "shutting down");
    co_return go_on;
  }
  upgrade_ = std::move(request.upgrade);
  admission_ = std::move(admission);
  session_ = make_session(services_, std::move(stream_));
  co_return false;
}

/// Whose token the request carries; `subprotocol` is what a WebSocket is answered with.
Awaitable<AuthResult> Connection::authenticate(const HttpRequest& request,
                                               std::string& subprotocol) {
  const std::vector<std::string_view> authorization(request.authorization.begin(),
                                                    request.authorization.end());
  const std::vector<std::string_view> protocols(request.protocols.begin(), request.protocols.end());
  Credentials credentials = find_credentials(
      authorization, protocols, static_cast<std::size_t>(services_.settings.auth.max_token));
  subprotocol = std::move(credentials.subprotocol);
  if (credentials.reason != AuthReason::none) {
    runtime_.observe("auth_result", {{"status", to_string(AuthStatus::rejected)},
                                     {"reason", to_string(credentials.reason)},
                                     {"user", std::string_view()},
                                     {"cached", false}});
    co_return AuthResult::rejected(credentials.reason);
  }
  Auth& auth = *services_.auth;
  AuthResult result = co_await call(auth.strand(), auth.authenticate(std::move(credentials.token)));
  co_return result;
}

/// 401 for a bad token, 503 when nobody could say.
Awaitable<bool> Connection::refuse_unauthenticated(const HttpRequest& request,
                                                   const AuthResult& result) {
  const bool rejected = result.status == AuthStatus::rejected;
  const bool go_on =
      co_await refuse(request, rejected ? 401 : 503, rejected ? "unauthorized" : "auth_unavailable",
                      std::string(to_string(result.reason)));
  co_return go_on;
}

/// An answer in place of the upgrade; 503 with Retry-After.
Awaitable<bool> Connection::refuse(const HttpRequest& request, unsigned status,
                                   std::string_view code, std::string reason) {
  end_.refused_with = status;
  runtime_.observe("upgrade_refused",
                   {{"peer", peer_}, {"status", std::int64_t{status}}, {"reason", reason}});
  HttpResponse response;
  response.status = status;
  response.body = error_body(code, reason);
  if (status == 401) response.authenticate = "Bearer error=\"invalid_token\"";
  if (status == 503) response.retry_after_seconds = services_.settings.retry_after_seconds;
  const bool go_on = co_await respond(request, std::move(response));
  co_return go_on;
}

Awaitable<bool> Connection::respond(const HttpRequest& request, HttpResponse response) {
  response.keep_alive = request.keep_alive && !stopping_;
  const std::string bytes = to_bytes(response);
  const auto [error, size] = co_await asio::async_write(stream_, asio::buffer(bytes), as_result);
  if (error) co_return false;
  runtime_.observe(
      "http_response",
      {{"peer", peer_}, {"path", request.path}, {"status", std::int64_t{response.status}}});
  co_return response.keep_alive;
}

/// Answers what is not a request, and ends the connection.
Awaitable<bool> Connection::fail(unsigned status, std::string_view code, std::string_view text) {
  HttpRequest none;
  HttpResponse response;
  response.status = status;
  response.body = error_body(code, text);
  co_await respond(none, std::move(response));
  ErrorCode ignored;
  stream_.shutdown_send(ignored);
  co_return false;
}

}  // namespace raceproof::gateway
