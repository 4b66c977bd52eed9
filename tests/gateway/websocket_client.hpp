// A blocking client for tests, on Boost.Beast and plain sockets: nothing of the gateway's own code.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace raceproof::gateway::testing {

/// What came from the server: a text frame, or the end.
struct Received {
  std::string text;
  /// 0 for a frame; 1006 when the connection ended without a close frame.
  int close_code = 0;
  std::string reason;
};

/// One connection to ws://127.0.0.1:port/ws.
class WebSocketClient {
 public:
  /// Connects and asks for the upgrade.
  explicit WebSocketClient(std::uint16_t port, std::string_view user = "alice");
  ~WebSocketClient();

  /// 101 when the upgrade was granted.
  [[nodiscard]] int status() const;
  /// The Retry-After of a refusal; empty when there was none.
  [[nodiscard]] std::string retry_after() const;
  void send(std::string_view text);
  void send_binary(std::string_view bytes);
  /// Blocks until something comes. Answers a close frame.
  Received receive();
  /// Closes with 1000 and waits for the server's part.
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Sends `bytes` and returns everything that comes until the server closes, or until `responses`
/// answers with a Content-Length have come.
std::string http_exchange(std::uint16_t port, std::string_view bytes, int responses = 1);
/// GET `path`; the whole answer.
std::string http_get(std::uint16_t port, std::string_view path);

}  // namespace raceproof::gateway::testing
