// What can be configured about agents.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/settings.hpp"
#include "runtime/time.hpp"

namespace raceproof::gateway {

/// When an event leaves that reports a transaction.
enum class EventTiming { after_commit, before_commit };
/// Who emits the events of a run.
enum class Emitters { one, several };
/// Which changes of a run's state the tracker allows.
enum class RunTransitions { table, any };

std::span<const std::string_view> choices(EventTiming);
std::span<const std::string_view> choices(Emitters);
std::span<const std::string_view> choices(RunTransitions);

/// How runs are watched (domain.md sections 9 and 12).
struct TrackerSettings {
  Duration heartbeat_limit = std::chrono::seconds(10);
  Duration execution_limit = std::chrono::seconds(25);
  Duration keep_ended = std::chrono::seconds(60);
  std::int64_t keep_ended_max = 1000;
  RunTransitions transitions = RunTransitions::table;
  void describe(SettingsVisitor& visitor);
};

struct AgentSettings {
  std::optional<std::string> host;
  std::int64_t port = 8082;
  std::string name = "assistant";
  Duration connect_limit = std::chrono::seconds(5);
  Duration idle_limit = std::chrono::seconds(15);
  TrackerSettings tracker;
  std::int64_t max_runs = 1000;
  std::int64_t max_runs_per_user = 10;
  std::int64_t degraded_after = 3;
  Duration health_interval = std::chrono::seconds(60);
  Duration stop_limit = std::chrono::seconds(5);
  EventTiming events = EventTiming::after_commit;
  Emitters emitters = Emitters::one;
  Duration emitter_batch = std::chrono::milliseconds(100);
  void describe(SettingsVisitor& visitor);
};

/// What is wrong with the values as a whole, one message each; empty when they can be used.
std::vector<std::string> problems(const AgentSettings& settings);

}  // namespace raceproof::gateway
