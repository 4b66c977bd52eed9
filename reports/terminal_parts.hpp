// What the long and the short report have in common.
#pragma once

#include <string>
#include <string_view>

#include "harness/campaign/result.hpp"
#include "reports/terminal.hpp"
#include "reports/text_table.hpp"

namespace raceproof::report {

/// "PASS", "FAIL", "UNKNOWN", and how it looks.
std::string_view shout(campaign::Verdict verdict);
Style style_of(campaign::Verdict verdict);

/// A row for each variant: expectation, verdict, time, and what was found over what, in full.
std::string render_table(const campaign::CampaignResult& result, const TerminalOptions& options);

// Parts of a report; each begins with an empty line, or is empty if there is nothing to say.

/// What the verdicts leave out, said once: with the number of variants where it is not all of them.
std::string render_exclusions(const campaign::CampaignResult& result,
                              const TerminalOptions& options);

/// Every fake once: what it was last found to agree with.
std::string render_fakes(const campaign::CampaignResult& result, const TerminalOptions& options);

/// The files that could not be used. Comes first, and ends with an empty line instead.
std::string render_input_errors(const campaign::CampaignResult& result,
                                const TerminalOptions& options);

/// The verdict over all, totals, exit code, and where the reports are.
std::string render_summary(const campaign::CampaignResult& result, const TerminalOptions& options);

}  // namespace raceproof::report
