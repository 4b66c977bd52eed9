// From the decisions of a run to those that what it showed needs.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "harness/explore/decisions.hpp"

namespace raceproof::explore {

/// Leaves decisions out for as long as `attempt` still shows it: chunks of halving size, the last
/// ones first, down to single decisions, until none can be spared any more (delta debugging,
/// Zeller and Hildebrandt, TSE 2002). `attempt` performs a run under the decisions it is given, met
/// by name (`MeetBy::name`: without its predecessors a decision comes at another time), and returns
/// those of that run, or nothing if it does not show it. At most `attempts_max` attempts.
[[nodiscard]] std::vector<Decision> fewest_decisions(
    std::vector<Decision> decisions,
    const std::function<std::optional<std::vector<Decision>>(const std::vector<Decision>&)>&
        attempt,
    std::size_t attempts_max = 500);

}  // namespace raceproof::explore
