// What an error of the database means: told apart by SQLSTATE (PostgreSQL 15, appendix A; domain.md
// sections 10 and 12).
#pragma once

#include <string>
#include <string_view>

#include "gateway/database/settings.hpp"
#include "gateway/ports/database.hpp"

namespace raceproof::gateway::database {

enum class ErrorKind {
  transaction,      ///< anything that is none of the others
  deadlock,         ///< chosen as the victim of a deadlock (40P01)
  serialisation,    ///< could not be serialised with another transaction (40001)
  connection,       ///< no connection, or lost, or the server is going down or full
  timeout,          ///< a limit of time: statement, lock, idle transaction
  permission,       ///< not allowed, or not logged in
  schema,           ///< a statement and the tables do not fit
  constraint,       ///< refused by a constraint of the data (23xxx)
  outcome_unknown,  ///< the commit was sent, and nobody knows what became of it (08007, 40003)
  exhausted,        ///< no connection of the pool became free in time
};
std::string_view to_string(ErrorKind kind);

/// What the error is. With `sqlstate`, message patterns are looked at only where there is no
/// SQLSTATE; with `patterns_first` the original's patterns decide whenever one fits, traps
/// included: a bare "timeout" is a connection error, and the fragments "step" and "of" make a
/// migration error (schema) of most text.
ErrorKind classify(std::string_view sqlstate, std::string_view message, ErrorClassification how);

/// Whether the same transaction may succeed when it is tried anew, and cannot have committed.
bool is_retryable(ErrorKind kind);

/// An error with its kind.
class DatabaseError : public Error {
 public:
  DatabaseError(ErrorKind kind, std::string sqlstate, const std::string& message)
      : Error(std::move(sqlstate), message), kind_(kind) {}
  DatabaseError(const Error& error, ErrorClassification how)
      : Error(error), kind_(classify(error.sqlstate(), error.what(), how)) {}
  [[nodiscard]] ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

/// A statement that did not answer in time.
DatabaseError statement_timed_out();

}  // namespace raceproof::gateway::database
