// The delays of one run on the wall clock: what a scenario leaves open gets a number.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/scenario/model.hpp"

namespace raceproof::campaign {

/// How the delays that a scenario leaves open are chosen.
struct DrawOptions {
  /// Equal seeds draw equal numbers. What happens on the wall clock is not repeated by it.
  std::uint64_t seed = 1;
  /// Backends as slow, clients as early as the scenario allows, instead of numbers drawn uniformly.
  /// That is where a cold start goes wrong if anywhere; it is no proof that it cannot elsewhere.
  bool worst_case = false;
  /// Named parameters that are given; the others are drawn.
  std::map<std::string, std::chrono::nanoseconds> given;
};

/// One number for each parameter of `variant`, in their order and within their ranges. Throws
/// std::invalid_argument for a given name that the variant does not have, std::out_of_range for a
/// number outside its range.
std::vector<std::int64_t> draw_parameters(const scenario::ResolvedVariant& variant,
                                          const DrawOptions& options);

/// Narrows every range that is written in place in a client's script to its lowest value.
void make_clients_early(scenario::ResolvedVariant& variant);

}  // namespace raceproof::campaign
