// Transactions: begun, committed or rolled back, and tried anew where that is safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/backoff.hpp"
#include "gateway/database/pool.hpp"

namespace raceproof::gateway::database {

/// An open transaction, for the body that runs in it.
class Transaction {
 public:
  Transaction(Runtime& runtime, const DatabaseSettings& settings, Session& session)
      : runtime_(runtime), settings_(settings), session_(session) {}

  /// Runs one statement of the transaction. Throws DatabaseError; timeout (57014) when it did not
  /// answer within `statement_timeout`.
  Awaitable<Rows> query(std::string_view sql, std::vector<Value> parameters = {});
  /// The same for a statement that is only counted: the rows it affected.
  Awaitable<std::int64_t> execute(std::string_view sql, std::vector<Value> parameters = {});

 private:
  Runtime& runtime_;
  const DatabaseSettings& settings_;
  Session& session_;
};

/// Runs transactions on the sessions of a pool, on the pool's strand.
///
/// Observes transaction{id, number, attempt, status} with status begin, committed, rolled_back or
/// unknown; transaction_retry{id, attempt, kind}; database_trouble{step, kind, sqlstate, reason}.
class Transactions {
 public:
  /// What runs in a transaction; once for every try, so it must not keep what an earlier one left.
  /// It must stay callable until the transaction has ended, and throws to have it rolled back.
  using Body = std::function<Awaitable<>(Transaction&)>;
  /// Runs when a session was lost.
  using LostHandler = std::function<void()>;

  /// `settings` must outlive it.
  Transactions(Runtime& runtime, const DatabaseSettings& settings, std::shared_ptr<Pool> pool,
               LostHandler on_lost = {});

  /// Runs `body` in a transaction and commits it; returns after the commit. `name` is what the
  /// observations call it.
  ///
  /// Rolled back and tried anew, `retry.times` at the most: a deadlock, a serialisation failure,
  /// and a connection that was lost *before* the commit was sent. A commit that was sent and not
  /// answered may have happened: it is not tried again, but thrown as outcome_unknown (08007), for
  /// the caller to find out. Everything else is rolled back and thrown: DatabaseError, or what the
  /// body threw. A caller that is cancelled waits for the rollback, out of reach of the
  /// cancellation; a commit that is under way then is cut off.
  Awaitable<> run(std::string name, Body body);
  /// Observes that a transaction whose outcome was unknown has turned out to be committed.
  void found_committed(std::string_view name);
  /// Runs one statement, a transaction of its own that may be run twice without harm: tried anew
  /// whenever the connection is lost.
  Awaitable<Rows> run_idempotent(std::string_view sql, std::vector<Value> parameters = {});

 private:
  struct Attempt;
  using Failure = std::optional<DatabaseError>;

  Awaitable<Failure> attempt(Attempt now, const Body& body);
  Awaitable<Failure> attempt_idempotent(std::string_view sql, std::vector<Value> parameters,
                                        Rows& rows);
  Awaitable<> pause(Backoff& backoff, std::string_view name, std::int64_t tries,
                    const DatabaseError& failure);
  Awaitable<> limited(Awaitable<> statement);
  Awaitable<> roll_back(Lease& lease);
  Failure judge(std::string_view step, const std::exception_ptr& problem);
  void observe(const Attempt& now, std::string_view status);

  Runtime& runtime_;
  const DatabaseSettings& settings_;
  std::shared_ptr<Pool> pool_;
  LostHandler on_lost_;
  std::int64_t begun_ = 0;  // transactions of this process
};

}  // namespace raceproof::gateway::database
