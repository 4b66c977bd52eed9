// The result model as JUnit XML, the form CI systems show: a scenario is a suite, a variant is a
// case.
#pragma once

#include <string>

#include "harness/campaign/result.hpp"

namespace raceproof::report {

/// A failed variant is a `failure`. An unknown one is an `error` of type "unknown.<reason>": CI
/// systems show it as not green, as they would not for `skipped`. A file that could not be read is
/// an `error` of type "unusable_input" in a suite of its own. Bound, checks and replay commands are
/// in `system-out`. Characters that XML cannot carry are replaced by '?'.
std::string to_junit(const campaign::CampaignResult& result);

}  // namespace raceproof::report
