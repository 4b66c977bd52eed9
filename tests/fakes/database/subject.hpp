// What the contract suite can be run on: a database, real or not, that plays conversations.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/fakes/database/conversation.hpp"

namespace raceproof::fakes::database::test {

class Subject {
 public:
  virtual ~Subject() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  /// Plays each conversation on sessions of its own; for each, one answer for each step.
  virtual std::vector<std::vector<std::string>> play(
      const std::vector<Conversation>& conversations) = 0;
};

/// PostgreSQL through adapters/postgres. `name` is its version, "PostgreSQL 15.18".
std::unique_ptr<Subject> start_real_postgres();

/// The fake in the simulated world.
std::unique_ptr<Subject> start_fake_simulated();

}  // namespace raceproof::fakes::database::test
