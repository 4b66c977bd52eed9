// Listening, and the conversation with each client. See server.hpp.
#include "fakes/database/server.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>

namespace raceproof::fakes::database {

/// One client's session.
struct Server::Session {
  Session(Runtime& runtime, const Executor& strand, Stream stream, Backend& half)
      : channel(std::make_shared<Channel>(runtime, std::move(stream))),
        backend(half),
        interrupted(runtime, strand) {}

  enum class Stage { idle, delayed, executing };
  std::shared_ptr<Channel> channel;
  Backend& backend;
  Stage stage = Stage::idle;
  Notice interrupted;  ///< ends the delay before a request
  bool refused = false;
  /// A request has come, and the client has gone, or has cancelled it, before it saw the answer.
  bool unanswered = false;

  [[nodiscard]] std::int64_t number() const { return backend.owner.session(); }
  /// As pg_stat_activity calls it.
  [[nodiscard]] std::string_view state() const {
    if (unanswered) return "active";
    if (backend.failed) return "idle in transaction (aborted)";
    return backend.transaction ? "idle in transaction" : "idle";
  }
  /// Rows that its transaction has changed or locked.
  [[nodiscard]] std::int64_t rows() const {
    if (!backend.transaction) return 0;
    const auto& open = *backend.transaction;
    return static_cast<std::int64_t>(open.changes.size() + open.locked.size());
  }
};

Server::Server(Runtime& runtime, Settings settings)
    : runtime_(runtime),
      settings_(std::move(settings)),
      strand_(runtime.make_strand("database")),
      engine_(runtime, strand_, settings_),
      rules_(settings_),
      changed_(runtime, strand_),
      tasks_(runtime, strand_) {}

Server::~Server() = default;

void Server::start() { spawn(runtime_, strand_, "database", serve()); }

Awaitable<> Server::run() { co_await call(strand_, serve()); }

Awaitable<> Server::stop() { co_await call(strand_, stop_here()); }

Awaitable<std::uint16_t> Server::listening() {
  const auto port = co_await call(strand_, wait_listening());
  co_return port;
}

Awaitable<std::uint16_t> Server::wait_listening() {
  while (port_ == 0) co_await changed_.wait("database to listen");
  co_return port_;
}

Awaitable<> Server::serve() {
  for (const auto& outage : settings_.drop_connections) {
    tasks_.spawn("database outage", hold_outage(outage));
  }
  tasks_.spawn("database accept", accept_connections());
  co_await tasks_.join();
}

Awaitable<> Server::stop_here() {
  stopping_ = true;
  listener_.close();
  for (const auto& session : sessions_) session->channel->close();
  co_await tasks_.stop();
  changed_.notify_all();
}

Awaitable<> Server::hold_outage(Outage outage) {
  co_await runtime_.sleep_for(outage.at, "database outage");
  ++outages_;
  runtime_.observe("db_outage_begin");
  listener_.close();
  for (const auto& session : sessions_) {
    session->channel->reset();
    cancel(*session);  // what the server does when it goes down
  }
  co_await runtime_.sleep_for(outage.duration, "database outage's end");
  --outages_;
  runtime_.observe("db_outage_end");
  changed_.notify_all();
}

void Server::open_listener() {
  const auto port = port_ != 0 ? port_ : static_cast<std::uint16_t>(settings_.port);
  listener_ = runtime_.listen(strand_, Endpoint{settings_.host, port});
  port_ = listener_.port();
  runtime_.observe("db_listening", {{"port", std::int64_t{port_}}});
  changed_.notify_all();
}

Awaitable<> Server::accept_connections() {
  if (!is_constant_zero(settings_.listen_after)) {
    co_await runtime_.sleep_for(settings_.listen_after, "database listen_after");
  }
  while (!stopping_) {
    if (outages_ > 0) {
      co_await changed_.wait("database outage to end");
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
    co_await runtime_.sleep_for(pause, "database accept again");
  } else {
    admit(std::move(stream));
  }
  co_return true;
}

std::vector<Server::Held> Server::held() const {
  std::vector<Held> held;
  for (const auto& session : sessions_) {
    held.push_back({session->channel->peer(), session->state(), session->rows()});
  }
  return held;
}

void Server::admit(Stream stream) {
  auto& backend = engine_.open();
  auto session = std::make_shared<Session>(runtime_, strand_, std::move(stream), backend);
  const auto open = std::count_if(sessions_.begin(), sessions_.end(),
                                  [](const SessionPointer& other) { return !other->refused; });
  session->refused = open >= settings_.max_connections;
  sessions_.push_back(session);
  tasks_.spawn("database session", serve_session(std::move(session)));
}

// --- one session --------------------------------------------------------------------------------

Awaitable<> Server::serve_session(SessionPointer session) {
  runtime_.observe("db_connection", {{"session", session->number()},
                                     {"connection", std::string_view(session->channel->peer())}});
  session->channel->start([this, weak = std::weak_ptr(session)] {
    if (const auto alive = weak.lock()) {
      alive->unanswered = true;  // it is given up, whether or not its answer is on the way
      cancel(*alive);
    }
  });
  std::exception_ptr failure;
  try {
    co_await converse(*session);
  } catch (...) {
    failure = std::current_exception();
  }
  runtime_.observe("db_disconnection", {{"session", session->number()},
                                        {"left", session->channel->was_left()},
                                        {"state", session->state()},
                                        {"rows", session->rows()}});
  session->channel->close();
  engine_.close(session->backend);
  sessions_.remove(session);
  if (failure) std::rethrow_exception(failure);
}

Awaitable<> Server::converse(Session& session) {
  for (bool more = true; more;) {
    const auto request = co_await session.channel->receive("database request");
    if (!request) co_return;
    more = co_await take_up(session, *request);
  }
}

std::string_view Server::kind_of(const Message& request) {
  if (request.empty()) return "unknown";
  for (const std::string_view kind : {"connect", "begin", "commit", "rollback"}) {
    if (request[0] == kind) return kind;
  }
  if (request.size() < 2 || request[0] != "query" || !request[1]) return "unknown";
  return engine_.kind_of(*request[1]);
}

/// Does what the request and the rules say; whether the conversation goes on.
Awaitable<bool> Server::take_up(Session& session, const Message& request) {
  session.unanswered = true;
  const auto kind = kind_of(request);
  runtime_.observe("db_request", {{"session", session.number()}, {"kind", kind}});
  const auto plan = rules_.plan(kind);
  bool cancelled = false;
  if (plan.delay) {
    session.stage = Session::Stage::delayed;
    const auto delay = runtime_.draw(*plan.delay, "database reply");
    cancelled =
        co_await session.interrupted.wait_until(runtime_.wait_origin() + delay, "database reply");
    session.stage = Session::Stage::idle;
  }
  const auto* rule = plan.rule;
  if (rule != nullptr && rule->reset) {
    fault(session, kind, "reset");
    session.channel->reset();
    co_return false;
  }
  if (rule != nullptr && rule->hang) {
    fault(session, kind, "hang");
    co_await session.channel->ended();
    co_return false;
  }
  if (rule != nullptr && !rule->fail.empty()) {
    fault(session, kind, "fail");
    fail(session, kind);
    const Error error(rule->fail, rule->message);
    refuse(session, kind, error);
    // 57P01, 08006 and the like are fatal to the session, as what fails a connect is.
    co_return kind != "connect" && !rule->fail.starts_with("57P") && !rule->fail.starts_with("08");
  }
  Rows rows;
  std::optional<Error> error;
  session.stage = Session::Stage::executing;
  try {
    if (cancelled) throw Error("57014", "canceling statement due to user request");
    rows = co_await execute(session, request, kind);
  } catch (const Error& thrown) {
    error = thrown;
  }
  session.stage = Session::Stage::idle;
  if (cancelled) fail(session, kind);
  if (rule != nullptr && rule->reset_after) {
    fault(session, kind, "reset_after");
    session.channel->reset();
    co_return false;
  }
  if (rule != nullptr && rule->drop_reply) {
    fault(session, kind, "drop_reply");
    co_return true;
  }
  if (error) {
    refuse(session, kind, *error);
  } else {
    answer(session, kind, rows);
  }
  co_return !session.refused;
}

Awaitable<Rows> Server::execute(Session& session, const Message& request, std::string_view kind) {
  Rows rows;
  auto& backend = session.backend;
  if (session.refused) throw Error("53300", "sorry, too many clients already");
  if (kind == "connect") co_return rows;
  if (kind == "begin") {
    engine_.begin(backend, request.size() > 1 ? request[1].value_or("") : "");
  } else if (kind == "commit") {
    engine_.commit(backend);
  } else if (kind == "rollback") {
    engine_.rollback(backend);
  } else if (request.size() > 1 && request[0] == "query" && request[1]) {
    std::vector<Value> parameters(request.begin() + 2, request.end());
    rows = co_await engine_.query(backend, *request[1], std::move(parameters));
  } else {
    throw Error("08P01", "not a request");
  }
  co_return rows;
}

/// What a failure of the request does to the transaction.
void Server::fail(Session& session, std::string_view kind) {
  if (kind == "commit" || kind == "rollback") {
    engine_.rollback(session.backend);
  } else {
    engine_.fail(session.backend);
  }
}

void Server::answer(Session& session, std::string_view kind, const Rows& rows) {
  runtime_.observe(
      "db_reply",
      {{"session", session.number()}, {"kind", kind}, {"result", std::string_view("ok")}});
  const auto message = to_message(rows);
  send(session, message);
}

void Server::refuse(Session& session, std::string_view kind, const Error& error) {
  runtime_.observe("db_reply", {{"session", session.number()},
                                {"kind", kind},
                                {"result", std::string_view(error.sqlstate())}});
  const auto message = to_message(error);
  send(session, message);
}

void Server::send(Session& session, const Message& message) {
  if (session.channel->is_open()) session.unanswered = false;
  session.channel->send(message);
}

void Server::fault(const Session& session, std::string_view kind, std::string_view what) {
  runtime_.observe("db_fault", {{"session", session.number()}, {"kind", kind}, {"fault", what}});
}

void Server::cancel(Session& session) {
  switch (session.stage) {
    case Session::Stage::delayed:
      session.interrupted.notify();
      break;
    case Session::Stage::executing:
      engine_.cancel(session.backend);
      break;
    case Session::Stage::idle:
      break;
  }
}

}  // namespace raceproof::fakes::database
