// Runs, threads and messages in the database, with an outbox for the events that report them.
#pragma once

#include <string>
#include <vector>

#include "gateway/agents/run_store.hpp"
#include "gateway/database/transaction.hpp"

namespace raceproof::gateway::database {

/// A RunStore over SQL. The event that reports a run's begin or end is written in the transaction
/// that stores it, so that it exists if and only if what it reports does.
///
/// Refused, and rolled back: a thread of another user (42501), a run that is not this user's
/// running one in this thread (02000). The observations call the transactions "RUN/begin" and
/// "RUN/end". A commit that was not answered is looked up by its event: what is found was stored,
/// and is returned as such; otherwise outcome_unknown is thrown, because it may still come.
class Store final : public RunStore {
 public:
  /// Events wait for the instance that wrote them: `instance` names it, over restarts.
  Store(const DatabaseSettings& settings, Transactions& transactions, Executor strand,
        std::string instance);

  [[nodiscard]] const Executor& strand() const override { return strand_; }
  Awaitable<OutboxEntry> begin_run(AgentEvent started, std::string message) override;
  Awaitable<OutboxEntry> end_run(AgentEvent ended) override;
  Awaitable<> sent(std::int64_t id) override;
  /// The oldest thousand.
  Awaitable<std::vector<OutboxEntry>> unsent() override;

 private:
  Awaitable<> begin(Transaction& transaction, const AgentEvent& started, const std::string& message,
                    std::int64_t& id);
  Awaitable<> end(Transaction& transaction, const AgentEvent& ended, std::int64_t& id);
  Awaitable<> count_begun(Transaction& transaction, const AgentEvent& event);
  Awaitable<> count_ended(Transaction& transaction, const AgentEvent& event);
  Awaitable<std::int64_t> add_event(Transaction& transaction, const AgentEvent& event);
  Awaitable<> run(std::string name, Transactions::Body body, const AgentEvent& event,
                  std::int64_t& id);
  Awaitable<bool> find_event(const AgentEvent& event, std::int64_t& id);

  const DatabaseSettings& settings_;
  Transactions& transactions_;
  Executor strand_;
  std::string instance_;
};

}  // namespace raceproof::gateway::database
