// What a scenario says about the world around the programs: the network between them, what happens
// to the gateway's process, and how long to search. Self-describing, as all settings.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/settings.hpp"

namespace raceproof::scenario {

/// A time in which nothing passes between two processes. What is sent meanwhile arrives afterwards.
struct Partition {
  std::vector<std::string> between;  ///< two names of processes
  DelayRange at;                     ///< since the start of the run
  std::optional<DelayRange> span;    ///< key `for`; it does not heal without it
  /// From its end until what was sent meanwhile is sent again.
  DelayRange retransmit{std::chrono::milliseconds(0), std::chrono::milliseconds(200)};
  void describe(SettingsVisitor& visitor);
};

/// The simulated network. A latency is one way, drawn for every delivery; bytes of one direction of
/// a connection never overtake each other.
struct NetworkSettings {
  DelayRange latency;                          ///< Of every link that has none of its own.
  std::optional<DelayRange> gateway_redis;     ///< Between the gateway and Redis.
  std::optional<DelayRange> gateway_auth;      ///< Between the gateway and the auth service.
  std::optional<DelayRange> gateway_agent;     ///< Between the gateway and the agents.
  std::optional<DelayRange> gateway_database;  ///< Between the gateway and the database.
  std::optional<DelayRange> balancer;          ///< Between the load balancer and the gateway.
  std::optional<DelayRange> clients;           ///< Between clients and what they connect to.
  std::vector<Partition> partitions;
  std::int64_t window = 256 * 1024;  ///< Bytes on the way and unread before a sender waits.
  bool fragment = false;             ///< Deliveries may be split anywhere.
  Duration epsilon =
      std::chrono::milliseconds(1);  ///< A free thread picks up work within [0, epsilon].
  void describe(SettingsVisitor& visitor);
};

/// A time in which the process gets no processor, as under CPU throttling: what arrives is queued,
/// timers that pass fire afterwards.
struct Stall {
  DelayRange at;              ///< Since the start of the run.
  DelayRange span;            ///< Key `for`.
  std::int64_t instance = 1;  ///< Of the gateway.
  void describe(SettingsVisitor& visitor);
};

/// The end of the process: its connections are reset, its memory is gone.
struct Kill {
  DelayRange at;                            ///< Since the start of the run.
  std::optional<DelayRange> restart_after;  ///< Started anew that much later; never without it.
  std::int64_t instance = 1;                ///< Of the gateway.
  void describe(SettingsVisitor& visitor);
};

/// The platform asks the process to end (SIGTERM): an orderly shutdown.
struct Shutdown {
  DelayRange at;              ///< Since the start of the run.
  std::int64_t instance = 1;  ///< Of the gateway.
  void describe(SettingsVisitor& visitor);
};

/// One more instance of the gateway, which the platform starts in the course of the run: at a time,
/// or when there is a crowd.
struct ScaleUp {
  std::optional<DelayRange> at;       ///< Since the start of the run.
  std::optional<std::int64_t> above;  ///< When more clients than this are at the load balancer.
  Duration cold_start;                ///< From then to its first instruction.
  void describe(SettingsVisitor& visitor);
};

/// The most instances of the gateway, those that are started later included.
inline constexpr std::int64_t instances_max = 16;

/// The gateway's processes and what happens to them.
struct ProcessSettings {
  std::int64_t instances = 1;  ///< That start with the run.
  Duration cold_start;  ///< From the start of the run to the first instruction of the gateway.
  std::vector<ScaleUp> scale;
  std::vector<Stall> stall;
  std::vector<Kill> kill;
  std::vector<Shutdown> shutdown;
  void describe(SettingsVisitor& visitor);
};

/// How the orders and delays are gone through.
enum class Search {
  complete,     ///< Every class of orders that the ranges allow.
  enumeration,  ///< Every order, without reduction.
  random,       ///< Independent random walks over orders and delays.
  pct,          ///< Probabilistic concurrency testing (priorities with `depth` - 1 change points).
  baseline,     ///< The one order of a single-threaded event loop with the shortest delays.
};
std::span<const std::string_view> choices(Search);

/// What takes over when a complete search exceeds its budget.
struct Fallback {
  std::int64_t sample = 2000;  ///< Random runs.
  void describe(SettingsVisitor& visitor);
};

/// The budget; counted in classes and runs, so that a verdict does not depend on the machine.
struct ExploreSettings {
  Search search = Search::complete;
  std::int64_t classes = 50'000;
  std::optional<std::int64_t> preemptions;
  std::optional<std::int64_t> delays;
  std::int64_t runs = 10'000;
  Fallback otherwise;  ///< Key `else`.
  std::int64_t depth = 3;
  Duration time = std::chrono::minutes(10);   ///< Ceiling on wall time for one variant.
  Duration until = std::chrono::seconds(60);  ///< Virtual time at which a run ends at the latest.
  void describe(SettingsVisitor& visitor);
};

}  // namespace raceproof::scenario
