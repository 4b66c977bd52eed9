// Loading what the command line names.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "harness/campaign/campaign.hpp"
#include "harness/campaign/result.hpp"
#include "harness/cli/commands.hpp"
#include "harness/scenario/library.hpp"
#include "harness/scenario/model.hpp"

namespace raceproof::cli {

struct LoadedScenarios {
  std::vector<std::shared_ptr<const scenario::Scenario>> scenarios;
  std::vector<campaign::InputError> errors;
};

/// Loads every scenario under `paths`; what cannot be used goes to `errors`, with all its complaints.
[[nodiscard]] LoadedScenarios load_all(const std::vector<std::filesystem::path>& paths);

/// The campaign's options as the command line gives them; `jobs` is resolved to a number.
[[nodiscard]] campaign::CampaignOptions campaign_options(const RunArguments& arguments);

}  // namespace raceproof::cli
