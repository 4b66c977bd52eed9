// One connection of a fake that speaks HTTP: its requests, one after another.
#pragma once

#include <functional>
#include <string>

#include "fakes/http/exchange.hpp"
#include "fakes/http/request.hpp"
#include "fakes/http/request_reader.hpp"
#include "runtime/runtime.hpp"
#include "runtime/task.hpp"

namespace raceproof::fakes::http {

/// Answers one request, on the strand of its connection. What it does not answer gets a 500. It may
/// be called for several connections at a time; what it refers to outlives the server.
using Handler = std::function<Awaitable<>(Request request, Exchange& exchange)>;

/// Used on the stream's strand only, except `strand()`.
class Connection {
 public:
  /// `runtime` and `handler` must outlive it.
  Connection(Runtime& runtime, const Handler& handler, const DelayRange& connect, Stream stream);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] const Executor& strand() const { return strand_; }
  [[nodiscard]] const std::string& name() const { return stream_.peer_name(); }

  /// Serves until either side ends the connection.
  Awaitable<> run();
  /// Ends it, and a handler that is at work. On the strand.
  void end(bool reset);

 private:
  Awaitable<> converse();
  Awaitable<bool> read_more();
  Awaitable<bool> answer_request();

  Runtime& runtime_;
  const Handler& handler_;
  DelayRange connect_;
  Executor strand_;
  Stream stream_;
  RequestReader reader_;
  bool ended_ = false;
  TaskScope tasks_;  // the conversation
};

}  // namespace raceproof::fakes::http
