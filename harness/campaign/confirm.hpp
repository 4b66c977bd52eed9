// From a run in which something was violated to a concrete, saved and explained failure.
#pragma once

#include <optional>
#include <string>

#include "harness/campaign/campaign.hpp"
#include "harness/campaign/failure_file.hpp"
#include "harness/campaign/runner.hpp"

namespace raceproof::campaign {

/// A failure that has been shown on the concrete clock.
struct Confirmed {
  Failure failure;  ///< for the report; `file` and `replay_command` are set when it is saved
  SavedFailure saved;
};

/// Repeats the run that `record` stands for, finds times for it if it was symbolic, plays those on
/// the concrete clock and looks at `check` again. Nothing if no concrete run shows the violation:
/// the class then exists only in the approximation (relaxed runs), or something is wrong with the
/// kernel.
[[nodiscard]] std::optional<Confirmed> confirm(const scenario::Scenario& scenario,
                                               const scenario::ResolvedVariant& variant,
                                               const explore::Strategy& strategy,
                                               const RunRecord& record, std::size_t check,
                                               std::uint64_t seed);

/// One sentence on what led to `finding`: the violating event, and the answers and states before
/// it.
[[nodiscard]] std::string explain(const trace::Trace& trace, const check::Finding& finding);

}  // namespace raceproof::campaign
