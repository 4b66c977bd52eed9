// Scenario files under paths: finding them, checking them, listing them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/scenario/model.hpp"

namespace raceproof::scenario {

/// The scenario files that `paths` name: a file is itself, a folder all *.yaml below it. Sorted by
/// name within a folder, without repetitions. What does not exist is reported.
[[nodiscard]] std::vector<std::filesystem::path> discover(
    const std::vector<std::filesystem::path>& paths, std::vector<Diagnostic>& diagnostics);

/// All errors and warnings of all files, and names that two files share.
[[nodiscard]] std::vector<Diagnostic> lint(const std::vector<std::filesystem::path>& paths);

/// One line of `raceproof list`.
struct Row {
  std::string scenario;
  std::string variant;
  Expectation expect = Expectation::holds;
  std::string shows;
  std::vector<std::string> tags;
  std::filesystem::path file;
};

/// One row for each variant of each file that can be read; the others go to `diagnostics`.
[[nodiscard]] std::vector<Row> list(const std::vector<std::filesystem::path>& paths,
                                    std::vector<Diagnostic>& diagnostics);

}  // namespace raceproof::scenario
