#include "harness/campaign/wall.hpp"

#include <array>
#include <optional>
#include <thread>

#include "fakes/client/client.hpp"
#include "fakes/redis/server.hpp"
#include "gateway/gateway.hpp"
#include "harness/campaign/wall_recorder.hpp"
#include "harness/scenario/processes.hpp"
#include "runtime/asio/runtime.hpp"
#include "runtime/task.hpp"

namespace raceproof::campaign {

namespace {

using std::chrono::nanoseconds;

constexpr const char* loopback = "127.0.0.1";
/// How long the servers are given after the last client, so that their side of its end is seen.
constexpr auto settle_time = std::chrono::milliseconds(30);
/// How long an orderly shutdown may take before it is given up.
constexpr auto shutdown_limit = std::chrono::seconds(30);
/// How long a server may take until it listens.
constexpr auto listen_limit = std::chrono::seconds(10);
constexpr auto poll_interval = std::chrono::milliseconds(5);

std::string text_of(std::string_view task, const std::exception_ptr& error) {
  std::string text(task);
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& failure) {
    text.append(": ").append(failure.what());
  } catch (...) {
    text.append(": an exception that is no std::exception");
  }
  return text;
}

/// Whether a range delays anything.
bool delays(const DelayRange& range) { return range.high.to_ns() > 0; }

std::vector<std::string> what_is_not_played(const scenario::ResolvedVariant& variant) {
  std::vector<std::string> names;
  const auto& network = variant.network;
  const bool has_latency = delays(network.latency) ||
                           (network.gateway_redis && delays(*network.gateway_redis)) ||
                           (network.clients && delays(*network.clients));
  if (has_latency) names.emplace_back("network.latency");
  if (network.fragment) names.emplace_back("network.fragment");
  if (!variant.process.stall.empty()) names.emplace_back("process.stall");
  if (!variant.process.kill.empty()) names.emplace_back("process.kill");
  if (!variant.process.shutdown.empty()) names.emplace_back("process.shutdown");
  if (!network.partitions.empty()) names.emplace_back("network.partitions");
  if (scenario::is_balanced(variant)) names.emplace_back("several instances behind a balancer");
  if (variant.backends.auth) names.emplace_back("backends.auth");
  if (variant.backends.agent) names.emplace_back("backends.agent");
  if (variant.backends.database) names.emplace_back("backends.database");
  return names;
}

/// A port that nobody listens on. The gateway takes it later: clients must know it before.
std::uint16_t free_port(AsioRuntime& runtime, const Executor& strand) {
  Listener probe = runtime.listen(strand, {loopback, 0});
  const std::uint16_t port = probe.port();
  probe.close();
  return port;
}

}  // namespace

std::string_view name(WallEnd end) {
  static constexpr std::array<std::string_view, 4> names = {"clients_done", "limit", "stopped",
                                                            "failed"};
  return names[static_cast<std::size_t>(end)];
}

/// Three runtimes, as three processes would be: the clients' runs on the caller's thread, the
/// others on threads of their own. What a runtime runs is destroyed before it, and only once it is
/// over.
class WallWorld::Impl {
 public:
  Impl(std::shared_ptr<const scenario::ResolvedVariant> variant, const WallOptions& options);

  void shut_down();
  [[nodiscard]] bool orderly() const { return orderly_; }

  [[nodiscard]] Endpoint gateway() const { return {loopback, gateway_port_}; }
  void play_clients();
  WallResult finish();

 private:
  /// The clients' runtime is made first; its clock is the run's.
  AsioOptions runtime_options(bool is_clients, int threads);
  void start_redis();
  void await_listening(std::string_view observation);
  Awaitable<> end_redis();
  void start_gateway();
  Awaitable<> run_gateway();
  Awaitable<> end_gateway();
  Awaitable<> conduct();
  Awaitable<> play(fakes::client::Client& client, WallClient& outcome);
  Awaitable<> keep_limit();
  /// Ends the clients' run for a reason; the first one counts. From any thread.
  void end_clients(WallEnd reason);
  Awaitable<> request_end(WallEnd reason);

  const std::shared_ptr<const scenario::ResolvedVariant> variant_;
  const WallOptions options_;
  WallResult result_;
  WallRecorder recorder_;
  std::mutex failing_;

  AsioRuntime clients_;
  AsioRuntime redis_;
  AsioRuntime gateway_;

  Executor conductor_;
  TaskScope client_tasks_;
  Signal changed_;
  std::size_t playing_ = 0;
  std::optional<WallEnd> end_;
  std::vector<std::unique_ptr<fakes::client::Client>> players_;

  Executor redis_control_;
  std::uint16_t redis_port_ = 0;
  std::optional<fakes::redis::Server> redis_server_;
  std::uint16_t gateway_port_ = 0;
  Executor gateway_control_;
  TaskScope gateway_tasks_;
  std::optional<gateway::Gateway> gateway_server_;
  bool orderly_ = true;

  std::jthread redis_thread_;
  std::jthread gateway_thread_;
};

WallWorld::Impl::Impl(std::shared_ptr<const scenario::ResolvedVariant> variant,
                      const WallOptions& options)
    : variant_(std::move(variant)),
      options_(options),
      clients_(runtime_options(true, 1)),
      redis_(runtime_options(false, 1)),
      gateway_(runtime_options(false, static_cast<int>(variant_->gateway.threads))),
      conductor_(clients_.make_strand("clients")),
      client_tasks_(clients_, conductor_),
      changed_(clients_, conductor_),
      redis_control_(redis_.make_strand("control")),
      gateway_control_(gateway_.make_strand("gateway")),
      gateway_tasks_(gateway_, gateway_control_) {
  result_.not_played = what_is_not_played(*variant_);
  start_redis();
  start_gateway();
}

AsioOptions WallWorld::Impl::runtime_options(bool is_clients, int threads) {
  AsioOptions made;
  made.threads = threads;
  made.seed = options_.seed;
  made.worst_case_delays = options_.worst_case && !is_clients;
  made.observer = recorder_.observer(is_clients ? 0 : clients_.now().to_ns());
  made.on_failure = [this](std::string_view task, std::exception_ptr error) {
    {
      const std::scoped_lock lock(failing_);
      if (result_.failure.empty()) result_.failure = text_of(task, error);
    }
    end_clients(WallEnd::failed);
  };
  return made;
}

// --- the servers ------------------------------------------------------------------------------

void WallWorld::Impl::start_redis() {
  auto settings = variant_->backends.redis;
  redis_port_ = free_port(redis_, redis_control_);
  settings.host = loopback;
  settings.port = redis_port_;
  redis_server_.emplace(redis_, settings);
  redis_server_->start();
  redis_thread_ = std::jthread([this, busy = redis_.keep_alive()] { redis_.run(); });
  if (settings.listen_after.to_ns() == 0) await_listening("redis_listening");
}

Awaitable<> WallWorld::Impl::end_redis() {
  co_await redis_server_->stop();
  redis_.stop();
}

void WallWorld::Impl::start_gateway() {
  gateway_port_ = free_port(gateway_, gateway_control_);
  gateway_tasks_.spawn("gateway", run_gateway());
  gateway_thread_ = std::jthread([this, busy = gateway_.keep_alive()] { gateway_.run(); });
  if (variant_->process.cold_start.to_ns() == 0) await_listening("listening");
}

/// What starts at once in the scenario is there before anybody else begins, as in simulation.
void WallWorld::Impl::await_listening(std::string_view observation) {
  if (recorder_.wait_for(observation, listen_limit)) return;
  const std::scoped_lock lock(failing_);
  if (result_.failure.empty())
    result_.failure = std::string("never observed: ").append(observation);
  end_ = WallEnd::failed;
}

Awaitable<> WallWorld::Impl::run_gateway() {
  co_await gateway_.sleep_for(variant_->process.cold_start, "cold start");
  auto settings = variant_->gateway;
  settings.listen.host = loopback;
  settings.listen.port = gateway_port_;
  settings.redis.host = loopback;
  settings.redis.port = redis_port_;
  gateway_server_.emplace(gateway_, std::move(settings));
  co_await call(gateway_server_->strand(), gateway_server_->run());
}

/// On the gateway's control strand: shuts down what has been started, then stops the runtime.
Awaitable<> WallWorld::Impl::end_gateway() {
  if (gateway_server_) {
    gateway_server_->shutdown();
  } else {
    gateway_tasks_.cancel();  // still in its cold start
  }
  const Instant limit = gateway_.now() + shutdown_limit;
  while (gateway_tasks_.size() > 0 && gateway_.now() < limit) {
    co_await gateway_.sleep_for(poll_interval, "shutdown");
  }
  orderly_ = gateway_tasks_.size() == 0;
  gateway_.stop();
}

// --- the clients ------------------------------------------------------------------------------

void WallWorld::Impl::play_clients() {
  for (const auto& script : variant_->clients) {
    const Endpoint at = gateway();
    players_.push_back(std::make_unique<fakes::client::Client>(clients_, at, script));
    result_.clients.push_back({script.name});
  }
  const std::stop_callback on_stop(options_.stop, [this] { end_clients(WallEnd::stopped); });
  spawn(clients_, conductor_, "conductor", conduct());
  const auto busy = clients_.keep_alive();
  clients_.run();
}

/// Starts every client, waits for the first reason to end, and ends those that are left.
Awaitable<> WallWorld::Impl::conduct() {
  const std::size_t count = end_ ? 0 : players_.size();
  playing_ = count;
  for (std::size_t i = 0; i < count; ++i) {
    client_tasks_.spawn(players_[i]->name(), play(*players_[i], result_.clients[i]));
  }
  client_tasks_.spawn("limit", keep_limit());
  while (!end_ && playing_ > 0) co_await changed_.wait("clients to end");
  result_.end = end_.value_or(WallEnd::clients_done);
  co_await client_tasks_.stop();
  co_await clients_.sleep_for(settle_time, "settle");
  clients_.stop();
}

Awaitable<> WallWorld::Impl::play(fakes::client::Client& client, WallClient& outcome) {
  outcome.ok = co_await client.run();
  outcome.finished = true;
  --playing_;
  changed_.notify_all();
}

Awaitable<> WallWorld::Impl::keep_limit() {
  co_await clients_.sleep_for(options_.limit, "limit");
  co_await request_end(WallEnd::limit);
}

void WallWorld::Impl::end_clients(WallEnd reason) {
  spawn(clients_, conductor_, "end", request_end(reason));
}

Awaitable<> WallWorld::Impl::request_end(WallEnd reason) {
  if (!end_) end_ = reason;
  changed_.notify_all();
  co_return;
}

// --- the end ----------------------------------------------------------------------------------

void WallWorld::Impl::shut_down() {
  if (!gateway_thread_.joinable()) return;
  spawn(gateway_, gateway_control_, "end", end_gateway());
  gateway_thread_.join();
  spawn(redis_, redis_control_, "end", end_redis());
  redis_thread_.join();
}

WallResult WallWorld::Impl::finish() {
  shut_down();
  {
    const std::scoped_lock lock(failing_);
    if (!orderly_ && result_.failure.empty()) result_.failure = "the gateway did not shut down";
    if (!result_.failure.empty()) result_.end = WallEnd::failed;
  }
  result_.took = nanoseconds(clients_.now().to_ns());
  result_.trace = recorder_.trace();
  return std::move(result_);
}

// --- the outside ------------------------------------------------------------------------------

WallWorld::WallWorld(std::shared_ptr<const scenario::ResolvedVariant> concrete,
                     const WallOptions& options)
    : impl_(std::make_unique<Impl>(std::move(concrete), options)) {}

WallWorld::~WallWorld() {
  impl_->shut_down();
  // A gateway that did not end still owns handlers, which refer to it: rather a leak than a crash.
  if (!impl_->orderly()) static_cast<void>(impl_.release());
}

Endpoint WallWorld::gateway() const { return impl_->gateway(); }
void WallWorld::play_clients() { impl_->play_clients(); }
WallResult WallWorld::finish() { return impl_->finish(); }

std::shared_ptr<const scenario::ResolvedVariant> draw_variant(
    const scenario::Scenario& scenario, const scenario::ResolvedVariant& variant,
    const DrawOptions& options, std::vector<WallValue>& values) {
  const auto numbers = draw_parameters(variant, options);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto& parameter = variant.parameters[i];
    if (!parameter.implicit) values.push_back({parameter.name, nanoseconds(numbers[i])});
  }
  auto concrete =
      std::make_shared<scenario::ResolvedVariant>(*scenario.resolve_concrete(variant, numbers));
  if (options.worst_case) make_clients_early(*concrete);
  return concrete;
}

WallResult run_wall(const scenario::Scenario& scenario, const scenario::ResolvedVariant& variant,
                    const WallOptions& options) {
  std::vector<WallValue> values;
  WallWorld world(draw_variant(scenario, variant, options, values), options);
  world.play_clients();
  WallResult result = world.finish();
  result.values = std::move(values);
  return result;
}

}  // namespace raceproof::campaign
