// Conversations of several sessions with one database: who says what, in which order. Free of I/O,
// so that every subject of the contract suite plays the same ones.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/ports/database.hpp"

namespace raceproof::fakes::database::test {

struct Step {
  enum class Kind {
    begin,  ///< `text` is the isolation level
    commit,
    rollback,
    query,
    cancel,  ///< gives up on the statement in progress and closes the session
  };
  std::size_t session = 0;
  Kind kind = Kind::query;
  std::string text;
  std::vector<gateway::database::Value> parameters;
  std::string line;  ///< as it was written, for messages
};

struct Conversation {
  std::string name;
  std::vector<std::string> preparation;  ///< statements that come before, each of which succeeds
  std::vector<Step> steps;
  std::size_t sessions = 0;
};

/// Reads steps such as "A: BEGIN", "B: BEGIN REPEATABLE READ", "A: UPDATE %t SET n = $1 | 5",
/// "B: COMMIT", "A: ROLLBACK", "B: CANCEL". Parameters follow behind " | ", NULL stands for itself;
/// % stands for the conversation's own prefix of the names of its tables.
Conversation make_conversation(std::string name, std::vector<std::string> preparation,
                               const std::vector<std::string>& lines);

/// The conversation as `subject` number `ordinal` of the suite: % becomes a prefix of its own.
Conversation with_own_tables(Conversation conversation, std::size_t ordinal);

/// Every rule of the fake, one conversation each.
std::vector<Conversation> written_conversations();

/// What the gateway says (gateway/database/statements.hpp), alone and against itself.
std::vector<Conversation> gateway_conversations();

/// `count` conversations made from a seed: statements of several sessions over a small schema.
std::vector<Conversation> generated_conversations(std::uint64_t seed, std::size_t count);

}  // namespace raceproof::fakes::database::test
