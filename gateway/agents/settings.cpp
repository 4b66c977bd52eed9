#include "gateway/agents/settings.hpp"

#include <array>

namespace raceproof::gateway {

std::span<const std::string_view> choices(EventTiming) {
  static constexpr std::array<std::string_view, 2> names{"after_commit", "before_commit"};
  return names;
}
std::span<const std::string_view> choices(Emitters) {
  static constexpr std::array<std::string_view, 2> names{"one", "several"};
  return names;
}
std::span<const std::string_view> choices(RunTransitions) {
  static constexpr std::array<std::string_view, 2> names{"table", "any"};
  return names;
}

void TrackerSettings::describe(SettingsVisitor& v) {
  v.on(
      "heartbeat_limit", heartbeat_limit,
      "A run that gives no sign of life for so long is dead; shorter than execution_limit, or else "
      "no run can ever be dead.");
  v.on("execution_limit", execution_limit,
       "A run that takes longer than this until its reply has timed out.");
  v.on("keep_ended", keep_ended, "How long the record of a run that has ended is kept.");
  v.on("keep_ended_max", keep_ended_max, 0, 1'000'000,
       "How many records of runs that have ended are kept at most.");
  v.on("transitions", transitions,
       "table: an ended run has ended for good; any: every state may follow every other, so that a "
       "run that was declared dead goes on and its late completion overwrites that.");
}

void AgentSettings::describe(SettingsVisitor& v) {
  v.on("host", host, "Host of the agent service; unset: an agent that says what it heard.");
  v.on("port", port, 1, 65535, "Port of the agent service.");
  v.on("name", name, "Name of the agent, as events give it.");
  v.on("connect_limit", connect_limit,
       "Longest wait until the agent service begins to answer a request.");
  v.on("idle_limit", idle_limit,
       "Longest wait for the agent service's next line; the tracker's heartbeat_limit counts too.");
  v.on("tracker", tracker, "How runs are watched.");
  v.on("max_runs", max_runs, 1, 1'000'000, "Runs at once; more are refused.");
  v.on("max_runs_per_user", max_runs_per_user, 1, 1'000'000,
       "Runs at once of one user; more are refused.");
  v.on("degraded_after", degraded_after, 1, 1'000'000,
       "Consecutive failures of the agent service after which the bridge is degraded.");
  v.on("health_interval", health_interval,
       "Time between two looks whether the agent service is there, longer than 0.");
  v.on("stop_limit", stop_limit,
       "Longest wait for cancelled runs to be stored and reported in a shutdown.");
  v.on("events", events,
       "after_commit: an event leaves once the transaction that it reports has committed; "
       "before_commit: it leaves first.");
  v.on("emitters", emitters,
       "one: a run's events leave one after another; several: thinking and tool events have "
       "emitters of their own, which collect for emitter_batch and overtake each other.");
  v.on("emitter_batch", emitter_batch, "How long an emitter of its own collects events.");
}

std::vector<std::string> problems(const AgentSettings& settings) {
  std::vector<std::string> found;
  const auto require = [&found](bool holds, const char* message) {
    if (!holds) found.emplace_back(message);
  };
  require(!settings.host || !settings.host->empty(), "agent.host: must not be empty");
  require(!settings.name.empty(), "agent.name: must not be empty");
  require(Duration() < settings.health_interval, "agent.health_interval: must be longer than 0");
  require(Duration() < settings.tracker.heartbeat_limit,
          "agent.tracker.heartbeat_limit: must be longer than 0");
  require(Duration() < settings.tracker.execution_limit,
          "agent.tracker.execution_limit: must be longer than 0");
  return found;
}

}  // namespace raceproof::gateway
