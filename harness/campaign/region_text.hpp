// Regions of named durations as people read them: inequalities with units, few terms, and the
// strict or the plain sign, whichever says where the tie belongs in rounder numbers.
#pragma once

#include <string>
#include <vector>

#include "harness/explore/integer_set.hpp"

namespace raceproof::campaign {

/// One inequality over durations in nanoseconds: "redis.stabilise > gateway.grace_period + 1ms".
/// Times are whole nanoseconds, so that `x >= 51.000001ms` and `x > 51ms` are the same: the one
/// with fewer digits is written, and equality then belongs to the region only with >= and <=.
[[nodiscard]] std::string inequality_text(const explore::Inequality& condition,
                                          const std::vector<std::string>& names);

/// All inequalities of a convex piece, two bounds of one form joined: "50ms <= x < 80ms".
[[nodiscard]] std::vector<std::string> piece_text(const explore::IntegerSet::Piece& piece,
                                                  const std::vector<std::string>& names);

}  // namespace raceproof::campaign
