// How the client half and the server talk: every message is an array of texts, some of them NULL,
// in the form of a RESP2 array of bulk strings, so that a recorded conversation can be read.
//
//   connect | begin LEVEL | commit | rollback | query SQL PARAMETER... | cancel
//   rows AFFECTED COLUMNS NAME... VALUE... | error SQLSTATE MESSAGE
//
// Each request but `cancel` has one answer. `cancel` ends the request in progress, if there is one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/ports/database.hpp"

namespace raceproof::fakes::database {

using Message = std::vector<gateway::database::Value>;

std::string encode(const Message& message);

Message to_message(const gateway::database::Rows& rows);
Message to_message(const gateway::database::Error& error);
/// The rows of an answer; throws the Error that it is, or one without SQLSTATE when it is neither.
gateway::database::Rows to_rows(Message message);

/// Cuts bytes into messages.
class MessageReader {
 public:
  /// Longer texts and messages of more texts end the conversation.
  static constexpr std::size_t text_max = 64UL * 1024 * 1024;
  static constexpr std::size_t texts_max = 1'000'000;

  void feed(std::string_view bytes) { bytes_ += bytes; }
  /// The next complete message, if there is one.
  std::optional<Message> next();
  /// What came is no message; nothing more is read.
  [[nodiscard]] bool broken() const { return broken_; }

 private:
  std::optional<long> header(char kind, std::size_t& at, long max);

  std::string bytes_;
  bool broken_ = false;
};

}  // namespace raceproof::fakes::database
