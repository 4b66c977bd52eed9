// Passing means: the keys that scenario files use are read, and unusable values are named.
#include "gateway/settings.hpp"

#include <gtest/gtest.h>

#include "runtime/settings_yaml.hpp"

namespace raceproof::gateway {
namespace {

using std::chrono::milliseconds;

// The keys of the flagship scenario mean what they say.
TEST(Settings, ReadsTheFlagshipsKeys) {
  Settings settings;
  const auto diagnostics = read_settings(
      "environment: staging\n"
      "threads: 2\n"
      "readiness: { redis: connected, not_ready: refuse, poll: 100ms }\n"
      "grace_period: 250ms\n"
      "eval_fallback: false\n",
      "gateway.yaml", settings);
  for (const auto& diagnostic : diagnostics) ADD_FAILURE() << print(diagnostic);
  EXPECT_EQ(settings.environment, "staging");
  EXPECT_EQ(settings.threads, 2);
  EXPECT_EQ(settings.readiness.redis, RedisCriterion::connected);
  EXPECT_EQ(settings.readiness.not_ready, NotReady::refuse);
  EXPECT_EQ(settings.readiness.poll->to_ns(), Duration(milliseconds(100)).to_ns());
  EXPECT_EQ(settings.grace_period->to_ns(), Duration(milliseconds(250)).to_ns());
  EXPECT_FALSE(settings.eval_fallback);
}

// Everything that is written is read back.
TEST(Settings, SurvivesWritingAndReading) {
  Settings settings;
  settings.profile = Profile::reported_after;
  settings.redis.password = "secret";
  const std::string text = write_settings(settings);
  Settings again;
  EXPECT_TRUE(read_settings(text, "again.yaml", again).empty()) << text;
  EXPECT_EQ(write_settings(again), text);
}

// The defaults can be used.
TEST(Settings, DefaultsHaveNoProblems) { EXPECT_TRUE(problems(Settings()).empty()); }

// Every unusable value is named, all at once.
TEST(Settings, NamesAllProblems) {
  Settings settings;
  settings.instance.clear();
  settings.readiness.poll = Duration();
  settings.redis.reconnect.base = std::chrono::seconds(61);
  EXPECT_EQ(problems(settings).size(), 3U);
}

// The channel is named after the instance unless it is set.
TEST(Settings, ChannelFollowsInstance) {
  Settings settings;
  settings.instance = "gw-7";
  EXPECT_EQ(instance_channel(settings), "gateway:gw-7");
  settings.redis.channel = "other";
  EXPECT_EQ(instance_channel(settings), "other");
}

}  // namespace
}  // namespace raceproof::gateway
