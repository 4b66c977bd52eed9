// How far a failure is from vanishing.
#pragma once

#include <optional>
#include <vector>

#include "harness/campaign/result.hpp"
#include "harness/campaign/variant_search.hpp"

namespace raceproof::campaign {

/// The tightest margin of the failures of `check` (by index; past the end: broken runs and clients)
/// around the witness with the given `parameters`: of the ranged parameters the one that, moved
/// alone and within its range, is soonest at a value with which no order fails, whatever the drawn
/// delays. Exact; nothing where the search was not complete, where no parameter does that, or where
/// more than `margin_classes_max` orders fail.
[[nodiscard]] std::optional<Margin> find_margin(const scenario::ResolvedVariant& variant,
                                                const SearchOutcome& outcome, std::size_t check,
                                                const std::vector<std::int64_t>& parameters,
                                                std::uint64_t seed);

inline constexpr std::size_t margin_classes_max = 2000;

}  // namespace raceproof::campaign
