// Passing means: waits between reconnects grow from the base by the factor up to the maximum.
#include "gateway/backoff.hpp"

#include <gtest/gtest.h>

namespace raceproof::gateway {
namespace {

using std::chrono::seconds;

// The first wait is the base itself, and growth ends at the maximum.
TEST(Backoff, GrowsFromBaseToMaximum) {
  Backoff backoff(ReconnectSettings{});
  for (const int expected : {1, 2, 4, 8, 16, 32, 60, 60, 60}) {
    EXPECT_EQ(backoff.next().to_ns(), Duration(seconds(expected)).to_ns());
  }
}

// A success starts the sequence again.
TEST(Backoff, StartsAgainAfterReset) {
  Backoff backoff(ReconnectSettings{});
  backoff.next();
  backoff.next();
  backoff.reset();
  EXPECT_EQ(backoff.next().to_ns(), Duration(seconds(1)).to_ns());
}

}  // namespace
}  // namespace raceproof::gateway
