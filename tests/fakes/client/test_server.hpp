// A small WebSocket server for the tests of the scripted client: what it does with each connection
// is a list, and what it saw is kept. Written against the seam, like the client.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "runtime/runtime.hpp"

namespace raceproof::fakes::client::test {

/// What the server does with one connection.
struct Behaviour {
  enum class Kind { accept, refuse, drop, hang };

  Kind kind = Kind::accept;
  int status = 503;                 ///< of `refuse`, and of an ordinary GET (200 for `accept`)
  std::vector<std::string> frames;  ///< sent once open
  int close = 0;                    ///< then close with this code; 0: echo until the client closes
  std::string reason;
  bool reset = false;       ///< then reset the connection
  std::string subprotocol;  ///< chosen, offered or not; none when empty
  bool deaf = false;        ///< then neither read nor write any more
};

/// What it saw, in order of arrival.
struct Seen {
  std::vector<std::string> paths;
  std::vector<std::string> authorizations;
  std::vector<std::string> offers;  ///< Sec-WebSocket-Protocol
  std::vector<std::string> traces;  ///< X-Trace
  std::vector<bool> binary;         ///< of each frame
  std::vector<std::string> frames;
  std::vector<int> closes;  ///< the client's close codes; 0 when a connection was lost without one
};

/// Serves each connection in turn by the next behaviour, the last one again and again.
class TestServer {
 public:
  TestServer(Runtime& runtime, std::vector<Behaviour> behaviours);
  /// Binds, to loopback unless told otherwise; port 0 lets the system choose.
  void listen(std::uint16_t port, const std::string& host = "127.0.0.1");
  [[nodiscard]] Endpoint endpoint() const { return {"127.0.0.1", listener_.port()}; }
  [[nodiscard]] const Seen& seen() const { return seen_; }

 private:
  Awaitable<> accept_all();
  Awaitable<> serve(Stream stream, Behaviour behaviour);

  Runtime& runtime_;
  Executor strand_;
  std::vector<Behaviour> behaviours_;
  std::size_t accepted_ = 0;
  Listener listener_;
  Seen seen_;
};

}  // namespace raceproof::fakes::client::test
