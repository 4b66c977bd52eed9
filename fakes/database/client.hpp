// The port gateway/ports/database.hpp over the fake: the client half, which lives in the process of
// whoever uses the database.
#pragma once

#include <memory>

#include "gateway/ports/database.hpp"
#include "runtime/runtime.hpp"

namespace raceproof::fakes::database {

/// Opens sessions with the fake server at `server`. Errors are the server's (08001 when no
/// connection could be made, 08006 when one was lost, 08003 on a session that was closed).
class Client final : public gateway::database::Database {
 public:
  Client(Runtime& runtime, Endpoint server) : runtime_(runtime), server_(std::move(server)) {}

  Awaitable<std::unique_ptr<gateway::database::Session>> connect(Executor strand) override;

 private:
  Runtime& runtime_;
  const Endpoint server_;
};

}  // namespace raceproof::fakes::database
