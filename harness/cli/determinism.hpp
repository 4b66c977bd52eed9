// `--determinism`: the same runs in another process.
#pragma once

#include "harness/campaign/result.hpp"
#include "harness/cli/commands.hpp"
#include "harness/scenario/model.hpp"

namespace raceproof::cli {

/// Repeats every run of `scenario` in a process of its own, whose addresses lie elsewhere and which
/// has another number of workers, and compares run by run. A variant that differs becomes a failure
/// (nondeterministic), with the first differing run and event named.
void check_determinism(const scenario::Scenario& scenario, const RunArguments& arguments,
                       campaign::ScenarioResult& result);

}  // namespace raceproof::cli
