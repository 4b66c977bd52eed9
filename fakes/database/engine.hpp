// The database in memory: tables, transactions, and statements that wait for each other, as
// PostgreSQL 15 does it at READ COMMITTED and REPEATABLE READ. SERIALIZABLE is refused with 0A000.
//
// Everything runs on one strand; a statement is a coroutine that gives way only where PostgreSQL
// would wait for a lock. Several whom the end of one transaction lets go on do so in the order in
// which they came, or, with a range for Settings::wake, in any.
//
// Observations (`session` counts connections, `transaction` transactions; both from 1):
//   db_lock_wait{session, for}  for: table, row, transaction
//   db_deadlock{session}        this session's statement is ended with 40P01
//   db_committed{session, transaction}, db_rolled_back{session, transaction}
//       of explicit transactions, and of single statements that changed something
//   db_row{transaction, table, key, change}  after db_committed, for each changed row of the tables
//       in Settings::observed_tables; change: inserted, updated, deleted
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fakes/database/expression.hpp"
#include "fakes/database/locks.hpp"
#include "fakes/database/settings.hpp"
#include "fakes/database/table.hpp"
#include "gateway/ports/database.hpp"
#include "runtime/runtime.hpp"

namespace raceproof::fakes::database {

using gateway::database::Rows;

/// One transaction in progress.
struct Transaction {
  struct Change {
    enum class Kind { inserted, updated, deleted, created_table };
    Kind kind;
    Table* table;
    std::int64_t row = 0;
  };
  FatePointer fate;
  bool explicit_begin = false;
  bool repeatable_read = false;
  std::optional<std::int64_t> frozen;  ///< what a repeatable read sees for its whole length
  bool has_queried = false;
  std::int64_t command = 0;
  std::string now;  ///< canonical: the beginning of the transaction
  std::vector<Change> changes;
  std::vector<std::pair<Table*, std::int64_t>> locked;  ///< rows that it holds locks on
};

/// The server's half of a session.
struct Backend {
  explicit Backend(std::int64_t session) : owner(session) {}
  LockOwner owner;
  std::optional<Transaction> transaction;
  bool failed = false;                  ///< a statement of an explicit transaction failed: 25P02
  std::optional<std::int64_t> reading;  ///< what the statement in progress sees; none: no statement
};

class Engine {
 public:
  /// Statements run on `strand`; `runtime` must outlive the engine.
  Engine(Runtime& runtime, Executor strand, const Settings& settings);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// A new session; lives until `close`. On the strand, as all that follows.
  Backend& open();
  /// Ends the session, in which no statement may be in progress; rolls back what is open.
  void close(Backend& backend);

  void begin(Backend& backend, std::string_view isolation);
  void commit(Backend& backend);
  void rollback(Backend& backend);
  Awaitable<Rows> query(Backend& backend, std::string_view sql, std::vector<Value> parameters);
  /// Ends the wait of the statement in progress, if it waits, with 57014.
  void cancel(Backend& backend);
  /// The current statement or request failed outside the engine: ends the transaction as a failing
  /// statement does.
  void fail(Backend& backend);
  /// "select" ...; "unknown" for what is not understood.
  static std::string_view kind_of(std::string_view sql);

 private:
  using StatementPointer = std::shared_ptr<const Statement>;
  /// What a statement works with.
  struct Work {
    Backend& backend;
    Transaction& transaction;
    Table* table = nullptr;
    Snapshot snapshot;
    std::vector<Value> parameters;  ///< canonical once they are bound
    std::size_t highest = 0;        ///< the highest $n of the statement
    bool changes_rows = false;      ///< an UPDATE or DELETE, which says of what a 40001 came

    [[nodiscard]] Surroundings over(const std::vector<Value>& row) const {
      return {&row, &parameters, &transaction.now};
    }
  };
  /// A row that a statement wants, as it saw it.
  struct Candidate {
    std::int64_t row;
    std::int64_t version;
  };
  struct Conflict {
    FatePointer wait_for;                ///< whose end decides
    const Version* duplicate = nullptr;  ///< in the way for good
    [[nodiscard]] bool exists() const { return wait_for != nullptr || duplicate != nullptr; }
  };

  /// What a foreign key makes it necessary to look at.
  struct Check {
    bool of_target;         ///< a key that others may refer to has gone; else a reference has come
    std::size_t reference;  ///< which of the table's referrers or references
    Value value;
  };

  // statements and transactions
  static StatementPointer statement(std::string_view sql);
  void start_transaction(Backend& backend, bool explicit_begin);
  void finish(Backend& backend, bool committed);
  void undo(const Transaction::Change& change, const Transaction& transaction);
  void report_rows(const Transaction& transaction);
  void prune();
  Awaitable<Rows> execute(Work& work, const Statement& statement);
  void take_snapshot(Work& work);
  void freeze(Work& work, const Statement& statement);
  static void bind(Work& work, Analysis& analysis);
  Awaitable<> lock_table(Backend& backend, const Table& table, LockMode mode);
  Awaitable<> wait_for(Backend& backend, FatePointer transaction);
  Table& find_table(std::string_view name, const Transaction& transaction);

  // engine_tables.cpp
  Awaitable<Rows> create_table(Work& work, const CreateTable& create);
  void link_references(Table& table, const CreateTable& create, const Transaction& transaction);
  Awaitable<Rows> lock_statement(Work& work, const LockTable& lock);

  // engine_read.cpp
  Awaitable<Rows> select(Work& work, const Select& written);
  static void analyse_select(Analysis& analysis, Select& select, const Table* table);
  static std::optional<std::int64_t> limit_of(const Work& work, const Select& select);
  static std::vector<Candidate> scan(const Work& work, const std::optional<Expression>& where);
  static void sort(const Work& work, const std::vector<Order>& order,
                   std::vector<Candidate>& candidates);
  static const Version& version_of(const Work& work, const Candidate& candidate);
  Awaitable<bool> lock_row(Work& work, Candidate candidate, RowLock lock, LockWait wait);
  /// Locks the row and looks at it again; the version to go on with, or null when it is no longer
  /// wanted. In a repeatable read 40001 if it has changed.
  Awaitable<Version*> claim(Work& work, Candidate candidate, RowLock lock,
                            const std::optional<Expression>& where,
                            LockWait wait = LockWait::block);

  // engine_write.cpp
  Awaitable<Rows> insert(Work& work, const Insert& written);
  std::vector<std::size_t> analyse_insert(Analysis& analysis, Insert& insert, const Table& table);
  std::vector<std::size_t> arbiters(const Insert& insert, const Table& table);
  std::vector<Value> new_row(const Work& work, const Insert& insert,
                             const std::vector<std::size_t>& columns, std::size_t which);
  Awaitable<bool> is_free(Work& work, const std::vector<std::size_t>& uniques,
                          const std::vector<Value>& values);
  Awaitable<> enter(Work& work, std::int64_t row, std::vector<std::size_t> uniques);
  static Conflict find_conflict(const Work& work, std::size_t unique,
                                const std::vector<Value>& values, std::int64_t own_row);
  Awaitable<Rows> update(Work& work, const Update& written);
  Awaitable<> update_row(Work& work, const Update& update, Candidate candidate,
                         const std::vector<std::size_t>& columns, Rows& rows,
                         std::vector<Check>& checks);
  Awaitable<Rows> remove(Work& work, const Delete& written);
  static void check_not_null(const Table& table, const std::vector<Value>& values);

  // engine_references.cpp
  void note_references(const Work& work, const std::vector<Value>* before,
                       const std::vector<Value>* after, std::vector<Check>& checks);
  Awaitable<> check_references(Work& work, std::vector<Check> checks);
  Awaitable<> check_reference(Work& work, const Reference& reference, std::string value);
  Awaitable<> check_target(Work& work, Table::Referrer referrer, std::string value);

  Runtime& runtime_;
  Executor strand_;
  Locks locks_;
  std::vector<std::string> observed_tables_;
  std::list<Backend> backends_;
  std::map<std::string, std::unique_ptr<Table>, std::less<>> tables_;
  std::vector<std::pair<Table*, std::int64_t>> changed_rows_;  ///< whose old versions may go
  std::int64_t next_table_ = 1;
  std::int64_t sessions_ = 0;
  std::int64_t transactions_ = 0;
  std::int64_t commits_ = 0;
};

}  // namespace raceproof::fakes::database
