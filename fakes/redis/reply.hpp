// The replies of RESP2: writing them, and saying in a line of text what one says.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace raceproof::fakes::redis {

/// Appends replies to a string of bytes.
class ReplyWriter {
 public:
  explicit ReplyWriter(std::string& out) : out_(out) {}

  void status(std::string_view text) { line('+', text); }
  void ok() { out_ += "+OK\r\n"; }
  /// `text` begins with its code ("ERR ...", "WRONGTYPE ..."). Line ends in it become spaces, as a
  /// reply's text cannot hold any.
  void error(std::string_view text) { line('-', text); }
  void integer(std::int64_t value) { number(':', value); }
  void bulk(std::string_view bytes);
  void null() { out_ += "$-1\r\n"; }
  void null_array() { out_ += "*-1\r\n"; }
  /// Announces `size` replies, which the caller writes next.
  void array(std::size_t size) { number('*', static_cast<std::int64_t>(size)); }
  /// Replies that are RESP already.
  void raw(std::string_view bytes) { out_ += bytes; }

 private:
  void line(char type, std::string_view text);
  void number(char type, std::int64_t value);

  std::string& out_;
};

/// One line for observations: ":0", "+OK", "-NOSCRIPT No ...", "$5 hello", "$-1", "*3 $9 subscribe
/// ...". Longer than `limit` bytes it is cut and ends in "...". Line ends within bulks become
/// spaces.
std::string describe_reply(std::string_view reply, std::size_t limit = 200);

}  // namespace raceproof::fakes::redis
