// Plays conversations over the database port: the same code whatever is behind it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/ports/database.hpp"
#include "runtime/runtime.hpp"
#include "tests/fakes/database/conversation.hpp"

namespace raceproof::fakes::database::test {

/// One session of a conversation, and what its statement in progress came to.
struct PlayedSession {
  std::unique_ptr<gateway::database::Session> session;
  std::string id;  ///< what the subject knows it by
  bool waiting = false;
  bool closed = false;
  std::string answer;  ///< once it does not wait any more
  asio::cancellation_signal cancel;
};
using PlayedSessions = std::vector<std::unique_ptr<PlayedSession>>;

/// How one subject tells that what can happen has happened.
class Settling {
 public:
  virtual ~Settling() = default;
  /// Called once for each new session.
  virtual Awaitable<> opened(PlayedSession& session) = 0;
  /// Before a statement that may wait, while others do: until none of them will look for a deadlock
  /// any more, so that only the one that closes a circle can find it.
  virtual Awaitable<> before_statement() = 0;
  /// Returns when every session either has its answer or waits for another.
  virtual Awaitable<> settle(const PlayedSessions& sessions) = 0;
  /// Returns when the server has given up a cancelled session.
  virtual Awaitable<> gone(const PlayedSession& session) = 0;
};

/// What became known after each step, one text for each: "A: ...; B: ...".
Awaitable<std::vector<std::string>> play(Runtime& runtime, Executor strand,
                                         gateway::database::Database& database,
                                         const Conversation& conversation, Settling& settling);

}  // namespace raceproof::fakes::database::test
