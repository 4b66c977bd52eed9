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
  EXPECT_EQ(step_keys().size(), 8U);
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
  Connect asks;
  asks.headers = {{"X-Trace", "1"}};
  asks.subprotocols = {"jwt-auth"};
  EXPECT_EQ(problem(asks), "");
  asks.subprotocols = {"two words"};
  EXPECT_NE(problem(asks).find("subprotocol"), std::string::npos);
  asks.subprotocols = {};
  asks.headers = {{"X-Trace", "1\r\nX-Other: 2"}};
  EXPECT_EQ(problem(asks), "a header has one line");
  asks.headers = {{"X Trace", "1"}};
  EXPECT_NE(problem(asks), "");
  Send send;
  send.raw = "x";
  send.text = "y";
  EXPECT_NE(problem(send), "");
}

std::string type_of(std::string_view json) { return frame_fields(json).type; }

// Only a string member "type" of the outermost object counts.
TEST(FrameTest, FindsTheType) {
  EXPECT_EQ(type_of(R"({"type":"chat","text":"x"})"), "chat");
  EXPECT_EQ(type_of(R"({"payload":{"type":"inner"},"list":[{"type":"x"}],"type":"outer"})"),
            "outer");
  EXPECT_EQ(type_of(R"({"payload":{"type":"inner"}})"), "");
  EXPECT_EQ(type_of(R"({"text":"\"type\":\"no\"","type":"\u0061b"})"), "ab");
  EXPECT_EQ(type_of(R"({"type":7,"text":"type"})"), "");
  EXPECT_EQ(type_of(R"({"type":["a"]})"), "");
  EXPECT_EQ(type_of(R"(["type","chat"])"), "");
  EXPECT_EQ(type_of(R"("type")"), "");
  EXPECT_EQ(type_of("not json"), "");
  EXPECT_EQ(type_of(""), "");
}

// What agent events say about themselves is found wherever it stands; a frame that breaks off keeps
// what was found before.
TEST(FrameTest, FindsWhomAndWhatItIsAbout) {
  const auto fields =
      frame_fields(R"({"run_id":"r1","type":"tool_completed","list":[1,{"user_id":"no"}],)"
                   R"("payload":{"text":"t","tool_name":"search","deep":{"tool_name":"no"}},)"
                   R"("user_id":"alice","tool_name":"no","recovered":true})");
  EXPECT_EQ(fields.type, "tool_completed");
  EXPECT_EQ(fields.user, "alice");
  EXPECT_EQ(fields.run, "r1");
  EXPECT_EQ(fields.tool, "search");
  EXPECT_TRUE(fields.recovered);
  EXPECT_FALSE(frame_fields(R"({"recovered":"true"})").recovered);
  EXPECT_FALSE(frame_fields(R"({"payload":{"recovered":true}})").recovered);
  const auto cut = frame_fields(R"({"type":"chat","user_id":"bob","run_id":)");
  EXPECT_EQ(cut.type, "chat");
  EXPECT_EQ(cut.user, "bob");
  EXPECT_EQ(cut.run, "");
}

// A message is valid JSON whatever the text holds.
TEST(FrameTest, QuotesMessages) {
  EXPECT_EQ(message_json("chat", "a\"b\\c\n"), R"({"type":"chat","text":"a\"b\\c\n"})");
  EXPECT_EQ(message_json("chat", "a", "t1"), R"({"type":"chat","text":"a","thread_id":"t1"})");
  EXPECT_EQ(message_json("cancel", "", "", "r1"), R"({"type":"cancel","text":"","run_id":"r1"})");
  EXPECT_EQ(message_json("chat", "\xff"), "{\"type\":\"chat\",\"text\":\"\xef\xbf\xbd\"}");
}

}  // namespace
}  // namespace raceproof::fakes::client
