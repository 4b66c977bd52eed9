// Passing means: frames from clients are understood or named as what they are, and what is sent is
// JSON whatever the text.
#include "gateway/messages.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace raceproof::gateway {
namespace {

using Type = ClientMessage::Type;

// Chat and ping are understood.
TEST(Messages, UnderstandsChatAndPing) {
  const auto chat = parse_client_message(R"({"type":"chat","text":"h\u00e9"})");
  EXPECT_EQ(chat.type, Type::chat);
  EXPECT_EQ(chat.text, "h\xc3\xa9");
  EXPECT_EQ(parse_client_message(R"({"type":"ping"})").type, Type::ping);
}

// Anything else is answered, never an exception.
TEST(Messages, NamesWhatItDoesNotUnderstand) {
  EXPECT_EQ(parse_client_message(R"({"type":"dance"})").type, Type::unknown);
  for (const auto* frame :
       {"", "{", "[]", "1", R"({"type":1})", R"({"type":"chat"})", R"({"type":"chat","text":7})"}) {
    EXPECT_EQ(parse_client_message(frame).type, Type::malformed) << frame;
  }
}

// Quotes, controls and bytes that are no UTF-8 do not break the JSON.
TEST(Messages, EscapesText) {
  for (const std::string text : {"plain", "with \"quotes\"", "line\nbreak", "bad \xff byte"}) {
    const auto json = nlohmann::json::parse(message("agent_completed", "text", text));
    EXPECT_EQ(json["type"], "agent_completed");
    EXPECT_FALSE(json["text"].get<std::string>().empty());
  }
  EXPECT_EQ(nlohmann::json::parse(message("t", "text", "a\"b"))["text"], "a\"b");
}

// Empty members are left out.
TEST(Messages, HealthBody) {
  EXPECT_EQ(health_body("ready"), R"({"status":"ready"})");
  EXPECT_EQ(health_body("starting", "", "cache"), R"({"status":"starting","phase":"cache"})");
}

}  // namespace
}  // namespace raceproof::gateway
