// The settings of the fake. Passing means that the keys of scenario files are read, that a
// misspelled kind of request is refused instead of doing nothing, and that rules count as they say.
#include "fakes/database/settings.hpp"

#include <gtest/gtest.h>

#include "fakes/database/rules.hpp"
#include "runtime/settings_yaml.hpp"

namespace raceproof::fakes::database::test {
namespace {

using namespace std::chrono_literals;

TEST(Settings, ReadsWhatAScenarioSays) {
  Settings settings;
  const auto diagnostics = read_settings(
      "connect: 5ms..20ms\n"
      "reply: 1ms..3ms\n"
      "wake: 0ms..1ms\n"
      "deadlock_timeout: 200ms\n"
      "max_connections: 5\n"
      "observed_tables: [orders]\n"
      "on:\n"
      "  commit: { delay: 10ms, fail: '40001', skip: 2, times: 1 }\n"
      "  delete: { reset_after: true }\n"
      "drop_connections: [{ at: 1s, for: 2s }]\n",
      "database.yaml", settings);
  for (const auto& diagnostic : diagnostics) ADD_FAILURE() << print(diagnostic);
  EXPECT_EQ(settings.connect.high.to_ns(), Duration(20ms).to_ns());
  EXPECT_EQ(settings.wake.high.to_ns(), Duration(1ms).to_ns());
  EXPECT_EQ(settings.deadlock_timeout.to_ns(), Duration(200ms).to_ns());
  EXPECT_EQ(settings.max_connections, 5);
  EXPECT_EQ(settings.observed_tables, std::vector<std::string>{"orders"});
  ASSERT_TRUE(settings.on.commit.has_value());
  EXPECT_EQ(settings.on.commit->fail, "40001");
  EXPECT_EQ(settings.on.commit->skip, 2);
  ASSERT_NE(settings.on.find("delete"), nullptr);
  EXPECT_TRUE(settings.on.find("delete")->reset_after);
  EXPECT_EQ(settings.on.find("select"), nullptr);
  EXPECT_EQ(settings.drop_connections.at(0).duration.to_ns(), Duration(2s).to_ns());
}

TEST(Settings, RefusesAKindOfRequestThatThereIsNot) {
  Settings settings;
  EXPECT_FALSE(read_settings("on: { comit: { hang: true } }\n", "database.yaml", settings).empty());
}

TEST(Rules, SkipThenApplyThenStop) {
  Settings settings;
  settings.reply = {5ms, 5ms};
  auto& rule = settings.on.commit.emplace();
  rule.skip = 1;
  rule.times = 2;
  rule.delay = DelayRange{};
  Rules rules(settings);
  std::vector<bool> applied;
  std::vector<bool> delayed;
  for (int i = 0; i < 4; ++i) {
    (void)rules.plan("select");  // other kinds do not count
    const auto plan = rules.plan("commit");
    applied.push_back(plan.rule != nullptr);
    delayed.push_back(plan.delay.has_value());
  }
  EXPECT_EQ(applied, std::vector<bool>({false, true, true, false}));
  EXPECT_EQ(delayed, std::vector<bool>({true, false, false, true}));
}

}  // namespace
}  // namespace raceproof::fakes::database::test
