#include "harness/campaign/system.hpp"

#include <algorithm>

#include "runtime/task.hpp"

namespace raceproof::campaign {

System::System(sim::World& world, const scenario::ResolvedVariant& variant)
    : world_(world), variant_(variant) {}

std::vector<sim::ParameterRange> parameter_ranges(const scenario::ResolvedVariant& variant) {
  std::vector<sim::ParameterRange> ranges;
  for (const auto& parameter : variant.parameters) {
    ranges.push_back({parameter.name, parameter.low_ns, parameter.high_ns});
  }
  return ranges;
}

std::vector<std::string> blocking_processes(const scenario::ResolvedVariant& variant) {
  const bool blocks = gateway::with_profile(variant.gateway).grace_blocking.value_or(false) ||
                      !variant.process.stall.empty() || !variant.process.kill.empty();
  return blocks ? std::vector<std::string>{gateway_host} : std::vector<std::string>{};
}

void System::build() {
  const auto& network = variant_.network;
  world_.network().set_latency(gateway_host, redis_host,
                               network.gateway_redis.value_or(network.latency));
  world_.network().set_latency(clients_host, gateway_host,
                               network.clients.value_or(network.latency));
  add_redis();
  add_gateway();
  add_clients();
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

void System::add_gateway() {
  auto& process = world_.add_process({
      .name = gateway_host,
      .threads = static_cast<int>(variant_.gateway.threads),
      .cold_start = variant_.process.cold_start,
      .start =
          [this](Runtime& runtime, const Executor&) {
            auto settings = variant_.gateway;
            settings.redis.host = redis_host;
            settings.redis.port = variant_.backends.redis.port;
            gateway_ = std::make_unique<gateway::Gateway>(runtime, std::move(settings));
            gateway_->start();
          },
      .destroy = [this] { gateway_.reset(); },
  });
  add_accidents(process);
}

void System::add_accidents(sim::Process& gateway) {
  auto& time = world_.time();
  std::uint32_t ordinal = 0;
  const auto draw = [&](const DelayRange& range, const char* what) {
    return time.draw(
        range, {gateway.root().id, world_.trace().intern(what), ordinal++, world_.next_identity()});
  };
  for (const auto& stall : variant_.process.stall) {
    const Duration at = draw(stall.at, "stall at");
    world_.stall(gateway, at, draw(stall.span, "stall for"));
  }
  for (const auto& kill : variant_.process.kill) {
    const Duration at = draw(kill.at, "kill at");
    world_.kill(gateway, at,
                kill.restart_after ? draw(*kill.restart_after, "restart after") : Duration::max());
  }
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
  return std::ranges::find(clients_done_, client) != clients_done_.end();
}

void System::start_clients(Runtime& runtime) {
  const auto port = static_cast<std::uint16_t>(variant_.gateway.listen.port);
  clients_left_ = variant_.clients.size();
  if (clients_left_ == 0) return;  // the run ends at its horizon
  for (const auto& script : variant_.clients) {
    auto& client = *clients_.emplace_back(
        std::make_unique<fakes::client::Client>(runtime, Endpoint{gateway_host, port}, script));
    asio::co_spawn(client.strand(), client.run(),
                   [this, &runtime, &script](std::exception_ptr error, bool) {
                     if (error) runtime.task_failed("client", error);
                     clients_done_.push_back(script.name);
                     if (--clients_left_ == 0) world_.stop();
                   });
  }
}

}  // namespace raceproof::campaign
