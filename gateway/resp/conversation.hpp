// Which reply answers which command; no I/O.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/resp/reader.hpp"
#include "gateway/resp/reply.hpp"

namespace raceproof::gateway::resp {

/// One RESP2 connection's dialogue: replies answer commands in their order; messages of subscribed
/// channels arrive between them and go to a handler of their own.
class Conversation {
 public:
  /// Takes the reply, or nothing when the dialogue ended before it came.
  using ReplyHandler = std::move_only_function<void(std::optional<Reply>)>;
  using MessageHandler = std::move_only_function<void(std::string_view channel, std::string_view)>;

  explicit Conversation(MessageHandler on_message) : on_message_(std::move(on_message)) {}

  /// Notes that a command has been given to the connection.
  void sent(ReplyHandler handler) { waiting_.push_back(std::move(handler)); }
  /// Takes bytes; calls the handlers of what is complete. An error text when the dialogue cannot go
  /// on: bytes that are not RESP, or a reply to no command.
  std::optional<std::string> received(std::string_view bytes);
  /// Ends the dialogue: every waiting command gets nothing.
  void end();
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

 private:
  Reader reader_;
  MessageHandler on_message_;
  std::deque<ReplyHandler> waiting_;
};

}  // namespace raceproof::gateway::resp
