// The system of a scenario in a simulated world: Redis, the gateway, its clients, and the network
// and accidents between them.
#pragma once

#include <memory>
#include <vector>

#include "fakes/client/client.hpp"
#include "fakes/redis/server.hpp"
#include "gateway/gateway.hpp"
#include "harness/scenario/model.hpp"
#include "harness/sim/world.hpp"

namespace raceproof::campaign {

/// Host names of the simulated processes.
inline constexpr const char* redis_host = "redis";
inline constexpr const char* gateway_host = "gateway";
inline constexpr const char* clients_host = "clients";

/// Owns the components that the processes of one world consist of. The world is begun by the
/// caller, and ended before this is destroyed.
class System {
 public:
  System(sim::World& world, const scenario::ResolvedVariant& variant);
  System(const System&) = delete;
  System& operator=(const System&) = delete;

  /// Adds the processes to the world; the run stops when every client has played its script.
  void build();

  /// Clients that are still at their scripts, and whether one of them is not.
  [[nodiscard]] std::size_t clients_left() const { return clients_left_; }
  [[nodiscard]] bool is_done(std::string_view client) const;

 private:
  void add_redis();
  void add_gateway();
  void add_clients();
  void add_accidents(sim::Process& gateway);
  void start_clients(Runtime& runtime);

  sim::World& world_;
  const scenario::ResolvedVariant& variant_;
  std::unique_ptr<fakes::redis::Server> redis_;
  std::unique_ptr<gateway::Gateway> gateway_;
  std::vector<std::unique_ptr<fakes::client::Client>> clients_;
  std::size_t clients_left_ = 0;
  std::vector<std::string> clients_done_;
};

/// Processes of which the variant says that they block, stall or die (sim::StepLog::blocks).
[[nodiscard]] std::vector<std::string> blocking_processes(const scenario::ResolvedVariant& variant);

/// The variant's parameters as the kernel wants them.
[[nodiscard]] std::vector<sim::ParameterRange> parameter_ranges(
    const scenario::ResolvedVariant& variant);

}  // namespace raceproof::campaign
