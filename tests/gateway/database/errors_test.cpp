// Passing means: errors are told apart by SQLSTATE, and by the original's patterns only where a
// scenario asks for them (domain.md sections 10 and 12).
#include "gateway/database/errors.hpp"

#include <gtest/gtest.h>

namespace raceproof::gateway::database {
namespace {

struct Case {
  std::string_view sqlstate;
  std::string_view message;
  ErrorKind kind;
};

// The server's SQLSTATE decides, whatever the message says.
TEST(DatabaseErrors, AreToldApartBySqlstate) {
  for (const auto& [sqlstate, message, kind] : {
           Case{"40P01", "deadlock detected", ErrorKind::deadlock},
           Case{"40001", "could not serialize access due to concurrent update",
                ErrorKind::serialisation},
           Case{"08006", "server closed the connection", ErrorKind::connection},
           Case{"08001", "connection refused", ErrorKind::connection},
           Case{"57P01", "terminating connection due to administrator command",
                ErrorKind::connection},
           Case{"57P02", "terminating connection because of crash", ErrorKind::connection},
           Case{"57P03", "the database system is starting up", ErrorKind::connection},
           Case{"53300", "too many clients already", ErrorKind::connection},
           Case{"57014", "canceling statement due to statement timeout", ErrorKind::timeout},
           Case{"25P03", "terminating connection due to idle-in-transaction timeout",
                ErrorKind::timeout},
           Case{"55P03", "canceling statement due to lock timeout", ErrorKind::timeout},
           Case{"42501", "permission denied for table users", ErrorKind::permission},
           Case{"28P01", "password authentication failed", ErrorKind::permission},
           Case{"42P01", "relation \"connection\" does not exist", ErrorKind::schema},
           Case{"42703", "column \"timeout\" does not exist", ErrorKind::schema},
           Case{"42601", "syntax error at or near \"SELEC\"", ErrorKind::schema},
           Case{"3F000", "no schema has been selected", ErrorKind::schema},
           Case{"3D000", "database \"x\" does not exist", ErrorKind::schema},
           Case{"23505", "duplicate key value violates unique constraint", ErrorKind::constraint},
           Case{"23503", "violates foreign key constraint", ErrorKind::constraint},
           Case{"08007", "the commit was not answered", ErrorKind::outcome_unknown},
           Case{"40003", "statement completion unknown", ErrorKind::outcome_unknown},
           Case{"25P02", "current transaction is aborted", ErrorKind::transaction},
           Case{"22012", "division by zero", ErrorKind::transaction},
           Case{"53200", "out of memory, connection timeout", ErrorKind::transaction},
       }) {
    EXPECT_EQ(classify(sqlstate, message, ErrorClassification::sqlstate), kind)
        << sqlstate << ' ' << to_string(classify(sqlstate, message, ErrorClassification::sqlstate));
  }
}

// Without a SQLSTATE the message has to do.
TEST(DatabaseErrors, FallBackOnMessages) {
  for (const auto& [sqlstate, message, kind] : {
           Case{"", "Deadlock found", ErrorKind::deadlock},
           Case{"", "Connection refused", ErrorKind::connection},
           Case{"", "connection timed out", ErrorKind::connection},
           Case{"", "operation timed out", ErrorKind::timeout},
           Case{"", "timeout", ErrorKind::timeout},
           Case{"", "access denied", ErrorKind::permission},
           Case{"", "no such table: t", ErrorKind::schema},
           Case{"", "another statement is in progress on this session", ErrorKind::transaction},
           Case{"", "", ErrorKind::transaction},
       }) {
    EXPECT_EQ(classify(sqlstate, message, ErrorClassification::sqlstate), kind) << message;
  }
}

// The original's patterns, with their traps.
TEST(DatabaseErrors, PatternsFirstHasTheOriginalsTraps) {
  for (const auto& [sqlstate, message, kind] : {
           // A lock that was not available is taken for a deadlock, and tried anew.
           Case{"55P03", "canceling statement due to lock timeout", ErrorKind::deadlock},
           // A slow statement is taken for a lost connection, and tried anew.
           Case{"57014", "canceling statement due to statement timeout", ErrorKind::connection},
           // So is a column of that name.
           Case{"42703", "column \"timeout\" does not exist", ErrorKind::connection},
           Case{"", "connection timed out", ErrorKind::connection},
           Case{"57014", "timed out", ErrorKind::timeout},
           // Any text with "of" in it is a failed migration.
           Case{"53200", "out of memory", ErrorKind::schema},
           Case{"40P01", "deadlock detected", ErrorKind::deadlock},
           // What no pattern knows is still found by its SQLSTATE.
           Case{"40001", "could not serialize access due to concurrent update",
                ErrorKind::serialisation},
       }) {
    EXPECT_EQ(classify(sqlstate, message, ErrorClassification::patterns_first), kind)
        << sqlstate << ' ' << message;
  }
}

// Only what cannot have committed, and may succeed the next time, is tried anew.
TEST(DatabaseErrors, AreRetryableOrNot) {
  for (const ErrorKind kind :
       {ErrorKind::deadlock, ErrorKind::serialisation, ErrorKind::connection}) {
    EXPECT_TRUE(is_retryable(kind)) << to_string(kind);
  }
  for (const ErrorKind kind :
       {ErrorKind::transaction, ErrorKind::timeout, ErrorKind::permission, ErrorKind::schema,
        ErrorKind::constraint, ErrorKind::outcome_unknown, ErrorKind::exhausted}) {
    EXPECT_FALSE(is_retryable(kind)) << to_string(kind);
  }
}

}  // namespace
}  // namespace raceproof::gateway::database
