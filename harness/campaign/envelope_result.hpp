// The result model of `raceproof envelope`: for which values of one or two named durations a
// variant can fail, must fail, or cannot. Plain values; every report is a rendering of it, and
// `docs/formats/envelope.md` describes its JSON form. Times are virtual, in nanoseconds.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/campaign/result.hpp"

namespace raceproof::campaign {

/// Version of the model and of its JSON form. Raised when a field changes its meaning or goes away.
inline constexpr int envelope_format_version = 1;

struct EnvelopeAxis {
  std::string parameter{};  ///< "redis.stabilise", "gateway.grace_period"
  nanoseconds low{};        ///< inclusive
  nanoseconds high{};       ///< inclusive
  /// What the variant itself has there: a single value, or a range; nothing for a setting that the
  /// file does not mention.
  std::optional<nanoseconds> usual_low{};
  std::optional<nanoseconds> usual_high{};
  bool operator==(const EnvelopeAxis&) const = default;
};

/// `factors[0] * x + factors[1] * y + constant >= 0` (or `== 0`), in nanoseconds.
struct EnvelopeCondition {
  std::vector<std::int64_t> factors{};
  std::int64_t constant = 0;
  bool equality = false;
  bool operator==(const EnvelopeCondition&) const = default;
};

/// A corner, in nanoseconds; a crossing of two boundaries need not be whole. `y` is 0 with one
/// axis.
struct EnvelopeVertex {
  double x = 0;
  double y = 0;
  bool operator==(const EnvelopeVertex&) const = default;
};

/// A convex part of a region.
struct EnvelopePiece {
  std::vector<std::string> inequalities{};  ///< all must hold; those of the axes' ranges left out
  std::vector<EnvelopeCondition> conditions{};  ///< the same with the axes' ranges
  std::vector<EnvelopeVertex> vertices{};       ///< counter-clockwise; with one axis the two ends
  bool exact = true;  ///< exactly the whole nanoseconds within the conditions
  bool operator==(const EnvelopePiece&) const = default;
};

/// A line between two regions.
struct EnvelopeSegment {
  EnvelopeVertex from{};
  EnvelopeVertex to{};
  bool operator==(const EnvelopeSegment&) const = default;
};

struct EnvelopeRegion {
  std::vector<EnvelopePiece> pieces{};      ///< their union; none: nowhere
  std::vector<EnvelopeSegment> boundary{};  ///< inside the axes' ranges
  bool operator==(const EnvelopeRegion&) const = default;
};

/// Concrete runs at one point.
struct EnvelopeGridPoint {
  nanoseconds x{};
  nanoseconds y{};
  std::uint32_t runs = 0;
  std::uint32_t failed = 0;
  bool operator==(const EnvelopeGridPoint&) const = default;
};

/// A complete search at one value.
struct EnvelopeProbe {
  nanoseconds value{};
  bool complete = false;
  bool failed = false;
  std::uint64_t classes = 0;
  bool operator==(const EnvelopeProbe&) const = default;
};

/// The range of a parameter, multiplied.
struct EnvelopeScale {
  std::string parameter{};
  std::string factor{};  ///< as given: "2", "1.5"
  nanoseconds low{};     ///< after multiplication
  nanoseconds high{};
  bool operator==(const EnvelopeScale&) const = default;
};

/// The least value of a parameter with which nothing fails.
struct EnvelopeMinimum {
  std::string parameter{};
  nanoseconds low{};  ///< the range that was looked at
  nanoseconds high{};
  std::vector<EnvelopeScale> scales{};  ///< empty: the variant as it is
  bool complete = false;                ///< the search behind it was
  std::optional<nanoseconds> value{};   ///< nothing: every value of the range can fail
  /// Whether all greater values of the range are safe as well.
  bool safe_above = false;
  std::optional<EnvelopeProbe> at{};  ///< expected not to fail
  std::optional<EnvelopeProbe>
      below{};  ///< 1 ns less, expected to fail; nothing at the range's end
  bool operator==(const EnvelopeMinimum&) const = default;

  /// Whether the complete searches at the value and just below say the same.
  [[nodiscard]] bool verified() const {
    if (!value || !at || !at->complete || at->failed) return false;
    return !below || (below->complete && below->failed);
  }
};

/// How far a named duration of the variant may move, alone, before something fails.
struct EnvelopeMargin {
  std::string parameter{};
  nanoseconds low{};  ///< what the variant has: a single value or a range
  nanoseconds high{};
  nanoseconds searched_low{};  ///< the range that was looked at
  nanoseconds searched_high{};
  bool complete = false;               ///< the search over it was
  bool fails_already = false;          ///< within what the variant has: there is no margin
  std::optional<nanoseconds> least{};  ///< its low end may go down to this; nothing: no limit found
  std::optional<nanoseconds> greatest{};  ///< its high end may go up to this; nothing: likewise
  std::string problem{};                  ///< why it could not be searched; empty: it was
  bool operator==(const EnvelopeMargin&) const = default;
};

struct EnvelopeResult {
  int format_version = envelope_format_version;
  std::string tool_version{};
  std::string scenario{};  ///< its name
  std::string file{};
  std::string variant{};
  std::uint64_t seed = 0;
  std::vector<EnvelopeAxis> axes{};         ///< none if only a minimum was asked for; at most two
  std::vector<RangedDelay> other_ranges{};  ///< what varies beside the axes, in every point
  Bound bound{};                            ///< of the search over the axes' ranges
  std::uint64_t classes_impossible = 0;     ///< found by an approximation, and do not exist
  EnvelopeRegion possible_failure{};        ///< some delays make it fail
  EnvelopeRegion certain_failure{};         ///< all delays do
  EnvelopeRegion safe{};                    ///< none does
  /// Where, at the end of the possible failures, it takes two events at exactly the same time.
  EnvelopeRegion only_at_ties{};
  std::vector<EnvelopeGridPoint> grid{};
  std::vector<std::string> contradictions{};  ///< what the concrete runs say against the regions
  std::vector<EnvelopeMinimum> minima{};      ///< first as the variant is, then scaled
  std::vector<EnvelopeMargin> margins{};
  double wall_seconds = 0;  ///< varies from machine to machine
  ExitCode exit_code = ExitCode::unknown;
  bool operator==(const EnvelopeResult&) const = default;
};

}  // namespace raceproof::campaign
