// The typed script and the JSON text of frames, without any network.
#include "fakes/client/script.hpp"

#include <gtest/gtest.h>

#include "fakes/client/frame.hpp"

namespace raceproof::fakes::client {
namespace {

// Every key makes the step that is written with it, and nothing else makes one.
TEST(ScriptTest, KeysAndStepsBelongTogether) {
  for (const auto key : step_keys()) {
    const auto step = make_step(key);
    ASSERT_TRUE(step) << key;
    EXPECT_EQ(step_key(*step), key);
    EXPECT_EQ(problem(*step), "");
  }
  EXPECT_FALSE(make_step("konnect"));
  EXPECT_EQ(step_keys().size(), 7U);
}

// A bare value is the field one expects it to be.
TEST(ScriptTest, BareValues) {
  EXPECT_EQ(step_shorthand(*make_step("wait")), "delay");
  EXPECT_EQ(step_shorthand(*make_step("expect")), "type");
  EXPECT_EQ(step_shorthand(*make_step("abort")), "");
}

// Mistakes that the fields' own bounds cannot catch are named.
TEST(ScriptTest, Problems) {
  Connect connect;
  connect.retry_on = {"503", "refused", "lost"};
  EXPECT_EQ(problem(connect), "");
  connect.retry_on = {"50e"};
  EXPECT_NE(problem(connect).find("'50e'"), std::string::npos);
  Expect expect;
  expect.type = "hello";
  EXPECT_EQ(problem(expect), "");
  expect.close = 1011;
  EXPECT_NE(problem(expect), "");
  Close close;
  close.code = 1006;
  EXPECT_NE(problem(close).find("1006"), std::string::npos);
  Send send;
  send.raw = "x";
  send.text = "y";
  EXPECT_NE(problem(send), "");
}

// Only a string member "type" of the outermost object counts.
TEST(FrameTest, FindsTheType) {
  EXPECT_EQ(frame_type(R"({"type":"chat","text":"x"})"), "chat");
  EXPECT_EQ(frame_type(R"({"payload":{"type":"inner"},"list":[{"type":"x"}],"type":"outer"})"),
            "outer");
  EXPECT_EQ(frame_type(R"({"payload":{"type":"inner"}})"), "");
  EXPECT_EQ(frame_type(R"({"text":"\"type\":\"no\"","type":"\u0061b"})"), "ab");
  EXPECT_EQ(frame_type(R"({"type":7,"text":"type"})"), "");
  EXPECT_EQ(frame_type(R"({"type":["a"]})"), "");
  EXPECT_EQ(frame_type(R"(["type","chat"])"), "");
  EXPECT_EQ(frame_type(R"("type")"), "");
  EXPECT_EQ(frame_type("not json"), "");
  EXPECT_EQ(frame_type(""), "");
}

// A message is valid JSON whatever the text holds.
TEST(FrameTest, QuotesMessages) {
  EXPECT_EQ(message_json("chat", "a\"b\\c\n"), R"({"type":"chat","text":"a\"b\\c\n"})");
  EXPECT_EQ(message_json("chat", "\xff"), "{\"type\":\"chat\",\"text\":\"\xef\xbf\xbd\"}");
}

}  // namespace
}  // namespace raceproof::fakes::client
