// Durations as people write them: "500ms", "1.5s", and ranges of them, "20ms..80ms". A unit is
// always written, so that nobody has to guess which one was meant.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace raceproof {

/// A range of durations in nanoseconds, both ends included.
struct NanosecondRange {
  std::int64_t low = 0;
  std::int64_t high = 0;

  friend bool operator==(const NanosecondRange&, const NanosecondRange&) = default;
};

/// The longest duration that can be written: 100 years of 365 days, far from any overflow.
inline constexpr std::int64_t longest_duration_ns =
    std::int64_t{100} * 365 * 24 * 3600 * 1'000'000'000;

/// Reads a decimal number and one of the units ns, us, ms, s, m, h; exact, never negative. The
/// error is a sentence that says what is wrong and what to write instead.
[[nodiscard]] std::expected<std::int64_t, std::string> parse_duration(std::string_view text);

/// Reads "low..high" or a single duration (then low = high). The unit may be left out of the low
/// end
/// ("1..3ms"). A reversed range is an error.
[[nodiscard]] std::expected<NanosecondRange, std::string> parse_delay_range(std::string_view text);

/// The shortest exact form that `parse_duration` reads back: 500ms, 1.5s, 90s, 2h, 250us, 0ms.
[[nodiscard]] std::string print_duration(std::int64_t nanoseconds);

/// "low..high", or the duration alone where both are the same.
[[nodiscard]] std::string print_delay_range(NanosecondRange range);

}  // namespace raceproof
