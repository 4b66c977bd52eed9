// The readiness checks and their groups. A new backend adds its fact to facts.hpp and a line here.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "gateway/figures.hpp"
#include "gateway/readiness/facts.hpp"

namespace raceproof::gateway {

/// The outcome of one look.
struct Look {
  bool ok = false;
  /// Why not; a literal.
  std::string_view reason;
  /// Differs when what is looked at has been replaced meanwhile.
  std::uint64_t epoch = 0;
};

/// One thing that must hold before the gateway is ready.
struct Check {
  std::string_view name;
  Look (*look)(const Facts& facts);
  CheckPolicy policy;
  /// Applies after the check's first success.
  GracePolicy grace;
};

/// Checks that run together, within one limit. Groups run in sequence.
struct CheckGroup {
  std::string_view name;
  Duration limit;
  std::vector<Check> checks;
};

/// The three groups: dependencies (database, redis, auth), services (agent, bridge), integration
/// (startup). What has no backend has no check.
std::vector<CheckGroup> make_check_groups(const Figures& figures, const GroupLimits& limits);

}  // namespace raceproof::gateway
