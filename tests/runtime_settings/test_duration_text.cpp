// Durations as text. Passing means: what is written is read exactly, printed so that it reads back
// the same, and everything else is refused with a sentence that says what to write.
#include <gtest/gtest.h>

#include "runtime/duration_text.hpp"

namespace raceproof {
namespace {

std::string error_of(std::string_view text) {
  const auto parsed = parse_delay_range(text);
  return parsed ? "no error" : parsed.error();
}

// Every unit, with and without decimals, is read exactly.
TEST(DurationText, ReadsUnitsAndDecimals) {
  EXPECT_EQ(parse_duration("0ms"), 0);
  EXPECT_EQ(parse_duration("500ms"), 500'000'000);
  EXPECT_EQ(parse_duration("1.5s"), 1'500'000'000);
  EXPECT_EQ(parse_duration("0.000000001s"), 1);
  EXPECT_EQ(parse_duration("7.51 s"), 7'510'000'000);
  EXPECT_EQ(parse_duration("250us"), 250'000);
  EXPECT_EQ(parse_duration("3ns"), 3);
  EXPECT_EQ(parse_duration("2m"), 120'000'000'000);
  EXPECT_EQ(parse_duration("1h"), 3'600'000'000'000);
  EXPECT_EQ(parse_duration("876000h"), longest_duration_ns);
}

// Ranges keep both ends; a unit may be shared.
TEST(DurationText, ReadsRanges) {
  EXPECT_EQ(parse_delay_range("20ms..80ms"), (NanosecondRange{20'000'000, 80'000'000}));
  EXPECT_EQ(parse_delay_range("1..3ms"), (NanosecondRange{1'000'000, 3'000'000}));
  EXPECT_EQ(parse_delay_range("0.5ms .. 1s"), (NanosecondRange{500'000, 1'000'000'000}));
  EXPECT_EQ(parse_delay_range("5ms"), (NanosecondRange{5'000'000, 5'000'000}));
}

// Each kind of mistake has a message of its own.
TEST(DurationText, ExplainsMistakes) {
  EXPECT_EQ(error_of("500"),
            "duration without a unit: '500', did you mean '500ms'? (units: ns, us, ms, s, m, h)");
  EXPECT_EQ(error_of("5 minutes"),
            "unknown unit 'minutes' in duration '5 minutes' (units: ns, us, ms, s, m, h)");
  EXPECT_EQ(error_of("fast"), "expected a duration such as 500ms or 1.5s, got 'fast'");
  EXPECT_EQ(error_of(""), "expected a duration such as 500ms or 1.5s, got ''");
  EXPECT_EQ(error_of("-5ms"), "a duration cannot be negative: '-5ms'");
  EXPECT_EQ(error_of("80ms..20ms"), "range reversed: '80ms..20ms', did you mean '20ms..80ms'?");
  EXPECT_EQ(error_of("0.5ns"),
            "duration '0.5ns' is not a whole number of nanoseconds up to 100 years");
  EXPECT_EQ(
      error_of("99999999999999999999h"),
      "duration '99999999999999999999h' is not a whole number of nanoseconds up to 100 years");
  // One digit more than fits must not overflow on the way to the complaint.
  EXPECT_FALSE(parse_duration("31500000000s").has_value());
  EXPECT_FALSE(parse_duration("9300000000s").has_value());
  EXPECT_TRUE(parse_duration("3150000000s").has_value());
  EXPECT_NE(error_of("1ms.."), "no error");
  EXPECT_NE(error_of("..1ms"), "no error");
  EXPECT_NE(error_of("1.ms"), "no error");
}

// Printing is the shortest form and reads back as the same number.
TEST(DurationText, PrintsWhatItReads) {
  EXPECT_EQ(print_duration(500'000'000), "500ms");
  EXPECT_EQ(print_duration(1'500'000'000), "1.5s");
  EXPECT_EQ(print_duration(0), "0ms");
  EXPECT_EQ(print_duration(90'000'000'000), "90s");
  EXPECT_EQ(print_duration(7'200'000'000'000), "2h");
  EXPECT_EQ(print_duration(1'000'000'001), "1.000000001s");
  EXPECT_EQ(print_delay_range({1'000'000, 3'000'000}), "1ms..3ms");
  for (const std::int64_t value :
       {1L, 999L, 1'001L, 123'456'789L, 60'000'000'000L, 86'399'999'999'999L}) {
    EXPECT_EQ(parse_duration(print_duration(value)), value) << print_duration(value);
  }
}

}  // namespace
}  // namespace raceproof
