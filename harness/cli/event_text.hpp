// Events and observations of a trace as text.
#pragma once

#include <string>
#include <vector>

#include "harness/trace/trace.hpp"

namespace raceproof::cli {

/// "* name key=value ...": one observation; times in milliseconds, texts cut at `text_limit`.
[[nodiscard]] std::string observation_text(const trace::Trace& trace,
                                           const trace::ObservationRecord& record,
                                           std::size_t text_limit = 60);

/// All that a run's digest is made of, a line for each event, with its observations behind it:
/// "12.500 ms gateway/main: timer 'poll' <- event 41 | * state subject=redis ...". Two runs have
/// equal lines if they have equal digests, and differ if those do, but for what lies far into a
/// long text. In a symbolic run times belong to the region, and stand as "-".
[[nodiscard]] std::vector<std::string> event_lines(const trace::Trace& trace);

}  // namespace raceproof::cli
