// The gateway's side of its database: pool, migrations, store, and whether it can be reached.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "gateway/database/store.hpp"
#include "runtime/confined.hpp"
#include "runtime/notice.hpp"
#include "runtime/task.hpp"

namespace raceproof::gateway::database {

/// What is known about the database.
struct DatabaseState {
  /// A statement was answered, and no later look failed.
  bool connected = false;
  /// Counts how often it became connected, so that a flicker shows.
  std::uint64_t epoch = 0;
};

/// One instance's use of the database. Everything but the constructor, `strand()` and `store()`
/// runs on its own strand.
///
/// Observes state{subject: database, property: connected, value}, and database_trouble{step:
/// startup or health, kind, sqlstate, reason}.
class DatabaseManager {
 public:
  /// Runs on the manager's strand after every change.
  using StateHandler = std::function<void(const DatabaseState&)>;

  /// `database` and `settings` must outlive the manager and whatever still uses its sessions.
  DatabaseManager(Runtime& runtime, Database& database, const DatabaseSettings& settings,
                  std::string instance, StateHandler on_state = {});

  [[nodiscard]] const Executor& strand() const { return strand_; }
  /// Where runs are kept; called into by `call(store().strand(), ...)`.
  [[nodiscard]] RunStore& store() { return store_; }
  [[nodiscard]] const DatabaseState& state() const { return *state_; }
  [[nodiscard]] PoolFigures figures() const { return pool_->figures(); }
  /// The same for callers from other strands.
  [[nodiscard]] Awaitable<PoolFigures> ask_figures() const { co_return pool_->figures(); }

  /// Connects and migrates; returns when the tables are there. While the server cannot be reached
  /// it tries again, for `startup_timeout`. Throws DatabaseError, whose message says at what it
  /// failed. Then looks after the pool and the connection in the background.
  Awaitable<> start();
  /// Ends the tasks and closes the sessions; what still waits for one is refused.
  Awaitable<> stop();

 private:
  Awaitable<> connect_and_migrate(std::string& last_reason);
  Awaitable<> monitor_health();
  Awaitable<bool> probe();
  void set_connected(bool connected);
  void observe_trouble(std::string_view step, const DatabaseError& error);

  Runtime& runtime_;
  const DatabaseSettings& settings_;
  StateHandler on_state_;
  Executor strand_;
  Confined<DatabaseState> state_;
  Notice lost_;  // a session was lost
  std::shared_ptr<Pool> pool_;
  Transactions transactions_;
  Store store_;
  TaskScope tasks_;
};

}  // namespace raceproof::gateway::database
