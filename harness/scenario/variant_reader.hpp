// Reads one variant out of the tree of the scenario with the variant's changes applied.
#pragma once

#include <cstdint>
#include <optional>

#include "harness/scenario/model.hpp"
#include "harness/scenario/parameter_table.hpp"

namespace raceproof::scenario {

/// Fills everything of `variant` but its name, expectation and place. `context.durations` is
/// `table`.
void read_variant(const YamlNode& root, const std::vector<std::string>& variant_names,
                  ParameterTable& table, const YamlContext& context, ResolvedVariant& variant);

/// What is wrong with the variant as a whole (`gateway::problems`, for the shortest and the longest
/// values of its parameters), and whether its checks can say anything.
void lint_variant(const YamlNode& root, const std::vector<std::string>& variant_names,
                  const ResolvedVariant& variant, const YamlContext& context);

/// The number of a duration that the file gives as one; nothing for one that is drawn.
[[nodiscard]] std::optional<std::int64_t> value_of(const ResolvedVariant& variant,
                                                   Duration duration);

}  // namespace raceproof::scenario
