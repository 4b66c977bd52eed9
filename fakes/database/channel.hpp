// One end of a conversation: messages in and out over a stream, the same for client and server.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <string>

#include "fakes/database/protocol.hpp"
#include "runtime/notice.hpp"
#include "runtime/runtime.hpp"

namespace raceproof::fakes::database {

/// Used on its stream's strand. Its reads and writes keep it alive, so it ends by `close`, `reset`,
/// the other end or an error.
class Channel : public std::enable_shared_from_this<Channel> {
 public:
  /// More messages than this waiting to be taken end the conversation.
  static constexpr std::size_t waiting_max = 1000;
  using Interrupt = std::move_only_function<void()>;

  Channel(Runtime& runtime, Stream stream);

  /// Begins to read. `on_cancel` runs for each `cancel`, which is not one of the messages.
  void start(Interrupt on_cancel = nullptr);
  /// The next message; none when the conversation is over. Throws operation_aborted when the caller
  /// is cancelled, which leaves the channel as it is.
  Awaitable<std::optional<Message>> receive(const char* what);
  /// Sends in the background.
  void send(const Message& message);
  /// Ends the conversation once everything is sent.
  void close();
  /// Ends it now, as a process that dies does.
  void reset();
  /// Waits until the conversation is over.
  Awaitable<> ended();
  /// Whether the other end is still there, as far as is known.
  [[nodiscard]] bool is_open() const { return !closed_ && !closing_; }
  /// Whether it was the other end that ended the conversation.
  [[nodiscard]] bool was_left() const { return left_; }
  [[nodiscard]] const std::string& peer() const { return stream_.peer_name(); }

 private:
  void read();
  bool take();
  void flush();
  void write_rest();
  void end();

  Stream stream_;
  MessageReader reader_;
  Interrupt on_cancel_;
  std::deque<Message> messages_;
  Notice arrived_;
  std::string queued_;       ///< what waits for the write in progress to end
  std::string in_flight_;    ///< what is being written
  std::size_t written_ = 0;  ///< bytes of `in_flight_` that have left
  bool writing_ = false;
  bool closing_ = false;  ///< close when everything is sent
  bool closed_ = false;
  bool left_ = false;
  std::array<char, 4096> input_;
};

}  // namespace raceproof::fakes::database
