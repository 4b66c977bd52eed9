// From a run in which something was violated to a concrete, saved and explained failure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/campaign/campaign.hpp"
#include "harness/campaign/failure_file.hpp"
#include "harness/campaign/runner.hpp"

namespace raceproof::campaign {

/// A failure that has been shown on the concrete clock.
struct Confirmed {
  Failure failure;  ///< for the report; `file` and `replay_command` are set when it is saved
  SavedFailure saved;
  /// Values of the variant's parameters, by their order, in the witness with the most slack; empty
  /// for a run that was not symbolic.
  std::vector<std::int64_t> parameters;
};

/// Repeats the run that `record` stands for; if it was symbolic, finds the simplest times for it
/// and those with the most slack, plays both on the concrete clock, looks at `check` again, and
/// says in which region of the named durations the class is. Nothing if no concrete run shows the
/// violation: then something is wrong with the kernel, since classes are judged exactly.
[[nodiscard]] std::optional<Confirmed> confirm(const scenario::Scenario& scenario,
                                               const scenario::ResolvedVariant& variant,
                                               const explore::Strategy& strategy,
                                               const RunRecord& record, std::size_t check,
                                               std::uint64_t seed);

}  // namespace raceproof::campaign
