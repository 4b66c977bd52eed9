// The requests of the Redis serialization protocol (RESP2), free of I/O: bytes in, argument lists
// out. Follows what redis-server 7.0 accepts, inline commands and the texts of its protocol errors
// included.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace raceproof::fakes::redis {

/// Turns the bytes of one connection into requests. After an error the connection must be closed:
/// the parser stays in the error state.
class RequestParser {
 public:
  enum class Status {
    need_more,  ///< no complete request is buffered
    request,    ///< one request was taken from the buffer
    error,      ///< the bytes are not RESP; `error()` says why
  };

  /// Limits of redis-server 7.0: bytes of a line without its end, of one argument, and arguments.
  static constexpr std::size_t line_bytes_max = 64 * 1024;
  static constexpr std::int64_t argument_bytes_max = 512LL * 1024 * 1024;
  static constexpr std::int64_t arguments_max = 2147483647;

  /// Room for at least `size` more bytes; what is written there counts after `commit`. Invalidates
  /// the arguments of the request taken last.
  std::span<char> prepare(std::size_t size);
  void commit(std::size_t size) { end_ += size; }
  /// Appends `bytes`: `prepare`, copy, `commit`.
  void feed(std::string_view bytes);

  /// Takes the next request. Its arguments point into the parser and stay valid until bytes are
  /// added or the next request is taken. Empty requests are skipped, as Redis does.
  Status next(std::vector<std::string_view>& arguments);

  /// What is wrong, as Redis words it after "ERR Protocol error: ".
  [[nodiscard]] const std::string& error() const { return error_; }
  /// Whether Redis's narrow limits for clients that have yet to authenticate apply.
  void restrict_to_unauthenticated(bool restricted) { restricted_ = restricted; }

 private:
  struct Slice {
    std::size_t offset;  ///< from the start of the request
    std::size_t size;
  };

  [[nodiscard]] std::string_view unread() const {
    return std::string_view(buffer_.data() + position_, end_ - position_);
  }
  Status fail(std::string text);
  Status next_inline(std::vector<std::string_view>& arguments);
  Status begin_array();
  Status next_array(std::vector<std::string_view>& arguments);
  Status begin_bulk();
  void begin_request();

  std::string buffer_;        ///< bytes [start_, end_) are buffered, the rest is room
  std::size_t start_ = 0;     ///< where the current request begins
  std::size_t position_ = 0;  ///< what of it has been parsed
  std::size_t end_ = 0;
  std::int64_t remaining_ = 0;     ///< arguments still missing; 0 outside an array
  std::int64_t bulk_length_ = -1;  ///< size of the argument being read; -1 before its header
  std::vector<Slice> slices_;
  std::vector<std::string> inline_arguments_;
  std::string error_;
  bool failed_ = false;
  bool restricted_ = false;
};

/// Splits a line as an inline command is split: at white space, with double quotes (escapes \n \r
/// \t \b \a \xHH) and single quotes (escape \'). False when quotes are unbalanced.
bool split_inline(std::string_view line, std::vector<std::string>& arguments);

}  // namespace raceproof::fakes::redis
