// One WebSocket connection of a client over the seam's `Stream`. Boost.Beast stays in the source,
// so that the script interpreter compiles without it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/runtime.hpp"

namespace raceproof::fakes::client {

/// What a connection tells its owner, on its strand, at the moment it happens.
class ConnectionEvents {
 public:
  virtual ~ConnectionEvents() = default;
  /// A whole data frame; `payload` is valid during the call.
  virtual void on_frame(std::string_view payload) = 0;
  /// The peer's close frame; 1005 when it carries no code (RFC 6455 section 7.1.5).
  virtual void on_close(int code, std::string_view reason) = 0;
  /// Nothing more will come. No error after an orderly close. Last call, and from now on the
  /// connection may be destroyed.
  virtual void on_end(ErrorCode error) = 0;
};

/// HTTP status of an accepted upgrade.
inline constexpr int switching_protocols = 101;

/// How an HTTP request was answered.
struct Answer {
  ErrorCode error;            ///< set when there was no HTTP answer
  int status = 0;             ///< HTTP status otherwise; 101 when upgraded
  std::string subprotocol{};  ///< chosen by the server
};

/// What an upgrade asks for.
struct UpgradeRequest {
  std::string host;
  std::string target;
  std::string bearer;                          ///< the token in `Authorization`; none when empty
  std::vector<std::string> subprotocols;       ///< offered, in this order
  std::map<std::string, std::string> headers;  ///< further ones; they replace those above
};

/// Owned by one strand. A connection that has begun to read outlives `on_end`.
class Connection {
 public:
  Connection(Stream stream, ConnectionEvents& events);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  /// Sends the upgrade request and reads the answer (RFC 6455 section 4.1). `request` stays valid
  /// until it returns. A server that chooses a subprotocol that was not offered is left with
  /// protocol_error.
  Awaitable<Answer> upgrade(const UpgradeRequest& request);
  /// After a 101: reports frames from now on.
  void start_reading();
  /// Stops reading, or goes on. What a read that is pending brings is still reported.
  void pause_reading(bool paused);
  /// Sends one frame. `text` stays valid until it returns.
  Awaitable<ErrorCode> send(std::string_view text, bool binary);
  /// Sends a close frame, waits for the peer's and for the end of the transport. Not after
  /// `on_close`.
  Awaitable<ErrorCode> close(int code, std::string_view reason);
  /// Resets the transport; what is pending completes with an error.
  void reset();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// GET `path` with HTTP/1.1 and `Connection: close`. `stream` stays valid until it returns.
Awaitable<Answer> http_get(Stream& stream, const std::string& host, const std::string& path);

}  // namespace raceproof::fakes::client
