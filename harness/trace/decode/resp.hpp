// RESP2 requests and replies of one direction (Redis serialization protocol) as lines, by hiredis'
// reader.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "harness/trace/decode/text.hpp"

struct redisReader;

namespace raceproof::trace {

/// Takes bytes in any split. Memory is bounded by what was fed of one value. After a violation of
/// the protocol it says so once and ignores the rest.
class RespDecoder {
 public:
  static constexpr std::size_t inline_max = 65536;  ///< of an inline command, as in Redis

  explicit RespDecoder(bool from_client);
  ~RespDecoder();
  RespDecoder(RespDecoder&&) = delete;

  /// Requests as typed at redis-cli (`SUBSCRIBE gateway:1`; what follows AUTH is hidden). Replies
  /// with their type: `:0`, `+OK`, `-NOSCRIPT ...`, `$5 hello`, `$-1`, `*3 subscribe gateway:1 :1`.
  void feed(std::string_view bytes, Lines& lines);

 private:
  void feed_inline(char byte, Lines& lines);
  void feed_value(char byte, Lines& lines);

  enum class State { between, value, inline_command, dead };
  struct ReaderDeleter {
    void operator()(redisReader* reader) const;
  };

  bool from_client_;
  State state_ = State::between;
  std::unique_ptr<redisReader, ReaderDeleter> reader_;
  std::string inline_;
};

}  // namespace raceproof::trace
