// What a scenario may say about its agent service: what agents do, how slowly, and what goes wrong
// with them when.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fakes/http/listen_settings.hpp"

namespace raceproof::fakes::agent {

enum class StepKind { thinking, tool_executing, tool_completed, reply };
std::span<const std::string_view> choices(StepKind);

/// One step of every run.
struct ScriptStep {
  StepKind step = StepKind::thinking;
  std::optional<DelayRange> delay;  ///< before it, in place of Settings::step
  std::string tool;                 ///< empty: "search"
  std::string text;                 ///< empty: the reply echoes what was said

  void describe(SettingsVisitor& visitor);
};

/// What happens to one operation: `run` or `health`. Of the outcomes the first that is set wins:
/// `reset`, `hang`, `status`, and of a run that has begun the first to be reached.
struct OperationRule {
  std::optional<DelayRange> delay;  ///< before the answer begins, in place of Settings::reply
  std::optional<DelayRange> step;   ///< before each step of a run, in place of its own delay
  std::string user;                 ///< only requests of this user; empty: of all
  bool reset = false;               ///< the connection is reset instead of answering
  bool hang = false;                ///< it is never answered
  std::int64_t status = 0;          ///< answered instead of doing anything; 0: none
  std::int64_t cut_after = -1;      ///< the answer is cut off after so many steps; -1: never
  std::int64_t garbage_after = -1;  ///< a line that is not JSON follows so many steps; -1: never
  std::int64_t hang_after = -1;     ///< nothing follows so many steps; -1: never
  std::int64_t times = 0;           ///< only the first so many requests; 0: all

  void describe(SettingsVisitor& visitor);
};

/// What `Settings::on` can be about.
std::vector<std::string> operation_names();

/// Everything about one fake agent service. The keys are those of `backends.agent` in scenario
/// files.
struct Settings {
  http::ListenSettings listen{
      .host = "agent", .port = 8082, .connect = {}, .listen_after = {}, .drop_connections = {}};
  DelayRange reply;               ///< before each answer begins; drawn anew for each
  DelayRange step;                ///< before each step of a run; drawn anew for each
  std::vector<ScriptStep> steps;  ///< empty: one of each kind, in their order
  std::map<std::string, OperationRule> on;

  void describe(SettingsVisitor& visitor);
};

/// The script in effect.
std::vector<ScriptStep> script_of(const Settings& settings);

}  // namespace raceproof::fakes::agent
