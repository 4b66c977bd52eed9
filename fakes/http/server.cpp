#include "fakes/http/server.hpp"

#include <boost/asio/redirect_error.hpp>
#include <utility>

namespace raceproof::fakes::http {

namespace {

Awaitable<> end_connection(std::shared_ptr<Connection> connection, bool reset) {
  connection->end(reset);
  co_return;
}

}  // namespace

Server::Server(Runtime& runtime, std::string name, ListenSettings settings, Handler handler)
    : runtime_(runtime),
      name_(std::move(name)),
      settings_(std::move(settings)),
      handler_(std::move(handler)),
      strand_(runtime.make_strand(name_)),
      changed_(runtime, strand_),
      tasks_(runtime, strand_) {}

void Server::start() { spawn(runtime_, strand_, name_, serve()); }

Awaitable<> Server::run() { co_await call(strand_, serve()); }

Awaitable<> Server::stop() { co_await call(strand_, stop_here()); }

Awaitable<std::uint16_t> Server::listening() {
  const auto port = co_await call(strand_, wait_listening());
  co_return port;
}

Awaitable<std::uint16_t> Server::wait_listening() {
  while (port_ == 0) co_await changed_.wait("http server to listen");
  co_return port_;
}

Awaitable<> Server::serve() {
  for (const auto& outage : settings_.drop_connections) {
    tasks_.spawn(name_ + " outage", hold_outage(outage));
  }
  tasks_.spawn(name_ + " accept", accept_connections());
  co_await tasks_.join();
}

Awaitable<> Server::stop_here() {
  stopping_ = true;
  listener_.close();
  end_connections(false);
  co_await tasks_.stop();
  while (!connections_.empty()) co_await changed_.wait("http connections to end");
}

Awaitable<> Server::hold_outage(Outage outage) {
  co_await runtime_.sleep_for(outage.at, "http outage");
  ++outages_;
  runtime_.observe(name_ + "_outage_begin");
  listener_.close();
  end_connections(true);
  co_await runtime_.sleep_for(outage.duration, "http outage's end");
  --outages_;
  runtime_.observe(name_ + "_outage_end");
  changed_.notify_all();
}

void Server::open_listener() {
  const auto port = port_ != 0 ? port_ : static_cast<std::uint16_t>(settings_.port);
  listener_ = runtime_.listen(strand_, Endpoint{settings_.host, port});
  port_ = listener_.port();
  runtime_.observe(name_ + "_listening", {{"port", std::int64_t{port_}}});
  changed_.notify_all();
}

Awaitable<> Server::accept_connections() {
  if (!is_constant_zero(settings_.listen_after)) {
    co_await runtime_.sleep_for(settings_.listen_after, "http listen_after");
  }
  while (!stopping_) {
    if (outages_ > 0) {
      co_await changed_.wait("http outage to end");
      continue;
    }
    open_listener();
    for (bool open = true; open;) open = co_await accept_one();
  }
}

/// Accepts one connection; false when the listener is closed.
Awaitable<bool> Server::accept_one() {
  const auto strand_of = [this](std::string_view peer) { return runtime_.make_strand(peer); };
  ErrorCode error;
  Stream stream =
      co_await listener_.async_accept(strand_of, asio::redirect_error(use_awaitable, error));
  if (stopping_ || outages_ > 0 || error == asio::error::operation_aborted) co_return false;
  if (error) {
    // The system is short of something; what waits in the backlog can wait a little longer.
    const Duration pause = std::chrono::milliseconds(10);
    co_await runtime_.sleep_for(pause, "http accept again");
  } else {
    admit(std::move(stream));
  }
  co_return true;
}

void Server::admit(Stream stream) {
  const auto id = next_id_++;
  auto connection =
      std::make_shared<Connection>(runtime_, handler_, settings_.connect, std::move(stream));
  observe_connection("_connection", *connection);
  connections_.emplace(id, connection);
  const Executor strand = connection->strand();
  spawn(runtime_, strand, name_ + " connection", serve_connection(id, std::move(connection)));
}

/// On the connection's strand.
Awaitable<> Server::serve_connection(std::int64_t id, ConnectionPointer connection) {
  co_await connection->run();
  spawn(runtime_, strand_, name_ + " connection end", forget(id));
}

Awaitable<> Server::forget(std::int64_t id) {
  const auto it = connections_.find(id);
  observe_connection("_disconnection", *it->second);
  connections_.erase(it);
  changed_.notify_all();
  co_return;
}

void Server::end_connections(bool reset) {
  for (const auto& [id, connection] : connections_) {
    spawn(runtime_, connection->strand(), name_ + " end connection",
          end_connection(connection, reset));
  }
}

void Server::observe_connection(const char* what, const Connection& connection) {
  runtime_.observe(name_ + what, {{"connection", std::string_view(connection.name())}});
}

}  // namespace raceproof::fakes::http
