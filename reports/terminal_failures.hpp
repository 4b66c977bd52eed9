// The part of the terminal report that explains failures.
#pragma once

#include <string>

#include "harness/campaign/result.hpp"
#include "reports/terminal.hpp"

namespace raceproof::report {

/// One block for each variant that has failures, expected ones included: why, where, when, how much
/// margin, and how to see it again. Empty if there is no failure.
std::string render_failures(const campaign::CampaignResult& result, const TerminalOptions& options);

}  // namespace raceproof::report
