// `--determinism`: the same runs in another process.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "harness/campaign/result.hpp"
#include "harness/cli/commands.hpp"
#include "harness/scenario/model.hpp"

namespace raceproof::cli {

/// Repeats every run of `scenario` twice: here, and in a process of its own, whose addresses lie
/// elsewhere and which has another number of workers. A variant whose runs differ becomes a failure
/// (nondeterministic) that names the first differing run and event. One whose search was ended by
/// the wall clock or the user is left as it is. Nothing in simulated code depends on std::hash (the
/// structure test sees to it), so there is no hash to salt.
void check_determinism(const scenario::Scenario& scenario, const RunArguments& arguments,
                       campaign::ScenarioResult& result, const std::atomic<bool>& interrupted);

/// Where two runs first differ, given their events: "event 203: ... here, ... there". Empty if they
/// do not.
[[nodiscard]] std::string first_difference(const std::vector<std::string>& here,
                                           const std::vector<std::string>& there);

}  // namespace raceproof::cli
