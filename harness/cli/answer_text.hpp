// What `raceproof replay` says of a saved failure, below the run that it shows.
#pragma once

#include <string>

#include "harness/campaign/replay.hpp"

namespace raceproof::cli {

/// The last line is the answer; the lines before it say what it rests on. Ends in a newline.
[[nodiscard]] std::string answer_text(const campaign::SavedFailure& failure,
                                      const campaign::Replay& replay,
                                      const campaign::ReplayOptions& options);

}  // namespace raceproof::cli
