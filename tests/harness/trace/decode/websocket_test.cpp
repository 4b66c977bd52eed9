// WebSocket frames as lines.
#include "harness/trace/decode/websocket.hpp"

#include <gtest/gtest.h>

#include "tests/harness/trace/decode/conversation.hpp"

namespace raceproof::trace {
namespace {

Lines from_client(const std::string& bytes) {
  Lines lines;
  WebSocketDecoder(true).feed(bytes, lines);
  return lines;
}
Lines from_server(const std::string& bytes) {
  Lines lines;
  WebSocketDecoder(false).feed(bytes, lines);
  return lines;
}

// Passing means: masked text is unmasked, and each kind of frame is named.
TEST(WebSocketDecoder, NamesEveryKindOfFrame) {
  EXPECT_EQ(from_client(frame(0x81, "{\"type\":\"chat\"}", true) + frame(0x82, "abc", true) +
                        frame(0x89, "now", true) + frame(0x8A, "", true)),
            (Lines{"ws text \"{\\\"type\\\":\\\"chat\\\"}\"", "ws binary 3 bytes",
                   "ws ping \"now\"", "ws pong"}));
}

// Passing means: a close shows its code and reason, each of which may be absent.
TEST(WebSocketDecoder, ShowsCodeAndReasonOfAClose) {
  EXPECT_EQ(from_server(frame(0x88,
                              "\x03\xe8"
                              "bye",
                              false) +
                        frame(0x88, "\x03\xf3", false) + frame(0x88, "", false)),
            (Lines{"ws close 1000 \"bye\"", "ws close 1011", "ws close without a code"}));
}

// Passing means: fragments are shown as such, with a control frame in between.
TEST(WebSocketDecoder, ShowsFragments) {
  EXPECT_EQ(
      from_server(frame(0x01, "hel", false) + frame(0x89, "", false) + frame(0x80, "lo", false)),
      (Lines{"ws text \"hel\", more follows", "ws ping", "ws continuation 2 bytes"}));
}

// Passing means: a long payload is cut, says how long it was, and does not disturb the next frame.
TEST(WebSocketDecoder, CutsLongPayloads) {
  const Lines lines =
      from_server(frame(0x81, std::string(40000, 'x'), false) + frame(0x81, "next", false));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_LT(lines[0].size(), 200U);
  EXPECT_TRUE(lines[0].ends_with("...\" of 40000 bytes")) << lines[0];
  EXPECT_EQ(lines[1], "ws text \"next\"");
}

// Passing means: a frame masked the wrong way round is shown and marked.
TEST(WebSocketDecoder, MarksWrongMasking) {
  EXPECT_EQ(from_client(frame(0x81, "a", false)), (Lines{"ws text \"a\", not masked"}));
  EXPECT_EQ(from_server(frame(0x81, "a", true)), (Lines{"ws text \"a\", masked"}));
}

// Passing means: each violation of the framing is named once and ends the decoding.
TEST(WebSocketDecoder, NamesViolations) {
  const std::string more = frame(0x81, "more", false);
  EXPECT_EQ(from_server(frame(0x83, "", false) + more),
            (Lines{"ws framing violated: opcode 3 is reserved"}));
  EXPECT_EQ(from_server(frame(0x91, "", false) + more),
            (Lines{"ws framing violated: reserved bits are set"}));
  EXPECT_EQ(from_server(frame(0x09, "", false) + more),
            (Lines{"ws framing violated: a control frame is fragmented"}));
  EXPECT_EQ(from_server(frame(0x89, std::string(126, 'x'), false) + more),
            (Lines{"ws framing violated: a control frame of 126 bytes"}));
  EXPECT_EQ(from_server(std::string("\x82\x7f\xff") + std::string(7, '\0') + more),
            (Lines{"ws framing violated: a length with its highest bit set"}));
}

}  // namespace
}  // namespace raceproof::trace
