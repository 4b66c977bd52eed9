// Whole connections: recognising the protocol, and the change from HTTP to WebSocket.
#include <gtest/gtest.h>

#include "tests/harness/trace/decode/conversation.hpp"

namespace raceproof::trace {
namespace {

// Passing means: the flagship's failing connection reads as what happened, close code and all, and
// neither the token nor the random key of the handshake is shown.
TEST(ConnectionDecoder, ShowsAnUpgradeThatEndsIn1011) {
  const Lines expected{
      "> GET /ws HTTP/1.1 (upgrade: websocket, authorization: Bearer ***)",
      "< HTTP/1.1 101 Switching Protocols (upgrade: websocket)",
      "< ws close 1011 \"no subscriber\"",
      "> ws close 1011",
  };
  EXPECT_EQ(decode({{true, upgrade_request},
                    {false, upgrade_response + frame(0x88, "\x03\xf3no subscriber", false)},
                    {true, frame(0x88, "\x03\xf3", true)}}),
            expected);
}

// Passing means: after a refused upgrade the same connection goes on as HTTP.
TEST(ConnectionDecoder, GoesOnAsHttpAfterARefusedUpgrade) {
  const std::string refusal =
      "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\nContent-Length: 9\r\n\r\nnot ready";
  const Lines expected{
      "> GET /ws HTTP/1.1 (upgrade: websocket, authorization: Bearer ***)",
      "< HTTP/1.1 503 Service Unavailable (retry-after: 10, content-length: 9)",
      "< body 9 bytes: \"not ready\"",
      "> GET /health/ready HTTP/1.1",
  };
  EXPECT_EQ(decode({{true, upgrade_request},
                    {false, refusal},
                    {true, "GET /health/ready HTTP/1.1\r\n\r\n"}}),
            expected);
}

// Passing means: frames that reach the server before its answer was seen are held back and shown
// with the client's next bytes.
TEST(ConnectionDecoder, HoldsBackWhatFollowsAnUpgradeUntilItIsAnswered) {
  const std::string hello = frame(0x81, "hello", true);
  const Lines lines = decode(
      {{true, upgrade_request + hello}, {false, upgrade_response}, {true, frame(0x89, "", true)}});
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[1], "< HTTP/1.1 101 Switching Protocols (upgrade: websocket)");
  EXPECT_EQ(lines[2], "> ws text \"hello\"");
  EXPECT_EQ(lines[3], "> ws ping");
}

// Passing means: Redis is recognised from its first byte, in either direction.
TEST(ConnectionDecoder, RecognisesRedis) {
  const Lines expected{"> SUBSCRIBE gateway:1", "< *3 subscribe gateway:1 :1"};
  EXPECT_EQ(decode({{true, "*2\r\n$9\r\nSUBSCRIBE\r\n$9\r\ngateway:1\r\n"},
                    {false, "*3\r\n$9\r\nsubscribe\r\n$9\r\ngateway:1\r\n:1\r\n"}}),
            expected);
  EXPECT_EQ(decode({{true, "PING\r\n"}, {false, "+PONG\r\n"}}), (Lines{"> PING", "< +PONG"}));
}

// Passing means: an unknown protocol is named once and otherwise left alone.
TEST(ConnectionDecoder, SaysOnceThatItDoesNotKnowAProtocol) {
  EXPECT_EQ(decode({{true, "\x16\x03\x01 hello"}, {false, "anything"}, {true, "more"}}),
            (Lines{"> protocol not recognised: \"\\x16\""}));
}

}  // namespace
}  // namespace raceproof::trace
