// One class of a variant's runs, read exactly: for which values of its named durations it exists,
// and for which of those it fails.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "harness/campaign/runner.hpp"
#include "harness/explore/class_system.hpp"
#include "harness/explore/strategy.hpp"
#include "harness/explore/witness.hpp"

namespace raceproof::campaign {

/// Whether the scenario's variants differ in a setting: what its author asks about.
[[nodiscard]] bool varies(const scenario::Scenario& scenario, const scenario::Parameter& setting);

/// How a class fails. A time limit may be kept by some of its times and broken by others.
struct ClassFailure {
  bool always = false;  ///< whatever the times: something other than a time limit is violated
  /// One for each broken limit: what has to hold of the times.
  std::vector<explore::PointCondition> late;
};

/// Looks at the run in `runner`, symbolic and just performed; the run's record as `run` gave it.
/// With `check`, only at that check of the variant (past the end: at broken runs and clients).
[[nodiscard]] ClassFailure failure_of(Runner& runner, const scenario::ResolvedVariant& variant,
                                      const RunRecord& record,
                                      std::optional<std::size_t> check = std::nullopt);

/// What has to hold on top of a class for it to fail: of several lists of conditions, one.
[[nodiscard]] std::vector<std::vector<explore::PointCondition>> ways_of(
    const ClassFailure& failure);

/// The values of `onto`, parameters of the variant in its order, with which the class exists.
struct ClassRegion {
  explore::IntegerSet failing;
  /// Where it fails without two events at exactly the same time, but for those that always are.
  explore::IntegerSet failing_apart;
  /// `failing` and its limits: what it requires to be less may be equal.
  explore::IntegerSet failing_closed;
  explore::IntegerSet passing;  ///< may overlap: the other delays decide
  bool tie_only = false;
  /// The zone that found it was an approximation and the class does not exist.
  bool impossible = false;
};
[[nodiscard]] ClassRegion region_of(Runner& runner, const scenario::ResolvedVariant& variant,
                                    const RunRecord& record, std::span<const sim::VariableId> onto);

}  // namespace raceproof::campaign
