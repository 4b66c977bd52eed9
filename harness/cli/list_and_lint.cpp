// `raceproof list` and `raceproof lint`.
#include <algorithm>
#include <fmt/format.h>

#include "harness/cli/commands.hpp"
#include "harness/scenario/library.hpp"

namespace raceproof::cli {

int list(const std::vector<std::filesystem::path>& paths, const std::string& tag) {
  std::vector<Diagnostic> diagnostics;
  auto rows = scenario::list(paths, diagnostics);
  for (const auto& diagnostic : diagnostics) fmt::print(stderr, "{}\n", print(diagnostic));
  if (!tag.empty()) {
    std::erase_if(
        rows, [&](const auto& row) { return std::ranges::find(row.tags, tag) == row.tags.end(); });
  }
  std::string previous;
  for (const auto& row : rows) {
    if (row.scenario != previous) {
      std::string tags;
      for (const auto& name : row.tags) tags += fmt::format(" [{}]", name);
      fmt::print("{}{}\n  {}\n", row.scenario, tags, row.shows);
      previous = row.scenario;
    }
    fmt::print(
        "    {:<24} {}\n", row.variant,
        row.expect == scenario::Expectation::reproduces ? "reproduces the failure" : "holds");
  }
  return diagnostics.empty() ? 0 : 2;
}

int lint(const std::vector<std::filesystem::path>& paths) {
  const auto diagnostics = scenario::lint(paths);
  for (const auto& diagnostic : diagnostics) fmt::print(stderr, "{}\n", print(diagnostic));
  const auto errors = std::ranges::count_if(
      diagnostics, [](const Diagnostic& d) { return d.severity == Severity::error; });
  if (diagnostics.empty()) fmt::print("nothing to complain about\n");
  return errors == 0 ? 0 : 2;
}

}  // namespace raceproof::cli
