// A small HTTP/1.1 server for fakes, written against the seam. What it answers is a handler's
// matter; it may answer wrongly, slowly or not at all.
//
// The server has a strand; so has every connection, and handlers run on that. Keep-alive and
// pipelined requests are served one after another.
//
// Observations, with the fake's name in front: `auth_listening{port}`,
// `auth_connection{connection}`, `auth_disconnection{connection}`, `auth_outage_begin{}`,
// `auth_outage_end{}`.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "fakes/http/connection.hpp"
#include "fakes/http/listen_settings.hpp"
#include "runtime/runtime.hpp"
#include "runtime/signal.hpp"
#include "runtime/task.hpp"

namespace raceproof::fakes::http {

class Server {
 public:
  /// Makes the strand `name` and nothing else. `runtime` must outlive the server.
  Server(Runtime& runtime, std::string name, ListenSettings settings, Handler handler);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Listens and serves until `stop`. From any strand, once.
  Awaitable<> run();
  /// Starts `run` with no one waiting for it. Allowed before the runtime runs.
  void start();
  /// Closes everything, ends the handlers, and waits until nothing of the server is left. From any
  /// strand.
  Awaitable<> stop();
  /// Waits until the server listens for the first time and returns its port. From any strand.
  Awaitable<std::uint16_t> listening();

  [[nodiscard]] const Executor& strand() const { return strand_; }

 private:
  using ConnectionPointer = std::shared_ptr<Connection>;

  Awaitable<> serve();
  Awaitable<> stop_here();
  Awaitable<std::uint16_t> wait_listening();
  Awaitable<> hold_outage(Outage outage);
  Awaitable<> accept_connections();
  Awaitable<bool> accept_one();
  void open_listener();
  void admit(Stream stream);
  Awaitable<> serve_connection(std::int64_t id, ConnectionPointer connection);
  Awaitable<> forget(std::int64_t id);
  void end_connections(bool reset);
  void observe_connection(const char* what, const Connection& connection);

  Runtime& runtime_;
  const std::string name_;
  const ListenSettings settings_;
  const Handler handler_;
  Executor strand_;
  Listener listener_;
  std::uint16_t port_ = 0;
  std::int64_t next_id_ = 1;
  std::map<std::int64_t, ConnectionPointer> connections_;
  int outages_ = 0;  ///< how many are in force
  bool stopping_ = false;
  Signal changed_;  ///< listening, outages, the end of a connection
  TaskScope tasks_;
};

}  // namespace raceproof::fakes::http
