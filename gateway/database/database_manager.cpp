#include "gateway/database/database_manager.hpp"

#include <utility>

#include "gateway/backoff.hpp"
#include "gateway/database/migrations.hpp"
#include "gateway/database/statements.hpp"
#include "runtime/time_limit.hpp"

namespace raceproof::gateway::database {

namespace {

/// Waits between attempts to reach a database that is not there.
const ReconnectSettings reconnect{std::chrono::milliseconds(500), 2, std::chrono::seconds(10)};

}  // namespace

DatabaseManager::DatabaseManager(Runtime& runtime, Database& database,
                                 const DatabaseSettings& settings, std::string instance,
                                 StateHandler on_state)
    : runtime_(runtime),
      settings_(settings),
      on_state_(std::move(on_state)),
      strand_(runtime.make_strand("database")),
      state_(runtime, strand_),
      lost_(runtime, strand_),
      pool_(std::make_shared<Pool>(runtime, database, settings, strand_)),
      transactions_(runtime, settings, pool_, [this] { lost_.notify(); }),
      store_(settings, transactions_, strand_, std::move(instance)),
      tasks_(runtime, strand_) {}

Awaitable<> DatabaseManager::start() {
  std::string last_reason;
  const bool in_time = co_await within(runtime_, settings_.startup_timeout,
                                       "database startup limit", connect_and_migrate(last_reason));
  if (!in_time) {
    throw DatabaseError(ErrorKind::connection, "08001",
                        "not reached in time" + (last_reason.empty() ? "" : ": " + last_reason));
  }
  set_connected(true);
  lost_.clear();  // what startup has survived
  tasks_.spawn("database health", monitor_health());
  tasks_.spawn("database housekeeping", pool_->keep_house());
}

/// Tries until the tables are there; throws what no new try can mend.
Awaitable<> DatabaseManager::connect_and_migrate(std::string& last_reason) {
  for (Backoff backoff(reconnect);;) {
    try {
      co_await migrate(runtime_, transactions_);
      co_return;
    } catch (const DatabaseError& error) {
      observe_trouble("startup", error);
      last_reason = error.what();
      // A step whose commit was not answered is found done, or done again.
      const bool may_pass =
          is_retryable(error.kind()) || error.kind() == ErrorKind::outcome_unknown;
      if (!may_pass) throw;
    }
    co_await runtime_.sleep_for(backoff.next(), "database reconnect");
  }
}

Awaitable<> DatabaseManager::stop() {
  co_await tasks_.stop();
  pool_->stop();
  set_connected(false);
}

/// Looks from time to time, and at once when a session was lost; while nothing answers, ever more
/// seldom.
Awaitable<> DatabaseManager::monitor_health() {
  Backoff backoff(reconnect);
  for (;;) {
    if (state_->connected) {
      co_await lost_.wait_until(runtime_.now() + settings_.health_interval, "database health");
    } else {
      co_await runtime_.sleep_for(backoff.next(), "database reconnect");
    }
    lost_.clear();
    const bool answered = co_await probe();
    if (answered) backoff.reset();
    set_connected(answered);
  }
}

/// Whether a statement is answered. A pool of which every session is in use is no bad news.
Awaitable<bool> DatabaseManager::probe() {
  try {
    Lease lease = co_await pool_->acquire();
    Transaction alone(runtime_, settings_, lease.session());
    co_await alone.query(statements::probe);
  } catch (const DatabaseError& error) {
    if (error.kind() == ErrorKind::exhausted) co_return state_->connected;
    observe_trouble("health", error);
    pool_->discard_idle();
    co_return false;
  }
  co_return true;
}

void DatabaseManager::set_connected(bool connected) {
  if (state_->connected == connected) return;
  state_->connected = connected;
  if (connected) ++state_->epoch;
  runtime_.observe("state",
                   {{"subject", "database"}, {"property", "connected"}, {"value", connected}});
  if (on_state_) on_state_(*state_);
}

void DatabaseManager::observe_trouble(std::string_view step, const DatabaseError& error) {
  runtime_.observe("database_trouble", {{"step", step},
                                        {"kind", to_string(error.kind())},
                                        {"sqlstate", error.sqlstate()},
                                        {"reason", error.what()}});
}

}  // namespace raceproof::gateway::database
