// The expressions of `while`. Passing means: subjects carry over as people read them, precedence is
// not, and, or, and anything else is refused with a sentence.
#include <gtest/gtest.h>

#include "harness/scenario/state_expression.hpp"

namespace raceproof::scenario {
namespace {

std::string parsed(std::string_view text) {
  const auto expression = parse_state_expression(text);
  return expression ? print(*expression) : "error: " + expression.error();
}

TEST(StateExpression, SubjectsCarryOver) {
  EXPECT_EQ(parsed("redis connected"), "redis connected");
  EXPECT_EQ(parsed("redis connected and not operational"),
            "redis connected and not redis operational");
  EXPECT_EQ(parsed("redis not connected"), "not redis connected");
  EXPECT_EQ(parsed("gateway ready and redis not operational"),
            "gateway ready and not redis operational");
  EXPECT_EQ(parsed("redis (connected or subscribed) and gateway ready"),
            "(redis connected or redis subscribed) and gateway ready");
}

TEST(StateExpression, Precedence) {
  EXPECT_EQ(parsed("r a or b and c"), "r a or (r b and r c)");
  EXPECT_EQ(parsed("r (a or b) and not (c or d)"), "(r a or r b) and not (r c or r d)");
  EXPECT_EQ(parsed("not not r a"), "not not r a");
}

TEST(StateExpression, Mistakes) {
  for (const char* text :
       {"", "connected", "redis connected and", "redis and", "and redis a", "redis a b", "redis (a",
        "redis a)", "redis a & b", "not", "redis not", "redis connected not operational"}) {
    EXPECT_TRUE(parsed(text).starts_with("error: ")) << text << " -> " << parsed(text);
  }
  EXPECT_TRUE(parsed(std::string(10'000, '(')).starts_with("error: "));
  EXPECT_EQ(
      parsed("connected"),
      "error: 'connected' has no subject in 'connected' (expected such as: redis connected and "
      "not operational)");
}

}  // namespace
}  // namespace raceproof::scenario
