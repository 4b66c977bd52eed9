// The fake Redis: a RESP2 server whose slowness and faults are settings of the scenario.
//
// Everything lives on one strand, as the real server's commands live on one thread. Each connection
// is a coroutine of its own: while one waits out a delay the others are served, and the replies on
// one connection stay in order.
//
// Observations (`connection` is the other end's name, `command` e.g. "PUBLISH" or "SCRIPT LOAD"):
//   redis_listening{port}, redis_outage_begin{}, redis_outage_end{}, redis_loaded{}
//   redis_connection{connection}, redis_disconnection{connection}
//   redis_command{connection, command}       when the server takes a command up, before its delay
//   redis_reply{connection, command, reply}  in the handler that executed it and writes the reply
//   redis_fault{connection, command, fault}  a rule's reset, hang, reply or drop_reply took effect
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "fakes/redis/connection.hpp"
#include "fakes/redis/engine.hpp"
#include "fakes/redis/rules.hpp"
#include "fakes/redis/settings.hpp"
#include "runtime/runtime.hpp"
#include "runtime/signal.hpp"
#include "runtime/task.hpp"

namespace raceproof::fakes::redis {

class Server {
 public:
  /// Makes the strand "redis" and nothing else. `runtime` must outlive the server.
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

  /// The bound port; 0 until it listens. On the server's strand.
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const Executor& strand() const { return strand_; }

  /// What the server holds for one connection.
  struct Held {
    std::string connection;  ///< the other end's name
    std::int64_t subscriptions = 0;
  };
  /// Of all connections, in their order. On the strand, or while nothing runs.
  [[nodiscard]] std::vector<Held> held() const;

 private:
  using ConnectionPointer = std::shared_ptr<Connection>;

  Awaitable<> serve();
  Awaitable<> accept_connections();
  Awaitable<bool> accept_one();
  void admit(Stream stream);
  void open_listener();
  Awaitable<> serve_connection(ConnectionPointer connection);
  Awaitable<> converse(Connection& connection);
  bool perform(Connection& connection, Arguments arguments, const std::string& name,
               const CommandRule* rule);
  void execute(Connection& connection, Arguments arguments, const std::string& name,
               const CommandRule* rule);
  Awaitable<> swallow(Connection& connection);
  Awaitable<> end_loading();
  Awaitable<> hold_outage(Outage outage);
  Awaitable<> stop_here();
  Awaitable<std::uint16_t> wait_listening();
  void deliver(Client& client);

  Runtime& runtime_;
  const Settings settings_;
  Executor strand_;
  Engine engine_;
  Rules rules_;
  Listener listener_;
  std::uint16_t port_ = 0;
  std::map<std::int64_t, ConnectionPointer> connections_;  ///< by the client's id
  int outages_ = 0;                                        ///< how many are in force
  bool stopping_ = false;
  Signal changed_;  ///< listening, outages, the end
  TaskScope tasks_;
};

}  // namespace raceproof::fakes::redis
