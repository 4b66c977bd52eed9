// What `raceproof replay` says of a saved failure, below the run that it shows.
#pragma once

#include <optional>
#include <string>

#include "harness/campaign/replay.hpp"

namespace raceproof::cli {

/// The last line is the answer; the lines before it say what it rests on, and of the order that was
/// shown when it fails and by how much. Ends in a newline.
[[nodiscard]] std::string answer_text(const campaign::SavedFailure& failure,
                                      const campaign::Replay& replay,
                                      const campaign::ReplayOptions& options,
                                      const std::optional<campaign::ReplayedClass>& shown = {});

}  // namespace raceproof::cli
