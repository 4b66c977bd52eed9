// Ctrl-C: a search stops at its next run and reports what it has.
#pragma once

#include <atomic>

namespace raceproof::cli {

/// Set by SIGINT and SIGTERM, once `catch_interrupts` has been called.
extern std::atomic<bool> interrupted;

/// A second signal of the same kind ends the program at once.
void catch_interrupts();

}  // namespace raceproof::cli
