// The system of a scenario in a simulated world: the backends, the gateway's instances, the load
// balancer, the clients, and the network and accidents between them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fakes/agent/server.hpp"
#include "fakes/auth/server.hpp"
#include "fakes/balancer/balancer.hpp"
#include "fakes/client/client.hpp"
#include "fakes/database/server.hpp"
#include "fakes/redis/server.hpp"
#include "gateway/gateway.hpp"
#include "harness/scenario/processes.hpp"
#include "harness/sim/latch.hpp"
#include "harness/sim/world.hpp"

namespace raceproof::campaign {

using scenario::agent_host;
using scenario::auth_host;
using scenario::balancer_host;
using scenario::clients_host;
using scenario::database_host;
using scenario::redis_host;

/// Owns the components that the processes of one world consist of. The world is begun by the
/// caller, and ended before this is destroyed.
class System {
 public:
  /// `scripts` are the variant's, with their tokens.
  System(sim::World& world, const scenario::ResolvedVariant& variant,
         const std::vector<fakes::client::Script>& scripts);
  System(const System&) = delete;
  System& operator=(const System&) = delete;

  /// Adds the processes to the world; the run stops when every client has played its script.
  void build();

  /// Clients that are still at their scripts, and whether one of them is not.
  [[nodiscard]] std::size_t clients_left() const { return clients_here_.left(); }
  [[nodiscard]] bool is_done(std::string_view client) const;
  /// Observes, as `backend_left`, what backends hold for connections that a gateway has not closed.
  /// At the end of a run.
  void note_left(std::string_view process);

 private:
  struct Instance {
    std::string name;
    std::unique_ptr<gateway::Gateway> gateway;
    sim::Process* process = nullptr;
  };

  void connect_links();
  void add_partitions();
  void add_redis();
  void add_auth();
  void add_agent();
  void add_database();
  void add_gateways();
  void add_gateway(Instance& instance, Duration cold_start);
  static Awaitable<> serve(gateway::Gateway& gateway);
  [[nodiscard]] gateway::Settings settings_of(const Instance& instance) const;
  [[nodiscard]] gateway::Ports ports_of(Runtime& runtime) const;
  void add_balancer();
  void add_clients();
  void add_accidents();
  Duration draw(const DelayRange& range, const sim::Process* process, const char* what);
  void start_clients(Runtime& runtime);

  sim::World& world_;
  const scenario::ResolvedVariant& variant_;
  const std::vector<fakes::client::Script>& scripts_;
  sim::Latch clients_here_;  ///< by their place in `scripts_`
  std::unique_ptr<fakes::redis::Server> redis_;
  std::unique_ptr<fakes::auth::Server> auth_;
  std::unique_ptr<fakes::agent::Server> agent_;
  std::unique_ptr<fakes::database::Server> database_;
  std::vector<Instance> instances_;
  std::unique_ptr<fakes::balancer::Balancer> balancer_;
  std::vector<std::unique_ptr<fakes::client::Client>> clients_;
  std::uint32_t draws_ = 0;
};

/// Processes of which the variant says that they block, stall or die (sim::StepLog::blocks).
[[nodiscard]] std::vector<std::string> blocking_processes(const scenario::ResolvedVariant& variant);

/// The variant's parameters as the kernel wants them.
[[nodiscard]] std::vector<sim::ParameterRange> parameter_ranges(
    const scenario::ResolvedVariant& variant);

}  // namespace raceproof::campaign
