#include "harness/campaign/system.hpp"

#include <algorithm>

#include "fakes/database/client.hpp"
#include "runtime/task.hpp"

namespace raceproof::campaign {

System::System(sim::World& world, const scenario::ResolvedVariant& variant,
               const std::vector<fakes::client::Script>& scripts)
    : world_(world), variant_(variant), scripts_(scripts), clients_here_(world, scripts.size()) {
  for (std::string& name : scenario::gateway_names(variant)) {
    instances_.push_back({std::move(name), nullptr, nullptr});
  }
}

std::vector<sim::ParameterRange> parameter_ranges(const scenario::ResolvedVariant& variant) {
  std::vector<sim::ParameterRange> ranges;
  for (const auto& parameter : variant.parameters) {
    ranges.push_back({parameter.name, parameter.low_ns, parameter.high_ns});
  }
  return ranges;
}

std::vector<std::string> blocking_processes(const scenario::ResolvedVariant& variant) {
  const auto names = scenario::gateway_names(variant);
  const bool all = gateway::with_profile(variant.gateway).grace_blocking.value_or(false);
  std::vector<std::string> blocking;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto is_its = [&](const auto& accident) {
      return accident.instance == static_cast<std::int64_t>(i) + 1;
    };
    if (all || std::ranges::any_of(variant.process.stall, is_its) ||
        std::ranges::any_of(variant.process.kill, is_its)) {
      blocking.push_back(names[i]);
    }
  }
  return blocking;
}

void System::build() {
  connect_links();
  add_redis();
  add_auth();
  add_agent();
  add_database();
  add_gateways();
  add_balancer();
  add_clients();
  add_accidents();
  add_partitions();
}

void System::connect_links() {
  const auto& network = variant_.network;
  const auto link = [&](const std::string& a, const std::string& b,
                        const std::optional<DelayRange>& latency) {
    world_.network().set_latency(a, b, latency.value_or(network.latency));
  };
  const bool balanced = scenario::is_balanced(variant_);
  for (const Instance& instance : instances_) {
    link(instance.name, redis_host, network.gateway_redis);
    if (variant_.backends.auth) link(instance.name, auth_host, network.gateway_auth);
    if (variant_.backends.agent) link(instance.name, agent_host, network.gateway_agent);
    if (variant_.backends.database) link(instance.name, database_host, network.gateway_database);
    if (balanced) link(balancer_host, instance.name, network.balancer);
  }
  link(clients_host, balanced ? balancer_host : instances_.front().name, network.clients);
}

void System::add_redis() {
  world_.add_process({
      .name = redis_host,
      .threads = 1,
      .cold_start = {},
      .start =
          [this](Runtime& runtime, const Executor& root) {
            auto settings = variant_.backends.redis;
            settings.host = redis_host;
            redis_ = std::make_unique<fakes::redis::Server>(runtime, std::move(settings));
            spawn(runtime, root, "redis", redis_->run());
          },
      .destroy = [this] { redis_.reset(); },
  });
}

void System::add_auth() {
  if (!variant_.backends.auth) return;
  world_.add_process({
      .name = auth_host,
      .threads = 1,
      .cold_start = {},
      .start =
          [this](Runtime& runtime, const Executor&) {
            auto settings = *variant_.backends.auth;
            settings.listen.host = auth_host;
            auth_ = std::make_unique<fakes::auth::Server>(runtime, std::move(settings));
            auth_->start();
          },
      .destroy = [this] { auth_.reset(); },
  });
}

void System::add_agent() {
  if (!variant_.backends.agent) return;
  world_.add_process({
      .name = agent_host,
      .threads = 1,
      .cold_start = {},
      .start =
          [this](Runtime& runtime, const Executor&) {
            auto settings = *variant_.backends.agent;
            settings.listen.host = agent_host;
            agent_ = std::make_unique<fakes::agent::Server>(runtime, std::move(settings));
            agent_->start();
          },
      .destroy = [this] { agent_.reset(); },
  });
}

void System::add_database() {
  if (!variant_.backends.database) return;
  world_.add_process({
      .name = database_host,
      .threads = 1,
      .cold_start = {},
      .start =
          [this](Runtime& runtime, const Executor&) {
            auto settings = *variant_.backends.database;
            settings.host = database_host;
            database_ = std::make_unique<fakes::database::Server>(runtime, std::move(settings));
            database_->start();
          },
      .destroy = [this] { database_.reset(); },
  });
}

void System::add_gateways() {
  const auto at_once = static_cast<std::size_t>(variant_.process.instances);
  for (std::size_t i = 0; i < at_once; ++i) {
    add_gateway(instances_[i], variant_.process.cold_start);
  }
  for (std::size_t i = at_once; i < instances_.size(); ++i) {
    const auto& scale = variant_.process.scale[i - at_once];
    add_gateway(instances_[i], scale.at ? draw(*scale.at, nullptr, "scale at") + scale.cold_start
                                        : Duration::max());
  }
}

gateway::Settings System::settings_of(const Instance& instance) const {
  auto settings = variant_.gateway;
  settings.redis.host = redis_host;
  settings.redis.port = variant_.backends.redis.port;
  if (scenario::is_balanced(variant_)) settings.instance = instance.name;
  if (variant_.backends.auth && !settings.auth.host) {
    settings.auth.host = auth_host;
    settings.auth.port = variant_.backends.auth->listen.port;
  }
  if (variant_.backends.agent && !settings.agent.host) {
    settings.agent.host = agent_host;
    settings.agent.port = variant_.backends.agent->listen.port;
  }
  if (variant_.backends.database && !settings.database.host) {
    settings.database.host = database_host;
    settings.database.port = variant_.backends.database->port;
  }
  return settings;
}

gateway::Ports System::ports_of(Runtime& runtime) const {
  gateway::Ports ports;
  if (!variant_.backends.database) return ports;
  const auto port = static_cast<std::uint16_t>(variant_.backends.database->port);
  ports.database =
      std::make_unique<fakes::database::Client>(runtime, Endpoint(database_host, port));
  return ports;
}

/// A gateway whose start-up fails has ended in order and listens no more, as a process that has
/// ended; what else leaves it is an error of its own.
Awaitable<> System::serve(gateway::Gateway& gateway) {
  try {
    co_await gateway.run();
  } catch (const gateway::StartupError&) {
  }
}

void System::add_gateway(Instance& instance, Duration cold_start) {
  instance.process = &world_.add_process({
      .name = instance.name,
      .threads = static_cast<int>(variant_.gateway.threads),
      .cold_start = cold_start,
      .start =
          [this, &instance](Runtime& runtime, const Executor&) {
            instance.gateway = std::make_unique<gateway::Gateway>(runtime, settings_of(instance),
                                                                  ports_of(runtime));
            spawn(runtime, instance.gateway->strand(), "gateway", serve(*instance.gateway));
          },
      .destroy = [&instance] { instance.gateway.reset(); },
      .signal = [&instance] { instance.gateway->shutdown(); },
  });
}

void System::note_left(std::string_view process) {
  const auto note = [&](std::string_view backend, const std::string& connection,
                        std::int64_t subscriptions, std::string_view state, std::int64_t rows) {
    if (connection.substr(0, connection.find('/')) != process) return;
    const Field fields[] = {{"backend", backend},
                            {"process", process},
                            {"connection", std::string_view(connection)},
                            {"subscriptions", subscriptions},
                            {"state", state},
                            {"rows", rows}};
    world_.note("backend_left", fields);
  };
  for (const auto& held : redis_->held()) {
    note(redis_host, held.connection, held.subscriptions, "", 0);
  }
  if (!database_) return;
  for (const auto& held : database_->held()) {
    note(database_host, held.connection, 0, held.state, held.rows);
  }
}

/// A delay of the scenario's own, drawn when the run is built.
Duration System::draw(const DelayRange& range, const sim::Process* process, const char* what) {
  const trace::StrandId strand =
      process == nullptr ? 0 : const_cast<sim::Process*>(process)->root().id;
  return world_.time().draw(
      range, {strand, world_.trace().intern(what), draws_++, world_.next_identity()});
}

void System::add_accidents() {
  const auto of = [this](const auto& accident) -> sim::Process& {
    return *instances_[static_cast<std::size_t>(accident.instance - 1)].process;
  };
  for (const auto& stall : variant_.process.stall) {
    const Duration at = draw(stall.at, &of(stall), "stall at");
    world_.stall(of(stall), at, draw(stall.span, &of(stall), "stall for"));
  }
  for (const auto& kill : variant_.process.kill) {
    const Duration at = draw(kill.at, &of(kill), "kill at");
    world_.kill(of(kill), at,
                kill.restart_after ? draw(*kill.restart_after, &of(kill), "restart after")
                                   : Duration::max());
  }
  for (const auto& shutdown : variant_.process.shutdown) {
    world_.signal(of(shutdown), draw(shutdown.at, &of(shutdown), "shutdown at"));
  }
}

void System::add_partitions() {
  for (const auto& partition : variant_.network.partitions) {
    const auto link = world_.network().may_be_cut(partition.between[0], partition.between[1],
                                                  partition.retransmit);
    const Duration at = draw(partition.at, nullptr, "partition at");
    world_.partition(
        link, at,
        partition.span ? draw(*partition.span, nullptr, "partition for") : Duration::max());
  }
}

void System::add_balancer() {
  if (!scenario::is_balanced(variant_)) return;
  world_.add_process({
      .name = balancer_host,
      .threads = 1,
      .cold_start = {},
      .start =
          [this](Runtime& runtime, const Executor&) {
            const auto port = static_cast<std::uint16_t>(variant_.gateway.listen.port);
            std::vector<Endpoint> at;
            for (const Instance& instance : instances_) at.emplace_back(instance.name, port);
            balancer_ = std::make_unique<fakes::balancer::Balancer>(
                runtime, variant_.balancer.value_or(fakes::balancer::Settings()), std::move(at),
                balancer_host);
            const auto at_once = static_cast<std::size_t>(variant_.process.instances);
            for (std::size_t i = 0; i < variant_.process.scale.size(); ++i) {
              const auto& scale = variant_.process.scale[i];
              if (!scale.above) continue;
              balancer_->when_crowded(*scale.above, [this, &scale, i, at_once] {
                world_.start(*instances_[at_once + i].process, scale.cold_start);
              });
            }
            balancer_->start();
          },
      .destroy = [this] { balancer_.reset(); },
  });
}

void System::add_clients() {
  world_.add_process({
      .name = clients_host,
      .threads = 1,
      .cold_start = {},
      .start = [this](Runtime& runtime, const Executor&) { start_clients(runtime); },
      .destroy = [this] { clients_.clear(); },
  });
}

bool System::is_done(std::string_view client) const {
  const auto script = std::ranges::find(scripts_, client, &fakes::client::Script::name);
  return !clients_here_.is_here(static_cast<std::size_t>(script - scripts_.begin()));
}

void System::start_clients(Runtime& runtime) {
  const bool balanced = scenario::is_balanced(variant_);
  const std::int64_t port = !balanced           ? variant_.gateway.listen.port
                            : variant_.balancer ? variant_.balancer->port
                                                : fakes::balancer::Settings().port;
  const Endpoint at(balanced ? std::string(balancer_host) : instances_.front().name,
                    static_cast<std::uint16_t>(port));
  // Without clients the run ends at its horizon.
  for (std::size_t i = 0; i < scripts_.size(); ++i) {
    auto& client =
        *clients_.emplace_back(std::make_unique<fakes::client::Client>(runtime, at, scripts_[i]));
    asio::co_spawn(client.strand(), client.run(),
                   [this, &runtime, i](std::exception_ptr error, bool) {
                     if (error) runtime.task_failed("client", error);
                     clients_here_.leave(i);
                   });
  }
}

}  // namespace raceproof::campaign
