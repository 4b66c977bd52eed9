// HTTP messages as lines.
#include "harness/trace/decode/http.hpp"

#include <gtest/gtest.h>

#include "tests/harness/trace/decode/conversation.hpp"

namespace raceproof::trace {
namespace {

const Said get{true, "GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n"};
const std::string get_line = "> GET /health/ready HTTP/1.1";

// Passing means: two responses on one connection are told apart by the length of the first body.
TEST(HttpDecoder, FollowsContentLength) {
  const Lines expected{get_line, get_line, "< HTTP/1.1 200 OK (content-length: 2)",
                       "< body 2 bytes: \"ok\"", "< HTTP/1.1 200 OK (content-length: 0)"};
  EXPECT_EQ(decode({get,
                    get,
                    {false,
                     "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
                     "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}}),
            expected);
}

// Passing means: chunks are put together, and trailers and extensions are skipped.
TEST(HttpDecoder, FollowsChunks) {
  const Lines expected{get_line, "< HTTP/1.1 200 OK (transfer-encoding: chunked)",
                       "< body 11 bytes: \"hello world\"", "< HTTP/1.1 204 No Content"};
  EXPECT_EQ(decode({get,
                    {false,
                     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "6;note=1\r\nhello \r\n5\r\nworld\r\n0\r\nX-Trailer: 1\r\n\r\n"
                     "HTTP/1.1 204 No Content\r\n\r\n"}}),
            expected);
}

// Passing means: the answer to HEAD has no body, whatever length it states, and an interim answer
// does not use up the request.
TEST(HttpDecoder, KnowsWhichResponsesHaveNoBody) {
  const Lines expected{"> HEAD / HTTP/1.1", "< HTTP/1.1 103 Early Hints",
                       "< HTTP/1.1 200 OK (content-length: 5)", "< HTTP/1.1 304 Not Modified"};
  EXPECT_EQ(decode({{true, "HEAD / HTTP/1.1\r\n\r\n"},
                    {false,
                     "HTTP/1.1 103 Early Hints\r\n\r\n"
                     "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
                     "HTTP/1.1 304 Not Modified\r\n\r\n"}}),
            expected);
}

// Passing means: what is not HTTP is said once, with what was wrong, and ends that direction.
TEST(HttpDecoder, SaysOnceWhatIsNotHttp) {
  EXPECT_EQ(decode({get, {false, "HTTP/2 oops\r\n\r\nmore\r\n\r\n"}}),
            (Lines{get_line, "< HTTP violated: not a response: \"HTTP/2 oops\""}));
  EXPECT_EQ(
      decode({{true, "POST / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n"}, get}),
      (Lines{"> POST / HTTP/1.1 (content-length: 1x)", "> HTTP violated: not a length: \"1x\""}));
}

// Passing means: a head without an end is given up at its limit instead of being kept for ever.
TEST(HttpDecoder, GivesUpOnAHeadWithoutEnd) {
  const Lines lines = decode({get, {false, "HTTP/1.1 200 OK\r\nX: " + std::string(20000, 'x')}});
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[1], "< HTTP violated: more than 16384 bytes without the end of a head");
}

}  // namespace
}  // namespace raceproof::trace
