// A real PostgreSQL server for tests.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <sys/types.h>

#include "adapters/postgres/postgres_database.hpp"

namespace raceproof::postgres::test {

/// A server of its own on a free port of loopback, in a directory that goes with it: everybody is
/// trusted, nothing is forced to disk, deadlocks are looked for after 20 ms.
class RealPostgres {
 public:
  /// Makes a cluster and starts it. Null, with `problem` set, when that is not possible.
  static std::unique_ptr<RealPostgres> start(std::string& problem);
  ~RealPostgres();
  RealPostgres(const RealPostgres&) = delete;
  RealPostgres& operator=(const RealPostgres&) = delete;

  /// How to reach it.
  [[nodiscard]] Options options() const;
  /// Ends the server at once, as a crash does; its data stay.
  void stop();
  /// Starts it again, on the same port. False when it does not answer.
  bool restart();
  /// Runs one statement as the superuser, on a connection of its own that blocks. Its first value,
  /// or empty. Throws std::runtime_error.
  std::string run(const std::string& sql);

 private:
  RealPostgres(std::filesystem::path directory, std::uint16_t port);
  bool launch();

  std::filesystem::path directory_;
  std::uint16_t port_;
  pid_t process_ = -1;
};

/// The one server of a test program, started at its first use. A test that cannot have it fails.
RealPostgres& shared_postgres();

}  // namespace raceproof::postgres::test
