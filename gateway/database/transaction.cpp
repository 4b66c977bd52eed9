#include "gateway/database/transaction.hpp"

#include <utility>

#include "runtime/task.hpp"
#include "runtime/time_limit.hpp"

namespace raceproof::gateway::database {

namespace {

constexpr const char* statement_limit = "database statement limit";

std::string_view sql_name(IsolationLevel level) {
  switch (level) {
    case IsolationLevel::repeatable_read:
      return "repeatable read";
    case IsolationLevel::serializable:
      return "serializable";
    case IsolationLevel::read_committed:
      break;
  }
  return "read committed";
}

bool is_cancellation(const std::exception_ptr& problem) {
  try {
    std::rethrow_exception(problem);
  } catch (const boost::system::system_error& failure) {
    return failure.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

/// Whether the server may have committed although the answer to COMMIT is `problem`. It has not if
/// it said so itself, on a session that goes on.
bool may_have_committed(const std::exception_ptr& problem, const Lease& lease) {
  return is_cancellation(problem) || !lease.usable();
}

}  // namespace

/// One try of a transaction.
struct Transactions::Attempt {
  std::string_view name;
  std::int64_t tries = 0;   // of this transaction, counted from 1
  std::int64_t number = 0;  // of the process
};

Awaitable<Rows> Transaction::query(std::string_view sql, std::vector<Value> parameters) {
  try {
    auto rows = co_await within(runtime_, settings_.statement_timeout, statement_limit,
                                session_.query(sql, std::move(parameters)));
    if (!rows) throw statement_timed_out();
    co_return std::move(*rows);
  } catch (const DatabaseError&) {
    throw;
  } catch (const Error& error) {
    throw DatabaseError(error, settings_.classify);
  }
}

Awaitable<std::int64_t> Transaction::execute(std::string_view sql, std::vector<Value> parameters) {
  const Rows rows = co_await query(sql, std::move(parameters));
  co_return rows.affected;
}

Transactions::Transactions(Runtime& runtime, const DatabaseSettings& settings,
                           std::shared_ptr<Pool> pool, LostHandler on_lost)
    : runtime_(runtime),
      settings_(settings),
      pool_(std::move(pool)),
      on_lost_(std::move(on_lost)) {}

Awaitable<> Transactions::run(std::string name, Body body) {
  Backoff backoff(ReconnectSettings{settings_.retry.base, 2, settings_.retry.max});
  for (std::int64_t tries = 1;; ++tries) {
    const Attempt now{name, tries, ++begun_};
    const Failure failure = co_await attempt(now, body);
    if (!failure) co_return;
    co_await pause(backoff, name, tries, *failure);
  }
}

Awaitable<Rows> Transactions::run_idempotent(std::string_view sql, std::vector<Value> parameters) {
  Backoff backoff(ReconnectSettings{settings_.retry.base, 2, settings_.retry.max});
  for (std::int64_t tries = 1;; ++tries) {
    Rows rows;
    const Failure failure = co_await attempt_idempotent(sql, parameters, rows);
    if (!failure) co_return rows;
    co_await pause(backoff, "statement", tries, *failure);
  }
}

void Transactions::found_committed(std::string_view name) {
  runtime_.observe("transaction", {{"id", name}, {"status", "committed"}});
}

/// Waits before the next try, or throws `failure` when there is none.
Awaitable<> Transactions::pause(Backoff& backoff, std::string_view name, std::int64_t tries,
                                const DatabaseError& failure) {
  if (!is_retryable(failure.kind()) || tries > settings_.retry.times) throw DatabaseError(failure);
  runtime_.observe("transaction_retry",
                   {{"id", name}, {"attempt", tries}, {"kind", to_string(failure.kind())}});
  co_await runtime_.sleep_for(backoff.next(), "database retry");
}

/// One try: nothing when it was committed.
Awaitable<Transactions::Failure> Transactions::attempt(Attempt now, const Body& body) {
  Lease lease;
  std::exception_ptr problem;
  std::string_view step = "acquire";
  try {
    lease = co_await pool_->acquire();
    lease.set_in_transaction(true);
    step = "begin";
    co_await limited(lease.session().begin(sql_name(settings_.isolation)));
    observe(now, "begin");
    step = "body";
    Transaction transaction(runtime_, settings_, lease.session());
    co_await body(transaction);
    step = "commit";
    co_await limited(lease.session().commit());
  } catch (...) {
    problem = std::current_exception();
  }
  if (!problem) {
    lease.set_in_transaction(false);
    observe(now, "committed");
    co_return std::nullopt;
  }
  if (is_cancellation(problem)) co_await enter_shield();
  if (step == "commit" && may_have_committed(problem, lease)) {
    lease.discard();
    observe(now, "unknown");
    const Failure failure = judge(step, problem);  // throws what is no error of the database
    throw DatabaseError(ErrorKind::outcome_unknown, "08007",
                        std::string("the commit was not answered: ") + failure->what());
  }
  if (lease.has_session()) co_await roll_back(lease);
  if (step == "body" || step == "commit") observe(now, "rolled_back");
  co_return judge(step, problem);
}

Awaitable<Transactions::Failure> Transactions::attempt_idempotent(std::string_view sql,
                                                                  std::vector<Value> parameters,
                                                                  Rows& rows) {
  std::exception_ptr problem;
  try {
    Lease lease = co_await pool_->acquire();
    Transaction alone(runtime_, settings_, lease.session());
    rows = co_await alone.query(sql, std::move(parameters));
  } catch (...) {
    problem = std::current_exception();
  }
  co_return problem ? judge("statement", problem) : std::nullopt;
}

Awaitable<> Transactions::limited(Awaitable<> statement) {
  const bool in_time =
      co_await within(runtime_, settings_.statement_timeout, statement_limit, std::move(statement));
  if (!in_time) throw statement_timed_out();
}

/// Leaves a session that can be used again, or none.
Awaitable<> Transactions::roll_back(Lease& lease) {
  if (lease.usable()) {
    try {
      co_await limited(lease.session().rollback());
      lease.set_in_transaction(false);
      co_return;
    } catch (const Error& error) {
      runtime_.observe("database_trouble", {{"step", "rollback"},
                                            {"kind", "transaction"},
                                            {"sqlstate", error.sqlstate()},
                                            {"reason", error.what()}});
    }
  }
  lease.discard();  // the server rolls back what its client has left
}

/// The error of the database that `problem` is; throws anything else.
Transactions::Failure Transactions::judge(std::string_view step,
                                          const std::exception_ptr& problem) {
  Failure failure;
  try {
    std::rethrow_exception(problem);
  } catch (const DatabaseError& error) {
    failure.emplace(error);
  } catch (const Error& error) {
    failure.emplace(error, settings_.classify);
  }
  runtime_.observe("database_trouble", {{"step", step},
                                        {"kind", to_string(failure->kind())},
                                        {"sqlstate", failure->sqlstate()},
                                        {"reason", failure->what()}});
  if (failure->kind() == ErrorKind::connection) {
    pool_->discard_idle();  // they went the same way, most likely
    if (on_lost_) on_lost_();
  }
  return failure;
}

void Transactions::observe(const Attempt& now, std::string_view status) {
  runtime_.observe(
      "transaction",
      {{"id", now.name}, {"number", now.number}, {"attempt", now.tries}, {"status", status}});
}

}  // namespace raceproof::gateway::database
