// The report a person reads: a table of variants with what each verdict rests on, then the failures
// with their cause, times, margin and the command that replays them, then one line that sums it up.
#pragma once

#include <string>
#include <vector>

#include "harness/campaign/result.hpp"

namespace raceproof::report {

struct TerminalOptions {
  std::size_t width = 100;  ///< columns; at least 40 are assumed
  bool colour = false;
  std::size_t failures_per_variant = 3;     ///< the rest is counted
  std::vector<std::string> report_paths{};  ///< files that hold the same result
};

/// Width and colour for what `descriptor` is connected to: colours only on a terminal, and not
/// where NO_COLOR is set or TERM is "dumb"; COLUMNS wins over the terminal's own width.
TerminalOptions terminal_options(int descriptor);

/// The report; ends with a newline.
std::string render_terminal(const campaign::CampaignResult& result, const TerminalOptions& options);

}  // namespace raceproof::report
