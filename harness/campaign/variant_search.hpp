// The search of one variant: which strategies, with which budgets, and what came out of them.
#pragma once

#include <memory>
#include <vector>

#include "harness/campaign/campaign.hpp"
#include "harness/campaign/runner.hpp"
#include "harness/explore/pool.hpp"

namespace raceproof::campaign {

/// One strategy gone through.
struct SearchPart {
  std::shared_ptr<const explore::Strategy> strategy;
  explore::PoolResult<RunRecord> result;
  bool out_of_time = false;
};

/// All parts, in the order in which they were made.
struct SearchOutcome {
  std::vector<SearchPart> parts;
  SearchPart timing;  ///< random runs that only the clients' figures come from
  bool interrupted = false;
  double wall_seconds = 0;
};

[[nodiscard]] SearchOutcome search_variant(const scenario::ResolvedVariant& variant,
                                           const CampaignOptions& options);

}  // namespace raceproof::campaign
