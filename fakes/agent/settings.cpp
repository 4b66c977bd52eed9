#include "fakes/agent/settings.hpp"

namespace raceproof::fakes::agent {

std::span<const std::string_view> choices(StepKind) {
  static constexpr std::string_view names[] = {"thinking", "tool_executing", "tool_completed",
                                               "reply"};
  return names;
}

void ScriptStep::describe(SettingsVisitor& visitor) {
  visitor.on("step", step, "What the agent does.");
  visitor.on("delay", delay, "Before this step, in place of the general `step`.");
  visitor.on("tool", tool, "The tool of the two tool steps; empty means 'search'.");
  visitor.on(
      "text", text,
      "The thought, the tool's input or output, or the reply; an empty reply echoes what was "
      "said.");
}

void OperationRule::describe(SettingsVisitor& visitor) {
  constexpr std::int64_t steps_max = 1'000'000;
  visitor.on("delay", delay, "Before the answer begins, in place of the general `reply`.");
  visitor.on("step", step, "Before each step of the run, in place of its own delay.");
  visitor.on("user", user, "Only requests of this user; empty means of all users.");
  visitor.on("reset", reset, "The connection is reset instead of answering.");
  visitor.on("hang", hang, "The request is never answered.");
  visitor.on("status", status, 0, 999,
             "Status to answer instead of doing what was asked; 0: none.");
  visitor.on("cut_after", cut_after, -1, steps_max,
             "The answer is cut off after so many steps; -1 means never.");
  visitor.on("garbage_after", garbage_after, -1, steps_max,
             "A line that is not JSON follows so many steps; -1 means never.");
  visitor.on("hang_after", hang_after, -1, steps_max,
             "Nothing more comes after so many steps; -1 means never.");
  visitor.on("times", times, 0, 1'000'000'000,
             "Only the first so many requests that this applies to; 0 means all.");
}

std::vector<std::string> operation_names() { return {"run", "health"}; }

void Settings::describe(SettingsVisitor& visitor) {
  listen.describe(visitor);
  visitor.on("reply", reply, "Before each answer begins; drawn anew for each.");
  visitor.on("step", step, "Before each step of a run; drawn anew for each.");
  visitor.on("steps", steps,
             "What each run does; empty means thinking, tool_executing, tool_completed, reply.");
  visitor.on("on", on, "What happens to single operations: run, health.");
}

std::vector<ScriptStep> script_of(const Settings& settings) {
  std::vector<ScriptStep> script = settings.steps;
  if (script.empty()) {
    for (const StepKind kind : {StepKind::thinking, StepKind::tool_executing,
                                StepKind::tool_completed, StepKind::reply}) {
      script.emplace_back().step = kind;
    }
  }
  for (ScriptStep& step : script) {
    const bool has_tool =
        step.step == StepKind::tool_executing || step.step == StepKind::tool_completed;
    if (has_tool && step.tool.empty()) step.tool = "search";
  }
  return script;
}

}  // namespace raceproof::fakes::agent
