// A saved failure: everything that is needed to see it again, in one file that people can read and
// compare. The format is a public contract: docs/formats/failure.md describes version 1.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/explore/decisions.hpp"

namespace raceproof::campaign {

inline constexpr int failure_format_version = 1;

/// The text is that of the scenario at the time: the failure stays readable and playable when the
/// scenario file has changed or gone.
struct SavedFailure {
  std::string scenario;       ///< name
  std::string scenario_file;  ///< where it was read from
  std::string scenario_text;
  std::string variant;
  std::string check;       ///< text of the violated check
  std::string cause;       ///< one sentence
  std::uint64_t seed = 0;  ///< of the strands' random numbers
  bool tie_only = false;
  std::uint64_t digest = 0;  ///< of the concrete run that showed it
  /// What differs from the baseline (first alternative, shortest delay), by meaning.
  std::vector<explore::Decision> decisions;
};

/// JSON, ending in a newline.
[[nodiscard]] std::string write_failure(const SavedFailure& failure);
/// Throws std::runtime_error with a sentence that says what is wrong with the text, and where.
[[nodiscard]] SavedFailure read_failure(const std::string& text, const std::string& file);

}  // namespace raceproof::campaign
