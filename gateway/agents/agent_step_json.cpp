#include "gateway/agents/agent_step_json.hpp"

#include <nlohmann/json.hpp>
#include <optional>

#include "gateway/json_text.hpp"

namespace raceproof::gateway {

namespace {

using nlohmann::json;

[[noreturn]] void refuse(const std::string& why) {
  throw AgentError("malformed", "a step of the agent is malformed: " + why);
}

std::optional<AgentStep::Kind> kind_of(std::string_view name) {
  if (name == "thinking") return AgentStep::Kind::thinking;
  if (name == "tool_executing") return AgentStep::Kind::tool_executing;
  if (name == "tool_completed") return AgentStep::Kind::tool_completed;
  if (name == "reply") return AgentStep::Kind::reply;
  return std::nullopt;
}

/// The text under `key`; empty where there is none.
std::string text_under(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return {};
  if (!found->is_string()) refuse(std::string(key) + " is not a string");
  return found->get<std::string>();
}

}  // namespace

AgentStep parse_agent_step(std::string_view line) {
  const json object = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) refuse("not a JSON object");
  const auto kind = kind_of(text_under(object, "step"));
  if (!kind) refuse("unknown step");
  AgentStep step;
  step.kind = *kind;
  step.tool = text_under(object, "tool");
  step.text = text_under(object, "text");
  const bool is_tool_step =
      step.kind == AgentStep::Kind::tool_executing || step.kind == AgentStep::Kind::tool_completed;
  if (is_tool_step && step.tool.empty()) refuse("a tool step without a tool");
  if (step.kind == AgentStep::Kind::reply && !object.contains("text")) refuse("an empty reply");
  return step;
}

std::string agent_request_body(const AgentRequest& request) {
  std::string body;
  const auto add = [&body](std::string_view opening, std::string_view value) {
    body += opening;
    append_json_string(body, value);
  };
  add(R"({"user_id":)", request.user);
  add(R"(,"thread_id":)", request.thread);
  add(R"(,"run_id":)", request.run);
  add(R"(,"request_id":)", request.request);
  add(R"(,"text":)", request.text);
  return body += '}';
}

}  // namespace raceproof::gateway
