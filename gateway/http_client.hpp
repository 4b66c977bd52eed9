// HTTP/1.1 towards other services: one request at a time on a connection, answers whole or as a
// stream of lines. Boost.Beast is compiled in http_client.cpp only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/runtime.hpp"

namespace raceproof::gateway {

/// What is asked. `headers` beyond Host, User-Agent, Content-Length and Connection. Give it a name
/// before awaiting: g++ 12 destroys an aggregate temporary in an operand of co_await twice.
struct HttpCall {
  std::string method = "GET";
  std::string target = "/";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

/// What came back.
struct HttpAnswer {
  unsigned status = 0;
  std::string body;
};

/// An answer that comes line by line (newline-delimited JSON, usually chunked). On the strand that
/// asked for it; cancelling a read ends the stream. Destroying it closes the connection.
class HttpLines {
 public:
  HttpLines() = default;
  HttpLines(const HttpLines&) = delete;
  HttpLines& operator=(const HttpLines&) = delete;
  virtual ~HttpLines() = default;

  [[nodiscard]] virtual unsigned status() const = 0;
  /// The next line without its end; nothing at the end of a complete answer. Throws system_error
  /// when the answer is cut off, is not HTTP, or a line exceeds 64 KiB.
  virtual Awaitable<std::optional<std::string>> next() = 0;
};

/// Sends one request on a connection of its own and takes the whole answer, at most 1 MiB. Throws
/// system_error: no connection, cut off, not HTTP. Cancellable; time-outs are the caller's.
Awaitable<HttpAnswer> http_fetch(Runtime& runtime, Endpoint to, HttpCall call);
/// Sends one request on a connection of its own and returns when the header of its answer is there.
Awaitable<std::unique_ptr<HttpLines>> http_lines(Runtime& runtime, Endpoint to, HttpCall call);

}  // namespace raceproof::gateway
