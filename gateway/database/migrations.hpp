// Brings the tables up to what the gateway needs.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "gateway/database/transaction.hpp"

namespace raceproof::gateway::database {

/// One step of the schema. Versions grow; a step that has been released is never changed.
struct Migration {
  std::int64_t version;
  std::string_view name;
  std::span<const std::string_view> statements;
};

/// All steps of this program, in their order.
std::span<const Migration> migrations();

/// Applies the steps that the table schema_migrations does not know, each in a transaction of its
/// own that also records it. Several instances may do this at once: each step is taken under a lock
/// on that table, and looked for again once the lock is held. Versions that this program does not
/// know (a newer instance was here) are left alone. Throws DatabaseError, whose message names the
/// step. Observes migration{version, name} for each step that it applied.
Awaitable<> migrate(Runtime& runtime, Transactions& transactions,
                    std::span<const Migration> steps = migrations());

}  // namespace raceproof::gateway::database
