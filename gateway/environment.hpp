// Where the gateway runs: one detector for everything, with the original's mistakes as switches
// (domain.md sections 2 and 12).
#pragma once

#include <string_view>

#include "gateway/settings.hpp"

namespace raceproof::gateway {

enum class EnvironmentName { development, testing, staging, production };

/// What was detected. `guard_sees_gcp` is what the check at connect believes; it differs from `gcp`
/// only with `environment_detection: split`.
struct Environment {
  EnvironmentName name = EnvironmentName::development;
  bool gcp = false;
  bool guard_sees_gcp = false;
};

/// The canonical name behind an ENVIRONMENT value: case and aliases (dev, local, test, prod) are
/// normalised, anything unknown is development.
EnvironmentName normalise_environment(std::string_view value);
std::string_view to_string(EnvironmentName name);

/// Applies the detection that the settings choose.
Environment detect_environment(const Settings& settings);

}  // namespace raceproof::gateway
