#include "gateway/database/store.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "gateway/database/statements.hpp"

namespace raceproof::gateway::database {

namespace {

constexpr std::string_view unsent_max = "1000";

std::int64_t number(const Value& value) {
  std::int64_t parsed = 0;
  const std::string_view text = value ? std::string_view(*value) : std::string_view();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw DatabaseError(ErrorKind::schema, "22P02", "a number was expected in an answer");
  }
  return parsed;
}

AgentEventType event_type(std::string_view name) {
  for (const AgentEventType type :
       {AgentEventType::agent_started, AgentEventType::agent_thinking,
        AgentEventType::tool_executing, AgentEventType::tool_completed,
        AgentEventType::agent_completed, AgentEventType::agent_failed}) {
    if (to_string(type) == name) return type;
  }
  throw DatabaseError(ErrorKind::schema, "22P02", "an unknown type of event in the outbox");
}

/// A row of `unsent_events`.
OutboxEntry read_event(std::vector<Value> row) {
  constexpr std::size_t columns = 9;
  if (row.size() != columns) {
    throw DatabaseError(ErrorKind::schema, "42804", "the outbox has other columns");
  }
  const auto text = [&](std::size_t column) { return std::move(row[column]).value_or(""); };
  OutboxEntry entry;
  entry.id = number(row[0]);
  entry.event.type = event_type(text(1));
  entry.event.user = text(2);
  entry.event.thread = text(3);
  entry.event.run = text(4);
  entry.event.agent = text(5);
  entry.event.tool = text(6);
  entry.event.text = text(7);
  entry.event.timestamp = text(8);
  return entry;
}

}  // namespace

Store::Store(const DatabaseSettings& settings, Transactions& transactions, Executor strand,
             std::string instance)
    : settings_(settings),
      transactions_(transactions),
      strand_(std::move(strand)),
      instance_(std::move(instance)) {}

Awaitable<OutboxEntry> Store::begin_run(AgentEvent started, std::string message) {
  OutboxEntry entry;
  const auto body = [&](Transaction& transaction) {
    return begin(transaction, started, message, entry.id);
  };
  co_await run(started.run + "/begin", body, started, entry.id);
  entry.event = std::move(started);
  co_return entry;
}

Awaitable<OutboxEntry> Store::end_run(AgentEvent ended) {
  OutboxEntry entry;
  const auto body = [&](Transaction& transaction) { return end(transaction, ended, entry.id); };
  co_await run(ended.run + "/end", body, ended, entry.id);
  entry.event = std::move(ended);
  co_return entry;
}

Awaitable<> Store::sent(std::int64_t id) {
  std::vector<Value> parameters{std::to_string(id)};
  co_await transactions_.run_idempotent(statements::remove_event, std::move(parameters));
}

Awaitable<std::vector<OutboxEntry>> Store::unsent() {
  std::vector<Value> parameters{instance_, std::string(unsent_max)};
  Rows rows =
      co_await transactions_.run_idempotent(statements::unsent_events, std::move(parameters));
  std::vector<OutboxEntry> entries;
  entries.reserve(rows.rows.size());
  for (auto& row : rows.rows) entries.push_back(read_event(std::move(row)));
  co_return entries;
}

/// Runs the transaction that writes `event`; when nobody knows whether it was committed, looks.
Awaitable<> Store::run(std::string name, Transactions::Body body, const AgentEvent& event,
                       std::int64_t& id) {
  std::exception_ptr unknown;
  try {
    co_await transactions_.run(name, std::move(body));
  } catch (const DatabaseError& error) {
    if (error.kind() != ErrorKind::outcome_unknown) throw;
    unknown = std::current_exception();
  }
  if (!unknown) co_return;
  if (!co_await find_event(event, id)) std::rethrow_exception(unknown);
  transactions_.found_committed(name);
}

Awaitable<bool> Store::find_event(const AgentEvent& event, std::int64_t& id) {
  std::vector<Value> parameters{event.run, std::string(to_string(event.type))};
  const Rows found =
      co_await transactions_.run_idempotent(statements::find_event, std::move(parameters));
  if (found.rows.empty()) co_return false;
  id = number(found.rows.front().at(0));
  co_return true;
}

Awaitable<> Store::begin(Transaction& transaction, const AgentEvent& started,
                         const std::string& message, std::int64_t& id) {
  co_await count_begun(transaction, started);
  std::vector<Value> run{started.run, started.thread, started.user};
  co_await transaction.execute(statements::add_run, std::move(run));
  std::vector<Value> said{started.thread, started.run, "user", message};
  co_await transaction.execute(statements::add_message, std::move(said));
  id = co_await add_event(transaction, started);
}

Awaitable<> Store::end(Transaction& transaction, const AgentEvent& ended, std::int64_t& id) {
  const bool completed = ended.type == AgentEventType::agent_completed;
  std::vector<Value> run{ended.run, ended.thread, ended.user, completed ? "completed" : "failed"};
  if (co_await transaction.execute(statements::end_run, std::move(run)) == 0) {
    throw DatabaseError(ErrorKind::constraint, "02000", "no such run of this user is running");
  }
  std::vector<Value> said{ended.thread, ended.run, completed ? "agent" : "failure", ended.text};
  co_await transaction.execute(statements::add_message, std::move(said));
  co_await count_ended(transaction, ended);
  id = co_await add_event(transaction, ended);
}

/// Locks the user's row, then the thread's. Either is made where it is missing; if another
/// transaction makes it at the same time, the insertion waits for that one's end and then changes
/// nothing, and the row is there to be counted in.
Awaitable<> Store::count_begun(Transaction& transaction, const AgentEvent& event) {
  const std::vector<Value> user{event.user};
  if (co_await transaction.execute(statements::count_begun_of_user, user) == 0 &&
      co_await transaction.execute(statements::add_user, user) == 0) {
    co_await transaction.execute(statements::count_begun_of_user, user);
  }
  const std::vector<Value> thread{event.thread, event.user};
  if (co_await transaction.execute(statements::count_begun_of_thread, thread) > 0) co_return;
  if (co_await transaction.execute(statements::add_thread, thread) > 0) co_return;
  if (co_await transaction.execute(statements::count_begun_of_thread, thread) > 0) co_return;
  throw DatabaseError(ErrorKind::permission, "42501", "the thread is another user's");
}

/// Both rows are locked until the end of the transaction, as they are by `count_begun`. In the same
/// order no two transactions can wait for each other.
Awaitable<> Store::count_ended(Transaction& transaction, const AgentEvent& event) {
  const std::vector<Value> user{event.user};
  const std::vector<Value> thread{event.thread, event.user};
  if (settings_.lock_order == LockOrder::as_given) {
    // The mistake: a run that ends is looked at from its thread, one that begins from its user.
    co_await transaction.execute(statements::count_ended_of_thread, thread);
    co_await transaction.execute(statements::count_ended_of_user, user);
    co_return;
  }
  co_await transaction.execute(statements::count_ended_of_user, user);
  co_await transaction.execute(statements::count_ended_of_thread, thread);
}

Awaitable<std::int64_t> Store::add_event(Transaction& transaction, const AgentEvent& event) {
  std::vector<Value> parameters{instance_,      std::string(to_string(event.type)),
                                event.user,     event.thread,
                                event.run,      event.agent,
                                event.tool,     event.text,
                                event.timestamp};
  const Rows added = co_await transaction.query(statements::add_event, std::move(parameters));
  co_return number(added.rows.at(0).at(0));
}

}  // namespace raceproof::gateway::database
