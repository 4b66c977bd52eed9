// The report on many scenarios: a line for each variant as it is done, details of what did not come
// out as it must, and a summary.
#pragma once

#include <cstddef>
#include <string>

#include "harness/campaign/result.hpp"
#include "reports/terminal.hpp"

namespace raceproof::report {

/// The lines of one scenario: its name with what it shows, then of each variant the verdict, the
/// what was found in how many classes, over what, and the time if it was long. `name_width` are the
/// columns for the names of variants, the same for all scenarios.
std::string render_lines(const campaign::ScenarioResult& scenario, std::size_t name_width,
                         const TerminalOptions& options);

/// What follows the lines of all scenarios: every variant that is not as it must be in full, what
/// was left out, the fakes, and the summary. Ends with a newline.
std::string render_after_lines(const campaign::CampaignResult& result,
                               const TerminalOptions& options);

}  // namespace raceproof::report
