// One libpq connection, driven from a strand without blocking it.
#pragma once

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <libpq-fe.h>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapters/postgres/canceller.hpp"
#include "gateway/ports/database.hpp"

namespace raceproof::postgres {

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ClearResult>;

/// libpq's own names of parameters, and their values.
using Parameters = std::vector<std::pair<std::string, std::string>>;

/// Used on its strand only. Whoever awaits `open` or `execute` keeps it alive meanwhile.
class Link {
 public:
  Link(Executor strand, std::shared_ptr<Canceller> canceller);

  /// Connects and logs in. Throws database::Error. Cancellable.
  Awaitable<> open(const Parameters& parameters);
  /// Runs one statement; a result that is no error. Throws database::Error. Cancelled, it asks the
  /// server to end the statement, and only `close` may follow.
  Awaitable<Result> execute(std::string sql, std::vector<gateway::database::Value> parameters);
  /// Looks at the socket too, so that a connection that ended while it was idle shows.
  [[nodiscard]] bool usable();
  /// At once; an `execute` that is pending throws 08003.
  void close();

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  using Wait = asio::posix::descriptor_base::wait_type;

  static void notice(void* self, const PGresult* result);

  void watch();
  Awaitable<> wait_for(Wait what);
  Awaitable<> wait_for_either();
  void send(const std::string& sql, const std::vector<gateway::database::Value>& parameters);
  Awaitable<> flush();
  Awaitable<Result> receive();
  void abandon();
  void require_open() const;
  [[nodiscard]] gateway::database::Error login_error() const;
  [[nodiscard]] gateway::database::Error statement_error(const PGresult* result) const;

  // A duplicate of libpq's socket: libpq closes its own whenever it likes, also in the middle of a
  // connect, and the reactor must never hold a number that may mean something else by then.
  asio::posix::basic_stream_descriptor<Executor> descriptor_;
  std::shared_ptr<Canceller> canceller_;
  std::unique_ptr<PGconn, Finish> connection_;
  bool running_ = false;     // a statement is under way
  bool abandoned_ = false;   // a statement was cancelled; nothing but `close` may follow
  std::string fatal_state_;  // why the server ended the session while it was idle: SQLSTATE, text
  std::string fatal_message_;
};

}  // namespace raceproof::postgres
