// A connection to Redis: pipelined commands with time-outs over a stream.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "gateway/resp/conversation.hpp"
#include "runtime/notice.hpp"
#include "runtime/runtime.hpp"

namespace raceproof::gateway::resp {

/// The outcome of a command: a reply (which may be an error of Redis), or why there is none.
struct Answer {
  enum class Status { replied, timed_out, lost };
  Status status = Status::lost;
  Reply reply;

  [[nodiscard]] bool replied() const { return status == Status::replied; }
  /// For people: the reply, or "time-out", or "connection lost".
  [[nodiscard]] std::string describe() const;
};

/// Lives on its stream's strand. Its reads and writes keep it alive, so it ends by `close()`, by
/// the peer or by an error, and its pending commands then end with `lost`.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using LostHandler = std::move_only_function<void()>;

  Connection(Runtime& runtime, Stream stream, Conversation::MessageHandler on_message);

  /// Begins to read. `on_lost` runs once, when the connection ends other than by `close()`.
  void start(LostHandler on_lost);
  /// Sends an encoded command and waits for its reply until `deadline`. A command that timed out or
  /// was cancelled leaves the connection intact: its reply is dropped when it comes.
  Awaitable<Answer> command(std::string request, Instant deadline, const char* what);
  void close();
  [[nodiscard]] bool is_open() const { return !closed_; }
  /// Why it ended, when it did.
  [[nodiscard]] const std::string& reason() const { return reason_; }

 private:
  struct Pending;

  void read();
  void flush();
  void write_rest();
  void lose(std::string reason);
  void end();

  Runtime& runtime_;
  Stream stream_;
  Conversation conversation_;
  LostHandler on_lost_;
  std::string reason_;
  bool closed_ = false;
  bool writing_ = false;
  std::string queued_;       // commands that wait for the write in progress to end
  std::string in_flight_;    // what is being written
  std::size_t written_ = 0;  // bytes of `in_flight_` that have left
  std::array<char, 2048> input_;
};

}  // namespace raceproof::gateway::resp
