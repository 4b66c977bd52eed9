// What `--determinism` compares: passing means that the lines of two runs differ exactly where the
// runs do, and that the first difference is named with both sides.
#include "harness/cli/determinism.hpp"

#include <gtest/gtest.h>

#include "harness/cli/event_text.hpp"

namespace raceproof::cli {
namespace {

trace::Trace small_trace(std::int64_t timer_ns, std::string_view value) {
  trace::Trace trace;
  trace.add_strand("world");
  trace.add_strand("gateway/main");
  trace.add({.label = trace.intern("run")});
  trace::Event timer;
  timer.strand = 1;
  timer.label = trace.intern("poll");
  timer.kind = trace::EventKind::timer;
  timer.time_ns = timer_ns;
  const auto id = trace.add(timer);
  const Field fields[] = {{"subject", value}};
  trace.observe(id, 1, timer_ns, Observation{"state", fields});
  return trace;
}

TEST(EventLines, HoldWhatADigestHolds) {
  const auto lines = event_lines(small_trace(12'500'000, "redis"));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], "0 ms world: start 'run' <- event 0");
  EXPECT_EQ(lines[1], "12.5 ms gateway/main: timer 'poll' <- event 0 | * state subject=redis");
}

/// One nanosecond, or one letter of a value, is a difference in the digest and in that event's
/// line.
TEST(EventLines, DifferWhereRunsDiffer) {
  const auto usual = small_trace(1'000'000'000'000'000, "redis");
  for (const auto& other :
       {small_trace(1'000'000'000'000'001, "redis"), small_trace(1'000'000'000'000'000, "Redis")}) {
    EXPECT_NE(usual.digest(), other.digest());
    EXPECT_EQ(event_lines(usual)[0], event_lines(other)[0]);
    EXPECT_NE(event_lines(usual)[1], event_lines(other)[1]);
  }
}

TEST(FirstDifference, NamesTheEventAndBothSides) {
  EXPECT_EQ(first_difference({"a", "b", "c"}, {"a", "x", "y"}),
            "event 1: b here; x in another process");
}

TEST(FirstDifference, ARunThatIsLongerDiffersAtItsFirstFurtherEvent) {
  EXPECT_EQ(first_difference({"a"}, {"a", "b"}),
            "event 1: nothing more here; b in another process");
  EXPECT_EQ(first_difference({"a", "b"}, {"a"}),
            "event 1: b here; nothing more in another process");
}

TEST(FirstDifference, EqualRunsHaveNone) { EXPECT_EQ(first_difference({"a"}, {"a"}), ""); }

}  // namespace
}  // namespace raceproof::cli
