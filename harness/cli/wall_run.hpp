// `raceproof run --wall`: scenarios on the wall clock.
#pragma once

#include "harness/cli/load.hpp"

namespace raceproof::cli {

int run_wall_scenarios(const RunArguments& arguments, const LoadedScenarios& loaded);

}  // namespace raceproof::cli
