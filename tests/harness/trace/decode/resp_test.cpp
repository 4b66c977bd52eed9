// RESP commands and replies as lines.
#include "harness/trace/decode/resp.hpp"

#include <gtest/gtest.h>

namespace raceproof::trace {
namespace {

Lines decode(bool from_client, std::string_view bytes) {
  Lines lines;
  RespDecoder(from_client).feed(bytes, lines);
  return lines;
}

// Passing means: commands read as typed, with quotes only where they are needed.
TEST(RespDecoder, ShowsCommandsAsTyped) {
  EXPECT_EQ(decode(true, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3\r\na b\r\n*1\r\n$4\r\nPING\r\n"),
            (Lines{"SET k \"a b\"", "PING"}));
}

// Passing means: inline commands, which people type by hand, mix with arrays.
TEST(RespDecoder, ShowsInlineCommands) {
  EXPECT_EQ(decode(true, "PING\r\n\r\nGET  key\n*1\r\n$4\r\nQUIT\r\n"),
            (Lines{"PING", "GET key", "QUIT"}));
}

// Passing means: credentials do not reach a trace.
TEST(RespDecoder, HidesCredentials) {
  EXPECT_EQ(decode(true, "auth user secret\r\nHELLO 3 AUTH user secret\r\nSET AUTH 1\r\n"),
            (Lines{"auth *** ***", "HELLO 3 AUTH *** ***", "SET AUTH 1"}));
}

// Passing means: every type of reply is told by its sign, the nulls included.
TEST(RespDecoder, ShowsRepliesWithTheirType) {
  EXPECT_EQ(decode(false,
                   "+OK\r\n-NOSCRIPT No matching script.\r\n:0\r\n$5\r\nhello\r\n$0\r\n\r\n"
                   "$-1\r\n*-1\r\n*0\r\n*3\r\n$1\r\na\r\n*2\r\n:1\r\n:2\r\n$-1\r\n"),
            (Lines{"+OK", "-NOSCRIPT No matching script.", ":0", "$5 hello", "$0 ", "$-1", "*-1",
                   "*0", "*3 a [:1 :2] $-1"}));
}

// Passing means: bytes that are not RESP are named once and end the decoding.
TEST(RespDecoder, NamesViolations) {
  const Lines lines = decode(false, "+OK\r\n?what\r\n+OK\r\n");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[1].starts_with("RESP violated: Protocol error")) << lines[1];
}

// Passing means: an announced length costs nothing until the bytes arrive.
TEST(RespDecoder, IsNotImpressedByAnnouncedLengths) {
  EXPECT_EQ(decode(false, "*2147483647\r\n$4\r\n"), Lines{});
  EXPECT_EQ(decode(false, "$536870912\r\nabc"), Lines{});
}

}  // namespace
}  // namespace raceproof::trace
