// Suggestions for mistyped names. Passing means: a slip finds its word, and an unrelated word finds
// none.
#include <gtest/gtest.h>
#include <vector>

#include "runtime/spelling.hpp"

namespace raceproof {
namespace {

// The distance counts insertions, deletions, replacements and swaps as one each.
TEST(Spelling, CountsEdits) {
  EXPECT_EQ(edit_distance("grace", "grace"), 0u);
  EXPECT_EQ(edit_distance("grace", "graec"), 1u);
  EXPECT_EQ(edit_distance("grace", "grac"), 1u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("poll", "pull"), 1u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

// The nearest candidate is offered only if it is near.
TEST(Spelling, FindsTheNearest) {
  const std::vector<std::string> names{"gateway", "backends", "clients"};
  EXPECT_EQ(nearest("gatway", names), "gateway");
  EXPECT_EQ(nearest("client", names), "clients");
  EXPECT_EQ(nearest("zzz", names), "");
  EXPECT_EQ(suggestion("gatway", names, "known keys"),
            " (did you mean 'gateway'?); known keys: gateway, backends, clients");
  EXPECT_EQ(suggestion("x", {}, "parameters"), "; there are no parameters");
}

}  // namespace
}  // namespace raceproof
