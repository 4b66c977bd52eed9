// From sets of values to regions that can be drawn and read.
#pragma once

#include <string>
#include <vector>

#include "harness/campaign/envelope_result.hpp"
#include "harness/explore/integer_set.hpp"

namespace raceproof::campaign {

/// Values of the axes that are looked at.
[[nodiscard]] explore::IntegerSet box_of(const std::vector<EnvelopeAxis>& axes);

/// `set`, which lies within the axes' ranges, as pieces with their corners, and the lines that
/// separate it from the rest of the ranges (two axes only).
[[nodiscard]] EnvelopeRegion make_region(const explore::IntegerSet& set,
                                         const std::vector<EnvelopeAxis>& axes);

}  // namespace raceproof::campaign
