// Listening, outages and the conversation on each connection. See server.hpp.
#include "fakes/redis/server.hpp"

#include <boost/asio/redirect_error.hpp>

namespace raceproof::fakes::redis {

Server::Server(Runtime& runtime, Settings settings)
    : runtime_(runtime),
      settings_(std::move(settings)),
      strand_(runtime.make_strand("redis")),
      engine_(settings_, {.now = [&runtime] { return runtime.now(); },
                          .output = [this](Client& client) { deliver(client); }}),
      rules_(settings_),
      changed_(runtime, strand_),
      tasks_(runtime, strand_) {}

Server::~Server() = default;

void Server::start() { spawn(runtime_, strand_, "redis", serve()); }

Awaitable<> Server::run() { co_await call(strand_, serve()); }

Awaitable<> Server::stop() { co_await call(strand_, stop_here()); }

Awaitable<std::uint16_t> Server::listening() {
  const auto port = co_await call(strand_, wait_listening());
  co_return port;
}

Awaitable<std::uint16_t> Server::wait_listening() {
  while (port_ == 0) co_await changed_.wait("redis to listen");
  co_return port_;
}

Awaitable<> Server::serve() {
  if (!is_constant_zero(settings_.loading)) {
    engine_.set_loading(true);
    tasks_.spawn("redis loading", end_loading());
  }
  for (const auto& outage : settings_.drop_connections) {
    tasks_.spawn("redis outage", hold_outage(outage));
  }
  tasks_.spawn("redis accept", accept_connections());
  co_await tasks_.join();
}

Awaitable<> Server::stop_here() {
  stopping_ = true;
  listener_.close();
  for (const auto& [id, connection] : connections_) connection->close_when_sent();
  co_await tasks_.stop();
  changed_.notify_all();
}

// --- from the start on --------------------------------------------------------------------------

Awaitable<> Server::end_loading() {
  co_await runtime_.sleep_for(settings_.loading, "redis loading");
  engine_.set_loading(false);
  runtime_.observe("redis_loaded");
}

Awaitable<> Server::hold_outage(Outage outage) {
  co_await runtime_.sleep_for(outage.at, "redis outage");
  ++outages_;
  runtime_.observe("redis_outage_begin");
  listener_.close();
  for (const auto& [id, connection] : connections_) connection->reset();
  co_await runtime_.sleep_for(outage.duration, "redis outage's end");
  --outages_;
  runtime_.observe("redis_outage_end");
  changed_.notify_all();
}

void Server::open_listener() {
  const auto port = port_ != 0 ? port_ : static_cast<std::uint16_t>(settings_.port);
  listener_ = runtime_.listen(strand_, Endpoint{settings_.host, port});
  port_ = listener_.port();
  runtime_.observe("redis_listening", {{"port", std::int64_t{port_}}});
  changed_.notify_all();
}

Awaitable<> Server::accept_connections() {
  if (!is_constant_zero(settings_.listen_after)) {
    co_await runtime_.sleep_for(settings_.listen_after, "redis listen_after");
  }
  while (!stopping_) {
    if (outages_ > 0) {
      co_await changed_.wait("redis outage to end");
      continue;
    }
    open_listener();
    for (bool open = true; open;) open = co_await accept_one();
  }
}

/// Accepts one connection; false when the listener is closed.
Awaitable<bool> Server::accept_one() {
  const auto strand_of = [this](std::string_view) { return strand_; };
  ErrorCode error;
  Stream stream =
      co_await listener_.async_accept(strand_of, asio::redirect_error(use_awaitable, error));
  if (stopping_ || outages_ > 0 || error == asio::error::operation_aborted) co_return false;
  if (error) {
    // The system is short of something; what waits in the backlog can wait a little longer.
    const Duration pause = std::chrono::milliseconds(10);
    co_await runtime_.sleep_for(pause, "redis accept again");
  } else {
    admit(std::move(stream));
  }
  co_return true;
}

std::vector<Server::Held> Server::held() const {
  std::vector<Held> held;
  for (const auto& [id, connection] : connections_) {
    held.push_back(
        {connection->name(), static_cast<std::int64_t>(connection->client().subscriptions())});
  }
  return held;
}

void Server::admit(Stream stream) {
  auto client = engine_.connect(stream.peer_name());
  const auto id = client->id;
  auto connection = std::make_shared<Connection>(std::move(stream), std::move(client));
  connections_.emplace(id, connection);
  tasks_.spawn("redis connection", serve_connection(std::move(connection)));
}

// --- one connection -----------------------------------------------------------------------------

Awaitable<> Server::serve_connection(ConnectionPointer connection) {
  runtime_.observe("redis_connection", {{"connection", std::string_view(connection->name())}});
  std::exception_ptr failure;
  try {
    if (!is_constant_zero(settings_.connect)) {
      co_await runtime_.sleep_for(runtime_.draw(settings_.connect, "redis connect"),
                                  "redis connect");
    }
    co_await converse(*connection);
  } catch (...) {
    failure = std::current_exception();
  }
  runtime_.observe("redis_disconnection", {{"connection", std::string_view(connection->name())}});
  engine_.disconnect(connection->client());
  connections_.erase(connection->client().id);
  connection->close_when_sent();
  if (failure) std::rethrow_exception(failure);
}

Awaitable<> Server::converse(Connection& connection) {
  std::vector<std::string_view> arguments;
  while (!connection.is_closed()) {
    connection.parser().restrict_to_unauthenticated(!connection.client().authenticated);
    const auto status = connection.parser().next(arguments);
    if (status == RequestParser::Status::need_more) {
      const bool more = co_await connection.read();
      if (!more) co_return;
      continue;
    }
    if (status == RequestParser::Status::error) {
      ReplyWriter(connection.client().outbox)
          .error("ERR Protocol error: " + connection.parser().error());
      co_return;
    }
    const auto name = request_name(arguments);
    runtime_.observe("redis_command", {{"connection", std::string_view(connection.name())},
                                       {"command", std::string_view(name)}});
    const auto plan = rules_.plan(name);
    if (plan.delay) {
      co_await runtime_.sleep_for(runtime_.draw(*plan.delay, "redis reply"), "redis reply");
      if (connection.is_closed()) co_return;
    }
    if (plan.rule != nullptr && !plan.rule->reset && plan.rule->hang) {
      co_await swallow(connection);
      co_return;
    }
    if (!perform(connection, arguments, name, plan.rule)) co_return;
  }
}

/// Executes the command, or does what its rule says. Whether the conversation goes on.
bool Server::perform(Connection& connection, Arguments arguments, const std::string& name,
                     const CommandRule* rule) {
  const auto fault = [&](std::string_view what) {
    runtime_.observe("redis_fault", {{"connection", std::string_view(connection.name())},
                                     {"command", std::string_view(name)},
                                     {"fault", what}});
  };
  if (rule != nullptr && rule->reset) {
    fault("reset");
    connection.reset();
    return false;
  }
  if (rule != nullptr && !rule->reply.empty())
    fault("reply");
  else if (rule != nullptr && rule->drop_reply)
    fault("drop_reply");
  execute(connection, arguments, name, rule);
  return !connection.client().close_after_reply && !connection.is_closed();
}

void Server::execute(Connection& connection, Arguments arguments, const std::string& name,
                     const CommandRule* rule) {
  Client& client = connection.client();
  const auto before = client.outbox.size();
  if (rule != nullptr && !rule->reply.empty()) {
    const bool is_reply = std::string_view("+-:").find(rule->reply[0]) != std::string_view::npos;
    engine_.answer(client, (is_reply ? "" : "-") + rule->reply + "\r\n");
  } else {
    engine_.execute(client, arguments);
    if (rule != nullptr && rule->drop_reply) client.outbox.resize(before);
  }
  if (client.outbox.size() > before) {
    const auto reply = describe_reply(std::string_view(client.outbox).substr(before));
    runtime_.observe("redis_reply", {{"connection", std::string_view(connection.name())},
                                     {"command", std::string_view(name)},
                                     {"reply", std::string_view(reply)}});
  }
  connection.flush();
}

/// A connection that is never answered again still notices when the other end goes.
Awaitable<> Server::swallow(Connection& connection) {
  runtime_.observe("redis_fault", {{"connection", std::string_view(connection.name())},
                                   {"command", std::string_view()},
                                   {"fault", std::string_view("hang")}});
  std::vector<std::string_view> arguments;
  for (bool more = true; more;) {
    while (connection.parser().next(arguments) == RequestParser::Status::request) {
    }
    more = co_await connection.read();
  }
}

void Server::deliver(Client& client) {
  const auto it = connections_.find(client.id);
  if (it != connections_.end()) it->second->flush();
}

}  // namespace raceproof::fakes::redis
