// Passing means: the keys that scenario files use are read, and unusable values are named.
#include "gateway/agents/settings.hpp"

#include <gtest/gtest.h>

#include "runtime/settings_yaml.hpp"

namespace raceproof::gateway {
namespace {

// The switches and limits by their names.
TEST(AgentSettings, ReadsItsKeys) {
  AgentSettings settings;
  const auto diagnostics = read_settings(
      "host: agent\n"
      "events: before_commit\n"
      "emitters: several\n"
      "emitter_batch: 30ms\n"
      "tracker: { transitions: any, heartbeat_limit: 2s, execution_limit: 5s }\n",
      "agent.yaml", settings);
  for (const auto& diagnostic : diagnostics) ADD_FAILURE() << print(diagnostic);
  EXPECT_EQ(settings.host, "agent");
  EXPECT_EQ(settings.events, EventTiming::before_commit);
  EXPECT_EQ(settings.emitters, Emitters::several);
  EXPECT_EQ(settings.tracker.transitions, RunTransitions::any);
  EXPECT_EQ(settings.tracker.heartbeat_limit.to_ns(), 2'000'000'000);
  EXPECT_TRUE(problems(settings).empty());
}

// Every mistake of the original is off, and both limits of a run can be reached.
TEST(AgentSettings, DefaultsAreSound) {
  const AgentSettings settings;
  EXPECT_EQ(settings.events, EventTiming::after_commit);
  EXPECT_EQ(settings.emitters, Emitters::one);
  EXPECT_EQ(settings.tracker.transitions, RunTransitions::table);
  EXPECT_LT(settings.tracker.heartbeat_limit.to_ns(), settings.tracker.execution_limit.to_ns());
  EXPECT_LT(settings.tracker.heartbeat_limit.to_ns(), settings.idle_limit.to_ns());
  EXPECT_TRUE(problems(settings).empty());
}

// Every unusable value is named, all at once.
TEST(AgentSettings, NamesAllProblems) {
  AgentSettings settings;
  settings.host = "";
  settings.name.clear();
  settings.health_interval = Duration();
  settings.tracker.heartbeat_limit = Duration();
  settings.tracker.execution_limit = Duration();
  EXPECT_EQ(problems(settings).size(), 5U);
}

}  // namespace
}  // namespace raceproof::gateway
