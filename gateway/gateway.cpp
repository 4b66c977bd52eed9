#include "gateway/gateway.hpp"

#include <boost/asio/as_tuple.hpp>
#include <stdexcept>
#include <utility>

#include "gateway/agents/echo_agent.hpp"
#include "gateway/agents/http_agent.hpp"
#include "runtime/time_limit.hpp"

namespace raceproof::gateway {

namespace {

/// How long the circular gate waits (domain.md section 1).
constexpr auto gate_limit = std::chrono::seconds(90);
/// Pause after an accept that failed for want of resources.
constexpr auto accept_pause = std::chrono::milliseconds(100);

Awaitable<> stop_connection(std::shared_ptr<Connection> connection) { co_await connection->stop(); }

Awaitable<> abort_connection(std::shared_ptr<Connection> connection) {
  co_await connection->abort();
}

std::unique_ptr<AgentBackend> make_agent_backend(Runtime& runtime, const AgentSettings& settings) {
  if (!settings.host) return std::make_unique<EchoBackend>();
  return std::make_unique<HttpAgent>(runtime, settings);
}

}  // namespace

Gateway::Gateway(Runtime& runtime, Settings settings, Ports ports)
    : runtime_(runtime),
      ports_(std::move(ports)),
      settings_(with_profile(std::move(settings))),
      figures_(resolve(settings_)),
      strand_(runtime.make_strand("main")),
      readiness_(runtime, settings_.readiness, figures_),
      redis_(
          runtime, settings_.redis, instance_channel(settings_),
          [this, asked = false](const RedisState& state) mutable {
            const bool before = std::exchange(asked, state.connected && state.subscribed);
            if (asked && !before) {
              spawn(runtime_, manager_.strand(), "connections join again", manager_.rejoin());
            }
            spawn(runtime_, readiness_.strand(), "redis state", readiness_.redis_changed(state));
          },
          [this](std::string_view message) { receive(message); }),
      presence_(redis_, settings_.instance, channel_prefix, settings_.connections.queue),
      manager_(runtime, settings_.connections, &presence_),
      auth_(make_auth()),
      database_(make_database()),
      agent_(make_agent_backend(runtime, settings_.agent)),
      bridge_(
          runtime, settings_.agent, *agent_, manager_, database_ ? &database_->store() : nullptr,
          [this](BridgeState state) {
            if (!figures_.has_agent) return;  // then nothing is checked
            spawn(runtime_, readiness_.strand(), "bridge state", readiness_.bridge_changed(state));
          }),
      services_{runtime,    settings_, figures_,
                readiness_, redis_,    auth_.get(),
                manager_,   bridge_,   [this] { return call(strand_, metrics()); }},
      startup_(runtime,
               [this](const StartupState& state) {
                 spawn(runtime_, readiness_.strand(), "startup state",
                       readiness_.startup_changed(state));
               }),
      connections_(runtime, strand_),
      changed_(runtime, strand_),
      tasks_(runtime, strand_) {
  plan_startup();
}

std::unique_ptr<Auth> Gateway::make_auth() {
  if (!settings_.auth.enabled()) return nullptr;
  return std::make_unique<Auth>(runtime_, settings_.auth, [this](bool usable) {
    spawn(runtime_, readiness_.strand(), "auth state", readiness_.auth_changed(usable));
  });
}

std::unique_ptr<database::DatabaseManager> Gateway::make_database() {
  if (!settings_.database.host) return nullptr;
  if (!ports_.database) throw std::invalid_argument("database.host is set, but there is no port");
  return std::make_unique<database::DatabaseManager>(
      runtime_, *ports_.database, settings_.database, settings_.instance,
      [this](const database::DatabaseState& state) {
        spawn(runtime_, readiness_.strand(), "database state",
              readiness_.database_changed(state.connected));
      });
}

void Gateway::start() { spawn(runtime_, strand_, "gateway", run()); }

void Gateway::shutdown() { spawn(runtime_, strand_, "shutdown", request_shutdown()); }

Awaitable<> Gateway::request_shutdown() {
  shutdown_requested_ = true;
  changed_.notify();
  co_return;
}

Awaitable<std::uint16_t> Gateway::port() const {
  co_return listener_.is_open() ? listener_.port() : std::uint16_t{0};
}

Awaitable<> Gateway::run() {
  // Early, because a container that does not listen is killed; so a client may come before Redis.
  listen();
  tasks_.spawn("accept", accept_connections());
  co_await call(readiness_.strand(), readiness_.start());
  tasks_.spawn("startup", start_up());
  while (!shutdown_requested_ && !startup_failure_) co_await changed_.wait("shutdown");
  runtime_.observe("shutdown_begin");
  co_await close_down();
  runtime_.observe("shutdown_end");
  if (startup_failure_) std::rethrow_exception(startup_failure_);
}

void Gateway::listen() {
  const Endpoint at{settings_.listen.host, static_cast<std::uint16_t>(settings_.listen.port)};
  listener_ = runtime_.listen(strand_, at);
  runtime_.observe("listening", {{"port", std::int64_t{listener_.port()}}});
}

/// What the phases do; one without a backend does nothing.
void Gateway::plan_startup() {
  startup_.on(Phase::init, [this] { return check_settings(); });
  if (auth_) {
    startup_.on(Phase::dependencies, [this] { return call(auth_->strand(), auth_->start()); });
  }
  if (database_) {
    startup_.on(Phase::database, [this] { return call(database_->strand(), database_->start()); });
  }
  // A Redis that does not answer fails no phase: the manager goes on trying in the background.
  startup_.on(Phase::cache, [this] { return call(redis_.strand(), redis_.start()); });
  startup_.on(Phase::services, [this] { return start_services(); });
  if (settings_.startup_gate == StartupGate::circular) {
    startup_.on(Phase::websocket, [this] { return wait_for_readiness(); });
  }
}

Awaitable<> Gateway::check_settings() {
  runtime_.observe("environment", {{"name", to_string(figures_.environment.name)},
                                   {"gcp", figures_.environment.gcp}});
  std::string message;
  for (const std::string& problem : problems(settings_)) {
    if (!message.empty()) message += "; ";
    message += problem;
  }
  if (!message.empty()) throw std::invalid_argument(message);
  co_return;
}

Awaitable<> Gateway::start_services() {
  co_await call(bridge_.strand(), bridge_.start());
  co_await call(readiness_.strand(), readiness_.agent_started());
}

/// The original's gate: it waits for a readiness that waits for startup (domain.md section 1).
Awaitable<> Gateway::wait_for_readiness() {
  const bool ready = co_await within(runtime_, gate_limit, "startup gate",
                                     call(readiness_.strand(), readiness_.until_ready()));
  if (!ready) throw std::runtime_error("the gateway did not become ready");
}

Awaitable<> Gateway::start_up() {
  try {
    co_await startup_.run();
  } catch (const StartupError&) {
    startup_failure_ = std::current_exception();
    changed_.notify();
  }
}

Awaitable<> Gateway::accept_connections() {
  const auto strand_of = [this](std::string_view peer) { return runtime_.make_strand(peer); };
  for (;;) {
    auto [error, stream] =
        co_await listener_.async_accept(strand_of, asio::as_tuple(use_awaitable));
    if (closing_ || error == asio::error::operation_aborted) co_return;
    if (!error) {
      admit(std::move(stream));
      continue;
    }
    const std::string reason = error.message();
    runtime_.observe("accept_failed", {{"reason", reason}});
    co_await runtime_.sleep_for(accept_pause, "accept pause");
  }
}

void Gateway::admit(Stream stream) {
  const bool over_limit =
      connections_->size() >= static_cast<std::size_t>(settings_.limits.max_sessions);
  connections_->push_back(std::make_shared<Connection>(services_, std::move(stream), over_limit));
  Connection& connection = *connections_->back();
  spawn(runtime_, connection.strand(), "connection", serve(connection));
}

/// On the connection's strand.
Awaitable<> Gateway::serve(Connection& connection) {
  co_await connection.serve();
  spawn(runtime_, strand_, "connection end", forget(connection));
}

Awaitable<> Gateway::forget(Connection& connection) {
  totals_.add(connection.end());
  connections_->remove_if([&](const auto& known) { return known.get() == &connection; });
  if (closing_ && connections_->empty()) changed_.notify();
  co_return;
}

Awaitable<std::string> Gateway::metrics() {
  MetricsText text;
  write(text, totals_);
  const ConnectionFigures connections = co_await call(manager_.strand(), manager_.figures());
  write(text, connections);
  const auto checks = co_await call(readiness_.strand(), readiness_.figures());
  write(text, checks);
  const BridgeFigures bridge = co_await call(bridge_.strand(), bridge_.figures());
  write(text, bridge);
  if (auth_) {
    const AuthFigures auth = co_await call(auth_->strand(), auth_->figures());
    write(text, auth);
  }
  if (database_) {
    const auto pool = co_await call(database_->strand(), database_->ask_figures());
    write(text, pool);
  }
  co_return text.take();
}

/// A message of another instance; on Redis' strand. Probes of this one are for nobody.
void Gateway::receive(std::string_view message) {
  auto remote = decode(message);
  if (!remote) return;
  spawn(
      runtime_, manager_.strand(), "remote message",
      manager_.receive(std::move(remote->user), std::move(remote->type), std::move(remote->text)));
}

Awaitable<> Gateway::close_down() {
  closing_ = true;
  listener_.close();
  co_await tasks_.stop();
  // Who waits for an authentication is told at once, and can end.
  if (auth_) co_await call(auth_->strand(), auth_->stop());
  co_await close_connections();
  // Runs report their ends to the manager.
  co_await call(bridge_.strand(), bridge_.stop());
  co_await call(manager_.strand(), manager_.stop());
  co_await call(redis_.strand(), redis_.stop());
  if (database_) co_await call(database_->strand(), database_->stop());
  // Last, and behind the manager's last report on that strand.
  co_await call(readiness_.strand(), readiness_.stop());
}

/// Asks every connection to end, and cuts those that have not ended within the grace.
Awaitable<> Gateway::close_connections() {
  changed_.clear();
  for (const auto& connection : *connections_) {
    spawn(runtime_, connection->strand(), "connection stop", stop_connection(connection));
  }
  const Instant limit = runtime_.now() + settings_.shutdown_grace;
  bool in_time = true;
  while (in_time && !connections_->empty()) {
    in_time = co_await changed_.wait_until(limit, "connections to end");
  }
  for (const auto& connection : *connections_) {
    spawn(runtime_, connection->strand(), "connection abort", abort_connection(connection));
  }
  while (!connections_->empty()) co_await changed_.wait("connections to be cut");
}

}  // namespace raceproof::gateway
