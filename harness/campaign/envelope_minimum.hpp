// Questions about one named duration: the least value with which nothing fails, and how far it may
// move from what the variant has.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "harness/campaign/envelope.hpp"
#include "harness/campaign/variant_search.hpp"
#include "harness/explore/integer_set.hpp"

namespace raceproof::campaign {

/// What one complete search says of some parameters of its variant.
struct RegionSearch {
  std::shared_ptr<const scenario::ResolvedVariant> variant;
  SearchOutcome outcome;
  bool complete = false;
  std::uint64_t classes = 0;
  std::uint64_t classes_failing = 0;
  std::uint64_t classes_tie_only = 0;
  std::uint64_t classes_relaxed = 0;
  std::uint64_t classes_impossible = 0;
  explore::IntegerSet failing;
  explore::IntegerSet failing_apart;
  explore::IntegerSet failing_closed;
  explore::IntegerSet passing;
};

/// Searches `variant` completely and reads all its classes, projected on `parameters` (names).
[[nodiscard]] RegionSearch search_regions(std::shared_ptr<const scenario::ResolvedVariant> variant,
                                          const std::vector<std::string>& parameters,
                                          const EnvelopeOptions& options, const std::string& what);

/// The minimum with the given scales. `current_ns`: the variant's own value, where it has one.
[[nodiscard]] std::expected<EnvelopeMinimum, std::vector<std::string>> find_minimum(
    const scenario::Scenario& scenario, const scenario::ResolvedVariant& variant,
    const std::vector<RangeScale>& scales, const EnvelopeOptions& options);

/// One margin for each declared parameter, and for each setting that other variants of the scenario
/// have differently.
[[nodiscard]] std::vector<EnvelopeMargin> find_margins(const scenario::Scenario& scenario,
                                                       const scenario::ResolvedVariant& variant,
                                                       const EnvelopeOptions& options);

}  // namespace raceproof::campaign
