// The port behind which a database lies: what the gateway needs of one PostgreSQL session, and no
// more. Pool, retries, classification of errors and the statements themselves are above it, so that
// they are the same code over the fake and over libpq.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/runtime.hpp"

namespace raceproof::gateway::database {

/// A value as text in PostgreSQL's output format; nothing is NULL.
using Value = std::optional<std::string>;

/// What a statement answered.
struct Rows {
  std::vector<std::string> columns;
  std::vector<std::vector<Value>> rows;
  /// Rows inserted, updated or deleted; of a SELECT, the rows returned.
  std::int64_t affected = 0;
};

/// What the server (or the connection to it) said no with. `sqlstate` is PostgreSQL's five
/// characters (appendix A of its manual); 08006 when the connection was lost, 08001 when none could
/// be made. Empty only where neither server nor driver gave one.
class Error : public std::runtime_error {
 public:
  Error(std::string sqlstate, const std::string& message)
      : std::runtime_error(message), sqlstate_(std::move(sqlstate)) {}
  [[nodiscard]] const std::string& sqlstate() const { return sqlstate_; }

 private:
  std::string sqlstate_;
};

/// One session with the database: one statement at a time. All calls on the strand it was opened
/// on; every one throws Error when refused. Cancelling a statement asks the server to end it
/// (57014) and leaves a session that only `close` may still be called on.
class Session {
 public:
  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  virtual ~Session() = default;

  /// Starts a transaction, read committed unless `isolation` says otherwise ("serializable",
  /// "repeatable read").
  virtual Awaitable<> begin(std::string_view isolation = "read committed") = 0;
  /// Commits. A transaction in which a statement failed is rolled back instead and throws 25P02.
  virtual Awaitable<> commit() = 0;
  /// Rolls back; allowed when no transaction is open.
  virtual Awaitable<> rollback() = 0;
  /// Runs one statement with its parameters $1, $2, ...; outside a transaction it is one of its
  /// own. `sql` outlives the call.
  virtual Awaitable<Rows> query(std::string_view sql, std::vector<Value> parameters) = 0;
  /// Whether it can still be used: not once the connection is lost.
  [[nodiscard]] virtual bool usable() const = 0;
  /// Ends the session at once; the server rolls an open transaction back.
  virtual void close() = 0;
};

/// Opens sessions. Must outlive them.
class Database {
 public:
  Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  virtual ~Database() = default;

  /// A new session for the calling strand, which must be `strand`. Throws Error (08001, 28P01,
  /// 3D000, 53300 ...). Cancellable; time-outs are the caller's.
  virtual Awaitable<std::unique_ptr<Session>> connect(Executor strand) = 0;
};

}  // namespace raceproof::gateway::database
