// Reads `check:` into the check model, and complains about checks that could never say anything.
#pragma once

#include <vector>

#include "harness/scenario/check_model.hpp"
#include "harness/scenario/client_reader.hpp"
#include "runtime/settings_yaml.hpp"

namespace raceproof::scenario {

/// `clients` and `variants` are the names that checks may refer to.
[[nodiscard]] std::vector<Check> read_checks(const YamlNode& node,
                                             const std::vector<ClientGroup>& clients,
                                             const std::vector<std::string>& variants,
                                             const YamlContext& context);

/// Whether it is violated by a failure that a scenario can be about: everything but `sometimes` and
/// what is required of every run.
[[nodiscard]] bool can_fail(const Check& check);

}  // namespace raceproof::scenario
