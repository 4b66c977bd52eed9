// The bounded queue in front of a socket, and rate limits.
#include "gateway/connections/send_queue.hpp"

#include <gtest/gtest.h>

#include "gateway/rate_limit.hpp"

namespace raceproof::gateway {
namespace {

FramePtr frame(std::size_t size) { return make_frame("t", std::string(size, 'x')); }

// Passing means: frames leave in order, and what is left can be taken back.
TEST(SendQueue, KeepsOrder) {
  SendQueue queue(10, 1000);
  const FramePtr a = frame(1);
  const FramePtr b = frame(2);
  const FramePtr c = frame(3);
  EXPECT_TRUE(queue.push(a) && queue.push(b) && queue.push(c));
  EXPECT_EQ(a, queue.front());
  queue.pop();
  EXPECT_EQ(5U, queue.bytes());
  EXPECT_EQ((std::vector<FramePtr>{c}), queue.take_rest(true));
  EXPECT_EQ(2U, queue.bytes());
  EXPECT_EQ((std::vector<FramePtr>{b}), queue.take_rest(false));
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(0U, queue.bytes());
}

// Passing means: both bounds hold, and one frame always fits.
TEST(SendQueue, IsBounded) {
  SendQueue by_count(2, 1000);
  EXPECT_TRUE(by_count.push(frame(1)) && by_count.push(frame(1)));
  EXPECT_FALSE(by_count.push(frame(1)));
  EXPECT_EQ(2U, by_count.size());

  SendQueue by_bytes(100, 10);
  EXPECT_TRUE(by_bytes.push(frame(50)));
  EXPECT_FALSE(by_bytes.push(frame(1)));
  by_bytes.pop();
  EXPECT_TRUE(by_bytes.push(frame(4)) && by_bytes.push(frame(6)));
  EXPECT_FALSE(by_bytes.push(frame(1)));
}

// Passing means: a recovered frame says so and is otherwise the same.
TEST(SendQueue, MarksRecoveredFrames) {
  const Frame sent{"chat", R"({"type":"chat"})", "alice", 7};
  const FramePtr again = recovered(sent);
  EXPECT_EQ(R"({"type":"chat","recovered":true})", again->text);
  EXPECT_EQ("alice", again->user);
  EXPECT_EQ(7U, again->ordinal);
}

// Passing means: no window of any position holds more than the limit, and time frees places.
TEST(RateLimit, LimitsEveryWindow) {
  using std::chrono::seconds;
  const auto at = [](int second) { return Instant() + Duration(seconds(second)); };
  RateLimit limit(3, seconds(10));
  EXPECT_TRUE(limit.allow(at(0)) && limit.allow(at(4)) && limit.allow(at(8)));
  EXPECT_FALSE(limit.allow(at(9)));
  EXPECT_TRUE(limit.allow(at(10)));
  EXPECT_FALSE(limit.allow(at(13)));
  EXPECT_TRUE(limit.allow(at(14)));
  EXPECT_TRUE(limit.allow(at(100)));
}

}  // namespace
}  // namespace raceproof::gateway
