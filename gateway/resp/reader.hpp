// Bytes to replies, by hiredis' reader; no I/O.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/resp/reply.hpp"

struct redisReader;

namespace raceproof::gateway::resp {

/// An incremental parser. After a protocol error it stays broken: the connection must be closed. So
/// it does after an array of more than 65,536 elements, and when more than 16 MiB have come and the
/// reply is still not complete.
class Reader {
 public:
  Reader();
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;
  ~Reader();

  /// Takes bytes as they come.
  void feed(std::string_view bytes);
  /// The next whole reply; nothing when more bytes are needed or the bytes are not RESP.
  std::optional<Reply> next();
  [[nodiscard]] bool broken() const;
  /// What is wrong with the bytes, when broken.
  [[nodiscard]] std::string error() const;

 private:
  struct Free {
    void operator()(redisReader* reader) const;
  };
  std::unique_ptr<redisReader, Free> reader_;
  bool too_long_ = false;
};

}  // namespace raceproof::gateway::resp
