// The fake database server: sessions whose slowness and faults are settings of the scenario.
//
// Everything lives on one strand; each session is a coroutine of its own. As in PostgreSQL, a
// session that executes or waits does not notice that its client has gone until it is done, unless
// it is told to cancel.
//
// Observations (`session` counts connections from 1; `kind` is select, insert, update, delete,
// lock_table, create_table, begin, commit, rollback, connect or unknown), besides those of
// engine.hpp:
//   db_listening{port}, db_outage_begin{}, db_outage_end{}
//   db_connection{session, connection}
//   db_disconnection{session, left, state, rows}  left: the client ended it; state as in
//       pg_stat_activity, and active after a cancel that the answer may have crossed; rows: how
//       many its open transaction had changed or locked
//   db_request{session, kind}        when the server takes a request up, before its delay
//   db_reply{session, kind, result}  ok, or the SQLSTATE
//   db_fault{session, kind, fault}   a rule's reset, hang, fail, reset_after or drop_reply
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fakes/database/channel.hpp"
#include "fakes/database/engine.hpp"
#include "fakes/database/rules.hpp"
#include "fakes/database/settings.hpp"
#include "runtime/runtime.hpp"
#include "runtime/signal.hpp"
#include "runtime/task.hpp"

namespace raceproof::fakes::database {

class Server {
 public:
  /// Makes the strand "database" and nothing else. `runtime` must outlive the server.
  Server(Runtime& runtime, Settings settings);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  /// Listens and serves until `stop`. From any strand, once.
  Awaitable<> run();
  /// Starts `run` on the server's strand with no one waiting for it. Allowed before the runtime
  /// runs.
  void start();
  /// Closes everything and waits until nothing of the server is left. From any strand.
  Awaitable<> stop();
  /// Waits until the server listens for the first time and returns its port. From any strand.
  Awaitable<std::uint16_t> listening();

  [[nodiscard]] const Executor& strand() const { return strand_; }

  /// What the server holds for one connection.
  struct Held {
    std::string connection;  ///< the other end's name
    std::string_view state;  ///< as db_disconnection has it
    std::int64_t rows = 0;   ///< likewise
  };
  /// Of all sessions that are open, in their order. On the strand, or while nothing runs.
  [[nodiscard]] std::vector<Held> held() const;

 private:
  struct Session;
  using SessionPointer = std::shared_ptr<Session>;

  Awaitable<> serve();
  Awaitable<> accept_connections();
  Awaitable<bool> accept_one();
  void open_listener();
  void admit(Stream stream);
  Awaitable<> serve_session(SessionPointer session);
  Awaitable<> converse(Session& session);
  Awaitable<bool> take_up(Session& session, const Message& request);
  Awaitable<Rows> execute(Session& session, const Message& request, std::string_view kind);
  void fail(Session& session, std::string_view kind);
  void answer(Session& session, std::string_view kind, const Rows& rows);
  void refuse(Session& session, std::string_view kind, const Error& error);
  void send(Session& session, const Message& message);
  void fault(const Session& session, std::string_view kind, std::string_view what);
  void cancel(Session& session);
  std::string_view kind_of(const Message& request);
  Awaitable<> hold_outage(Outage outage);
  Awaitable<> stop_here();
  Awaitable<std::uint16_t> wait_listening();

  Runtime& runtime_;
  const Settings settings_;
  Executor strand_;
  Engine engine_;
  Rules rules_;
  Listener listener_;
  std::uint16_t port_ = 0;
  std::list<SessionPointer> sessions_;
  int outages_ = 0;  ///< how many are in force
  bool stopping_ = false;
  Signal changed_;  ///< listening, outages, the end
  TaskScope tasks_;
};

}  // namespace raceproof::fakes::database
