// The names that components give to what they observe, so that a mistyped one in a check is
// noticed: a `never` about an observation that does not exist would hold for ever.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace raceproof::scenario {

/// One kind of observation and its fields (`docs/observations.md` explains them).
struct ObservationKind {
  std::string_view name;
  std::vector<std::string> fields;
};

/// In no particular order.
[[nodiscard]] std::span<const ObservationKind> known_observations();
[[nodiscard]] std::vector<std::string> known_observation_names();
/// Null pointer where there is none of that name.
[[nodiscard]] const ObservationKind* find_observation(std::string_view name);

/// "redis operational", ...: the facts that observations of the kind `state` report.
[[nodiscard]] std::vector<std::string> known_facts();

}  // namespace raceproof::scenario
