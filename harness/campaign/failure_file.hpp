// A saved failure: everything that is needed to see it again, in one file that people can read and
// compare. The format is a public contract: docs/formats/failure.md describes it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "harness/explore/decisions.hpp"

namespace raceproof::campaign {

/// What is written. Version 1 is read too: it knows no times, no `asked`, no `order`.
inline constexpr int failure_format_version = 2;

/// Names of what is required of every run, in the place of a check's text.
inline constexpr std::string_view run_ends_in_order = "the run ends in order";
inline constexpr std::string_view scripts_are_met = "every client's script is met";

/// The text is that of the scenario at the time: the failure stays readable and playable when the
/// scenario file has changed or gone.
struct SavedFailure {
  std::string scenario;       ///< name
  std::string scenario_file;  ///< where it was read from
  std::string scenario_text;  ///< comments before its first entry are not saved
  std::string variant;
  std::string check;       ///< text of the violated check
  std::string cause;       ///< one sentence
  std::uint64_t seed = 0;  ///< of the strands' random numbers
  bool tie_only = false;
  /// Whether the byte stream was cut where the scenario allows it.
  bool fragment = true;
  std::uint64_t digest = 0;  ///< of the concrete run that showed it
  std::uint64_t order = 0;   ///< hash of its order of events, whatever their names; 0: not known
  /// What differs from the baseline (first alternative, shortest delay), by meaning.
  std::vector<explore::Decision> decisions;
  /// What the run's questions were about; empty if that is not known.
  std::vector<explore::Asked> asked;
};

/// JSON, ending in a newline.
[[nodiscard]] std::string write_failure(const SavedFailure& failure);
/// Throws std::runtime_error with a sentence that says what is wrong with the text, and where.
[[nodiscard]] SavedFailure read_failure(const std::string& text, const std::string& file);

}  // namespace raceproof::campaign
