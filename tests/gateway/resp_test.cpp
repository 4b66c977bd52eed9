// Passing means: commands and replies are coded as RESP2 says, and replies answer commands in order
// however the bytes are cut.
#include <gtest/gtest.h>

#include "gateway/resp/command.hpp"
#include "gateway/resp/conversation.hpp"
#include "gateway/resp/reader.hpp"

namespace raceproof::gateway::resp {
namespace {

// A command is an array of bulk strings with lengths in bytes.
TEST(RespCommand, Encodes) {
  EXPECT_EQ(encode("PING"), "*1\r\n$4\r\nPING\r\n");
  EXPECT_EQ(encode("SET", std::string("k"), std::string_view("a\r\nb")),
            "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\na\r\nb\r\n");
}

// Every type of reply arrives whole when its bytes come one at a time.
TEST(RespReader, ReadsEveryTypeBytewise) {
  const std::string bytes =
      "+OK\r\n-NOSCRIPT No matching script.\r\n:-7\r\n$5\r\nhello\r\n$-1\r\n"
      "*3\r\n$1\r\na\r\n:2\r\n*1\r\n+x\r\n*0\r\n";
  Reader reader;
  std::vector<Reply> replies;
  for (const char byte : bytes) {
    reader.feed({&byte, 1});
    while (auto reply = reader.next()) replies.push_back(std::move(*reply));
  }
  ASSERT_EQ(replies.size(), 7U);
  EXPECT_TRUE(replies[0].is_status("OK"));
  EXPECT_TRUE(has_error_code(replies[1], "NOSCRIPT"));
  EXPECT_FALSE(has_error_code(replies[1], "NOSCRIP"));
  EXPECT_EQ(replies[2].integer, -7);
  EXPECT_EQ(replies[3].text, "hello");
  EXPECT_EQ(replies[4].type, Reply::Type::nil);
  ASSERT_EQ(replies[5].elements.size(), 3U);
  EXPECT_EQ(replies[5].elements[1].integer, 2);
  EXPECT_EQ(replies[5].elements[2].elements.at(0).text, "x");
  EXPECT_EQ(replies[6].type, Reply::Type::array);
}

// Bytes that are not RESP break the reader for good.
TEST(RespReader, BreaksOnNonsense) {
  Reader reader;
  reader.feed("HTTP/1.1 200 OK\r\n");
  EXPECT_FALSE(reader.next());
  EXPECT_TRUE(reader.broken());
  EXPECT_FALSE(reader.error().empty());
}

// One line that announces a huge array cannot take all memory.
TEST(RespReader, BreaksOnTooManyElements) {
  Reader reader;
  reader.feed("*65536\r\n");
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.broken());
  for (const auto* line : {"*65537\r\n", "*2147483647\r\n", "*1\r\n*65537\r\n"}) {
    Reader other;
    other.feed(line);
    EXPECT_FALSE(other.next());
    EXPECT_TRUE(other.broken()) << line;
    EXPECT_FALSE(other.error().empty());
  }
}

// A reply that never ends does not grow without bound.
TEST(RespReader, BreaksOnEndlessReply) {
  Reader reader;
  reader.feed("$400000000\r\n");
  const std::string megabyte(1 << 20, 'x');
  int fed = 0;
  for (; fed < 100 && !reader.broken(); ++fed) {
    reader.feed(megabyte);
    EXPECT_FALSE(reader.next());
  }
  EXPECT_EQ(fed, 16);
  EXPECT_EQ(reader.error(), "a reply too long");
}

struct Dialogue {
  std::vector<std::string> messages;
  std::vector<std::string> replies;
  Conversation conversation{[this](std::string_view channel, std::string_view text) {
    messages.push_back(std::string(channel) + "=" + std::string(text));
  }};
  void expect_reply() {
    conversation.sent([this](std::optional<Reply> reply) {
      replies.push_back(reply ? reply->describe() : "lost");
    });
  }
};

// Pipelined commands get their replies in the order in which they were sent.
TEST(RespConversation, MatchesInOrder) {
  Dialogue dialogue;
  dialogue.expect_reply();
  dialogue.expect_reply();
  EXPECT_FALSE(dialogue.conversation.received("+PONG\r\n:"));
  EXPECT_EQ(dialogue.replies, std::vector<std::string>{"+PONG"});
  EXPECT_FALSE(dialogue.conversation.received("0\r\n"));
  EXPECT_EQ(dialogue.replies, (std::vector<std::string>{"+PONG", ":0"}));
}

// A message between two replies answers no command.
TEST(RespConversation, MessagesGoToTheirHandler) {
  Dialogue dialogue;
  dialogue.expect_reply();
  EXPECT_FALSE(dialogue.conversation.received(
      "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"));
  EXPECT_EQ(dialogue.messages, std::vector<std::string>{"c=hi"});
  EXPECT_EQ(dialogue.replies, std::vector<std::string>{"*3"});
}

// A reply that nobody asked for ends the dialogue.
TEST(RespConversation, RejectsUnexpectedReply) {
  Dialogue dialogue;
  EXPECT_TRUE(dialogue.conversation.received("+OK\r\n"));
}

// The end of the connection is an answer to everybody who waits.
TEST(RespConversation, EndAnswersAll) {
  Dialogue dialogue;
  dialogue.expect_reply();
  dialogue.expect_reply();
  dialogue.conversation.end();
  EXPECT_EQ(dialogue.replies, (std::vector<std::string>{"lost", "lost"}));
}

}  // namespace
}  // namespace raceproof::gateway::resp
