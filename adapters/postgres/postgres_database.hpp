// The database port over libpq: sessions with a real PostgreSQL server (version 12 or later).
//
// Nothing here blocks a strand: libpq runs in its non-blocking form and waits through the reactor
// on a duplicate of its socket; names are resolved in the background; the request to cancel a
// statement, which blocks in libpq 15, has a thread of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "gateway/ports/database.hpp"

namespace raceproof::postgres {

/// Where the server is, and as whom to log in.
struct Options {
  std::string host = "127.0.0.1";  ///< a name, an address, or the directory of a Unix socket
  std::int64_t port = 5432;
  std::string user;
  std::string password;  ///< empty: none, or what libpq finds in its password file
  std::string database;
  std::string application = "raceproof";  ///< as pg_stat_activity shows it
  std::string tls;  ///< libpq's sslmode; empty: its own default, PGSSLMODE and PGSSLROOTCERT
};

class Canceller;

/// Opens sessions. The runtime must be an AsioRuntime. Destroying the last of it and its sessions
/// waits for a request to cancel that is under way.
///
/// Errors: 08001 when no connection could be made (refused, unreachable, unknown name), the
/// server's own SQLSTATE when it refused the login (28P01, 3D000, 53300, 57P03), 08006 when a
/// connection was lost, 08003 on a closed session, 22021 for a text with a zero byte (which the
/// protocol cannot carry), 0A000 for COPY, and no SQLSTATE for a second statement at once. Messages
/// are the server's primary message, without detail, because that quotes data.
class PostgresDatabase final : public gateway::database::Database {
 public:
  PostgresDatabase(Runtime& runtime, Options options);
  ~PostgresDatabase() override;

  Awaitable<std::unique_ptr<gateway::database::Session>> connect(Executor strand) override;

 private:
  Runtime& runtime_;
  const Options options_;
  std::shared_ptr<Canceller> canceller_;
};

}  // namespace raceproof::postgres
