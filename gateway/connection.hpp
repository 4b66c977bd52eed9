// One client connection: HTTP requests one after another, until one of them becomes a WebSocket
// session.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "gateway/http.hpp"
#include "gateway/session.hpp"
#include "runtime/runtime.hpp"

namespace raceproof::gateway {

/// What a connection has been, for the figures.
struct ConnectionEnd {
  bool upgrade_asked = false;
  unsigned refused_with = 0;  ///< HTTP status of the last upgrade that was refused; 0 for none
  SessionEnd session;
};

/// Lives on its stream's strand.
class Connection {
 public:
  /// `services` must outlive it. `over_limit`: an upgrade is refused.
  Connection(Services& services, Stream stream, bool over_limit);

  [[nodiscard]] const Executor& strand() const { return strand_; }

  /// Serves to the end; throws nothing.
  Awaitable<> serve();
  /// Ends idle connections, and sessions with 1001; a request in progress is still answered.
  Awaitable<> stop();
  /// Cuts the connection.
  Awaitable<> abort();
  /// What it has been; once `serve` has returned.
  [[nodiscard]] const ConnectionEnd& end() const { return end_; }

 private:
  enum class ReadOutcome { request, timed_out, ended, failed };

  Awaitable<ReadOutcome> read_request();
  Awaitable<ReadOutcome> read_more();
  Awaitable<bool> answer(HttpRequest& request);
  Awaitable<bool> dispatch(HttpRequest& request);
  Awaitable<bool> answer_metrics(HttpRequest& request);
  Awaitable<bool> answer_health(HttpRequest& request);
  Awaitable<bool> upgrade(HttpRequest& request);
  Awaitable<bool> respond(const HttpRequest& request, HttpResponse response);
  Awaitable<bool> fail(unsigned status, std::string_view code, std::string_view text);
  Awaitable<AuthResult> authenticate(const HttpRequest& request, std::string& subprotocol);
  Awaitable<bool> refuse_unauthenticated(const HttpRequest& request, const AuthResult& result);
  Awaitable<bool> refuse(const HttpRequest& request, unsigned status, std::string_view code,
                         std::string reason);

  Services& services_;
  Runtime& runtime_;
  Executor strand_;
  std::string peer_;
  Stream stream_;
  std::optional<HttpReader> reader_;  // until the upgrade
  asio::cancellation_signal idle_;    // ends the wait for a request
  std::shared_ptr<Session> session_;
  UpgradeRequest upgrade_;  // what the session begins with
  Admission admission_;
  ConnectionEnd end_;
  bool over_limit_;
  bool stopping_ = false;
  bool waiting_ = false;  // for a request that has not begun
};

}  // namespace raceproof::gateway
