// Regions in words. Passing means: every inequality reads as what it says, with the sign that tells
// where equality belongs, in the rounder of its two forms.
#include "harness/campaign/region_text.hpp"

#include <gtest/gtest.h>

namespace raceproof::campaign {
namespace {

using explore::Inequality;
using explore::IntegerSet;

constexpr std::int64_t ms = 1'000'000;
const std::vector<std::string> names = {"a", "b"};

TEST(RegionText, OfOneInequality) {
  struct Row {
    Inequality condition;
    const char* text;
  };
  for (const auto& [condition, text] : {
           Row{{{1, 0}, -50 * ms}, "a >= 50ms"},
           Row{{{1, 0}, -50 * ms - 1}, "a > 50ms"},
           Row{{{1, 0}, 0}, "a >= 0ms"},
           Row{{{1, 0}, -1}, "a > 0ms"},
           Row{{{-1, 0}, 50 * ms}, "a <= 50ms"},
           Row{{{-1, 0}, 50 * ms - 1}, "a < 50ms"},
           Row{{{-1, 1}, 0}, "b >= a"},
           Row{{{-1, 1}, -1}, "b > a"},
           Row{{{-1, 1}, -1 * ms}, "b >= a + 1ms"},
           Row{{{-1, 1}, -1 * ms - 1}, "b > a + 1ms"},
           Row{{{-1, 1}, 61 * ms}, "a <= b + 61ms"},
           Row{{{-1, 1}, 61 * ms - 1}, "a < b + 61ms"},
           Row{{{1, 1}, -5 * ms}, "a + b >= 5ms"},
           Row{{{-1, -2}, 5 * ms}, "a + 2 b <= 5ms"},
           Row{{{-3, 2}, 5}, "3 a <= 2 b + 5ns"},
           Row{{{1, 0}, -7 * ms, true}, "a = 7ms"},
           Row{{{-1, 1}, 2 * ms, true}, "a = b + 2ms"},
           Row{{{-1, 1}, -2 * ms, true}, "b = a + 2ms"},
           Row{{{0, 0}, 1}, "always"},
           Row{{{0, 0}, -1}, "never"},
       }) {
    EXPECT_EQ(inequality_text(condition, names), text);
  }
}

TEST(RegionText, JoinsTheTwoBoundsOfOneForm) {
  const IntegerSet::Piece piece{
      {{{1, 0}, -50 * ms}, {{-1, 1}, -1}, {{-1, 0}, 80 * ms - 1}, {{0, -1}, 90 * ms}}, true};
  EXPECT_EQ(piece_text(piece, names),
            (std::vector<std::string>{"50ms <= a < 80ms", "b > a", "b <= 90ms"}));
  EXPECT_EQ(piece_text({{}, true}, names), std::vector<std::string>{"always"});
}

TEST(RegionText, SaysWhereRemaindersAreMissing) {
  // Even numbers only.
  const std::vector<Inequality> even = {{{1, -2}, 0, true}};
  const auto pieces = IntegerSet(2, even).projected_out(1, 1).pieces();
  ASSERT_EQ(pieces.size(), 1U);
  EXPECT_FALSE(pieces[0].exact);
  EXPECT_EQ(piece_text(pieces[0], {"a"}).back(), "and some remainders in whole nanoseconds");
}

}  // namespace
}  // namespace raceproof::campaign
