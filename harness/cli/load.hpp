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

/// Loads every scenario under the paths of `arguments`, and keeps those that have one of its
/// variants (all, if it names none). What cannot be used goes to `errors`, with all its complaints,
/// and to standard error.
[[nodiscard]] LoadedScenarios load_all(const RunArguments& arguments);

/// The campaign's options as the command line gives them; `jobs` is resolved to a number.
[[nodiscard]] campaign::CampaignOptions campaign_options(const RunArguments& arguments);

}  // namespace raceproof::cli
