// Passing means: what an agent service sends is read, or refused as malformed, and never anything
// else.
#include "gateway/agents/agent_step_json.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace raceproof::gateway {
namespace {

// The four kinds with their fields; what is not known is passed over.
TEST(AgentStepJson, ReadsTheFourKinds) {
  const AgentStep thinking = parse_agent_step(R"({"step":"thinking","text":"hm","more":[1]})");
  EXPECT_EQ(thinking.kind, AgentStep::Kind::thinking);
  EXPECT_EQ(thinking.text, "hm");
  const AgentStep executing =
      parse_agent_step(R"({"step":"tool_executing","tool":"search","text":"cats"})");
  EXPECT_EQ(executing.kind, AgentStep::Kind::tool_executing);
  EXPECT_EQ(executing.tool, "search");
  EXPECT_EQ(parse_agent_step(R"({"step":"tool_completed","tool":"search"})").kind,
            AgentStep::Kind::tool_completed);
  const AgentStep reply = parse_agent_step(R"({"step":"reply","text":""})");
  EXPECT_EQ(reply.kind, AgentStep::Kind::reply);
}

// Everything else is malformed.
TEST(AgentStepJson, RefusesTheRest) {
  for (const char* line :
       {"x", "[]", "7", "null", "{}", R"({"step":"sleep"})", R"({"step":7})", R"({"step":"reply"})",
        R"({"step":"reply","text":7})", R"({"step":"tool_executing"})",
        R"({"step":"tool_completed","tool":""})", R"({"step":"thinking","text":null})",
        R"({"step":"thinking"} {"step":"thinking"})", "{\"step\":\"reply\",\"text\":\"\xff\"}"}) {
    try {
      parse_agent_step(line);
      ADD_FAILURE() << line;
    } catch (const AgentError& error) {
      EXPECT_EQ(error.reason(), "malformed") << line;
    }
  }
}

// A request is JSON whatever the user said.
TEST(AgentStepJson, WritesRequests) {
  AgentRequest request;
  request.user = "alice";
  request.thread = "t";
  request.run = "r";
  request.request = "q";
  request.text = "say \"hi\"\n";
  const auto body = nlohmann::json::parse(agent_request_body(request));
  EXPECT_EQ(body["user_id"], "alice");
  EXPECT_EQ(body["thread_id"], "t");
  EXPECT_EQ(body["run_id"], "r");
  EXPECT_EQ(body["request_id"], "q");
  EXPECT_EQ(body["text"], request.text);
}

}  // namespace
}  // namespace raceproof::gateway
