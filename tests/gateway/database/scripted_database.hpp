// A database of which the test says what it answers, in a simulated process.
#pragma once

#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/database/transaction.hpp"
#include "harness/explore/decisions.hpp"
#include "harness/sim/world.hpp"
#include "runtime/task.hpp"

namespace raceproof::gateway::database::testing {

/// What a session is asked: the statement, or CONNECT, BEGIN, COMMIT, ROLLBACK.
struct Question {
  int session = 0;  ///< counted from 1
  std::string_view sql;
  const std::vector<Value>& parameters;
};

/// What it answers, and when.
struct Reply {
  Duration after = std::chrono::milliseconds(1);
  std::optional<Error> error;
  bool lost = false;   ///< the session is of no use afterwards
  bool hangs = false;  ///< no answer, ever
  Rows rows;
};

inline Reply refuse(std::string state, const std::string& message = "no") {
  Reply reply;
  reply.error.emplace(std::move(state), message);
  return reply;
}
inline Reply lose(std::string state = "08006") {
  Reply reply = refuse(std::move(state), "the connection was lost");
  reply.lost = true;
  return reply;
}
inline Reply hang() {
  Reply reply;
  reply.hangs = true;
  return reply;
}
/// Rows of one column.
inline Reply answer(std::vector<std::string> values) {
  Reply reply;
  for (auto& value : values) reply.rows.rows.push_back({std::move(value)});
  reply.rows.affected = static_cast<std::int64_t>(values.size());
  return reply;
}

class ScriptedDatabase final : public Database {
 public:
  using Script = std::function<Reply(const Question&)>;

  ScriptedDatabase(Runtime& runtime, const Script& script, std::vector<std::string>& log)
      : runtime_(runtime), script_(script), log_(log) {}
  Awaitable<std::unique_ptr<Session>> connect(Executor strand) override;

 private:
  friend class ScriptedSession;

  Runtime& runtime_;
  const Script& script_;
  std::vector<std::string>& log_;
  int sessions_ = 0;
};

/// What a test's body works with.
struct Parts {
  Runtime& runtime;
  Executor strand;
  Database& database;
  const DatabaseSettings& settings;
  std::shared_ptr<Pool> pool;
  Transactions& transactions;
};

/// Runs a body in a simulated process, in the usual order with the shortest delays.
class Bench {
 public:
  using Body = std::function<Awaitable<>(Parts&)>;

  DatabaseSettings settings;
  ScriptedDatabase::Script script = [](const Question&) { return Reply(); };
  /// "1 BEGIN", "1 SELECT 1", "1 closed" ..., in their order.
  std::vector<std::string> log;
  /// "transaction id=a number=1 attempt=1 status=begin" ..., in their order.
  std::vector<std::string> observed;

  /// Runs `body` to its end; a body that does not end is a failed test, unless `events` cuts it
  /// short.
  void run(Body body, std::uint32_t events = 0);
  /// Whether an observation holds all of `texts`.
  [[nodiscard]] int count_observed(std::initializer_list<std::string_view> texts) const;
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] std::size_t events() const { return events_; }

 private:
  struct Process;

  sim::World world_;
  bool ended_ = false;
  std::size_t events_ = 0;
};

/// The SQLSTATE and kind that `body` fails with, "40P01 deadlock"; "none" when it does not.
Awaitable<std::string> failure_of(Awaitable<> body);
/// Milliseconds since the start.
std::int64_t now_ms(Runtime& runtime);

}  // namespace raceproof::gateway::database::testing
