// A variant's changes to the scenario: `gateway.grace_period: 0ms` sets that place of the tree, so
// that a variant is read by the same code as the scenario itself and its mistakes are reported
// where the variant makes them.
#pragma once

#include "runtime/settings_yaml.hpp"

namespace raceproof::scenario {

/// Sets the place that the dotted key of `change` names. Keys that contain dots themselves are
/// found by the longest match; missing maps are made; a number selects an element of a list; an
/// empty value takes the place away, so that its default holds.
void apply_override(YamlNode& root, const YamlEntry& change, const YamlContext& context);

}  // namespace raceproof::scenario
