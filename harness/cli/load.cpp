#include "harness/cli/load.hpp"

#include <algorithm>
#include <thread>

namespace raceproof::cli {

LoadedScenarios load_all(const std::vector<std::filesystem::path>& paths) {
  LoadedScenarios loaded;
  std::vector<Diagnostic> missing;
  for (const auto& path : scenario::discover(paths, missing)) {
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
  return loaded;
}

campaign::CampaignOptions campaign_options(const RunArguments& arguments) {
  campaign::CampaignOptions options;
  options.seed = arguments.seed;
  options.jobs = arguments.jobs != 0 ? arguments.jobs
                                     : std::max(1U, std::thread::hardware_concurrency());
  options.runs = arguments.runs;
  options.classes = arguments.classes;
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
