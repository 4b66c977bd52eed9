// HTTP/1.1 messages of one direction (RFC 9112) as lines: one for the head, one for a body.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "harness/trace/decode/text.hpp"

namespace raceproof::trace {

/// What the two directions of a connection must know of each other: a response to HEAD has no body,
/// and what follows an upgrade is HTTP only if the server refused it.
struct HttpExchange {
  static constexpr std::size_t pending_max = 1024;  ///< pipelined requests remembered

  struct Request {
    bool head_only;  ///< its response carries no body whatever its headers say
    bool upgrade;
  };
  std::deque<Request> pending;  ///< requests without a response yet
  bool switched = false;        ///< the server answered 101
};

/// Takes bytes in any split. Keeps at most head_max bytes of a head and preview_max of a body.
/// After something that is not HTTP it says so once and ignores the rest.
class HttpDecoder {
 public:
  static constexpr std::size_t head_max = 16384;
  static constexpr std::size_t preview_max = 256;

  HttpDecoder(bool from_client, HttpExchange& exchange)
      : from_client_(from_client), exchange_(exchange) {}

  /// Returns how many of `bytes` it took. Fewer than all where HTTP may end: after a request that
  /// asks for an upgrade until the server has answered, and after the answer 101. Lines: `GET /ws
  /// HTTP/1.1 (upgrade: websocket)`, `HTTP/1.1 503 Service Unavailable (retry-after: 10)`, `body 25
  /// bytes: "..."`.
  std::size_t feed(std::string_view bytes, Lines& lines);

 private:
  enum class State { head, fixed_body, chunk_size, chunk_data, trailer, endless_body, dead };
  using Headers = std::map<std::string, std::string>;  // names in lower case

  [[nodiscard]] bool paused() const;
  void feed_line_byte(char byte, Lines& lines);
  void finish_head(Lines& lines);
  void finish_request(std::string_view first_line, const Headers& headers, Lines& lines);
  void finish_response(std::string_view first_line, const Headers& headers, Lines& lines);
  void choose_body(const Headers& headers, State otherwise, Lines& lines);
  void finish_chunk_size(Lines& lines);
  void take_body(std::string_view bytes);
  void finish_body(Lines& lines);
  void give_up(std::string reason, Lines& lines);

  bool from_client_;
  HttpExchange& exchange_;
  State state_ = State::head;
  std::string text_;             // of the head, chunk size or trailer line being read
  std::uint64_t remaining_ = 0;  // bytes of the body or chunk
  std::uint64_t body_size_ = 0;  // read so far
  std::string preview_;          // first bytes of the body
};

}  // namespace raceproof::trace
