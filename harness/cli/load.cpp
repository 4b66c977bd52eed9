#include "harness/cli/load.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <thread>

#include "runtime/spelling.hpp"

namespace raceproof::cli {

namespace {

/// Keeps the scenarios that have a variant that was asked for; one that none has is an error.
void choose_variants(const std::vector<std::string>& wanted, LoadedScenarios& loaded) {
  if (wanted.empty()) return;
  std::vector<std::string> known;
  for (const auto& scenario : loaded.scenarios) {
    for (const auto& name : scenario->variant_names()) {
      if (std::ranges::find(known, name) == known.end()) known.push_back(name);
    }
  }
  for (const auto& name : wanted) {
    if (std::ranges::find(known, name) != known.end()) continue;
    loaded.errors.push_back(
        {"--variant",
         {"no scenario has a variant '" + name + "'" + suggestion(name, known, "variants")}});
  }
  std::erase_if(loaded.scenarios, [&](const auto& scenario) {
    return std::ranges::none_of(
        wanted, [&](const auto& name) { return scenario->resolve(name) != nullptr; });
  });
}

}  // namespace

LoadedScenarios load_all(const RunArguments& arguments) {
  LoadedScenarios loaded;
  std::vector<Diagnostic> missing;
  for (const auto& path : scenario::discover(arguments.paths, missing)) {
    auto scenario = scenario::load(path);
    if (scenario) {
      loaded.scenarios.push_back(*scenario);
      continue;
    }
    campaign::InputError error{path.string(), {}};
    for (const auto& diagnostic : scenario.error()) error.diagnostics.push_back(print(diagnostic));
    loaded.errors.push_back(std::move(error));
  }
  for (const auto& diagnostic : missing) {
    loaded.errors.push_back({diagnostic.file, {print(diagnostic)}});
  }
  // A file that cannot be read may be the one that has the variant.
  if (loaded.errors.empty()) choose_variants(arguments.variants, loaded);
  if (loaded.errors.empty() && loaded.scenarios.empty()) {
    loaded.errors.push_back({"", {"there is no scenario under the given paths"}});
  }
  for (const auto& error : loaded.errors) {
    for (const auto& line : error.diagnostics) fmt::print(stderr, "{}\n", line);
  }
  return loaded;
}

campaign::CampaignOptions campaign_options(const RunArguments& arguments) {
  campaign::CampaignOptions options;
  options.program = arguments.program;
  options.seed = arguments.seed;
  options.jobs =
      arguments.jobs != 0 ? arguments.jobs : std::max(1U, std::thread::hardware_concurrency());
  options.runs = arguments.runs;
  options.classes = arguments.classes;
  options.preemptions = arguments.preemptions;
  options.seconds = arguments.seconds;
  options.variants = arguments.variants;
  for (std::size_t i = 0; !arguments.search.empty(); ++i) {
    const auto names = scenario::choices(scenario::Search{});
    if (names[i] != arguments.search) continue;
    options.search = static_cast<scenario::Search>(i);
    break;
  }
  return options;
}

}  // namespace raceproof::cli
