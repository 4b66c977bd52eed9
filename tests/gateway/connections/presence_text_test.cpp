// Messages between instances as text.
#include <gtest/gtest.h>

#include "gateway/connections/presence.hpp"

namespace raceproof::gateway {
namespace {

// Passing means: any text survives, whatever it contains.
TEST(RemoteMessage, SurvivesTravel) {
  for (const RemoteMessage& sent :
       {RemoteMessage{"alice", "agent_started", R"({"a":1})"}, RemoteMessage{"3:x", "", ""},
        RemoteMessage{"", "12:", std::string("\0\n:9:", 5)}}) {
    const auto got = decode(encode(sent));
    ASSERT_TRUE(got);
    EXPECT_EQ(sent.user, got->user);
    EXPECT_EQ(sent.type, got->type);
    EXPECT_EQ(sent.text, got->text);
  }
}

// Passing means: other messages of the channel, and damaged ones, are told apart.
TEST(RemoteMessage, RefusesOtherTexts) {
  for (const char* text :
       {"", "probe 0123", "5:alic", "99999999999999999999:a", "-1:a", ":", "3", "1:a", "1:a5:b"}) {
    EXPECT_FALSE(decode(text)) << text;
  }
}

}  // namespace
}  // namespace raceproof::gateway
