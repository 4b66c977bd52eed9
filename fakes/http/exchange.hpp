// The answer to one request, as a handler gives it: whole, in pieces, or wrong.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fakes/http/request.hpp"
#include "runtime/runtime.hpp"

namespace raceproof::fakes::http {

/// Used on the connection's strand. A write throws system_error when the client has gone; the
/// handler need not catch it. Exactly one of: `answer`; `begin`, then `chunk` any number of times,
/// then `end`; anything cut short by `cut` or `reset`; or `raw`.
class Exchange {
 public:
  Exchange(Stream& stream, bool keep_alive) : stream_(stream), keep_alive_(keep_alive) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// A whole answer with its length. JSON unless `headers` has a Content-Type.
  Awaitable<> answer(unsigned status, std::string body, std::vector<Header> headers = {});
  /// The head of an answer that comes in chunks (RFC 9112 section 7.1).
  Awaitable<> begin(unsigned status, std::string content_type);
  /// One chunk; nothing is sent for an empty one, which would end the answer.
  Awaitable<> chunk(std::string bytes);
  /// The last chunk.
  Awaitable<> end();
  /// Sends bytes as they stand. The connection ends after this request.
  Awaitable<> raw(std::string bytes);
  /// Announces a body of this length and sends none of it; `cut` or `raw` may follow.
  Awaitable<> announce(unsigned status, std::size_t length);
  /// Ends the connection in order: the client reads end of file after what has been sent.
  void cut();
  /// Resets the connection: the client's read fails.
  void reset();

  /// Whether anything of an answer has been sent, or the connection was ended instead.
  [[nodiscard]] bool begun() const { return begun_; }
  /// Whether the connection can take the next request.
  [[nodiscard]] bool complete() const { return complete_ && keep_alive_; }

 private:
  Awaitable<> write(std::string bytes);
  [[nodiscard]] std::string head(unsigned status) const;

  Stream& stream_;
  bool keep_alive_;
  bool begun_ = false;
  bool complete_ = false;
};

}  // namespace raceproof::fakes::http
