// The envelope of a variant: one complete search with one or two named durations ranged, and of all
// its classes the exact regions in which they fail and pass.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "harness/campaign/envelope_result.hpp"
#include "harness/scenario/model.hpp"

namespace raceproof::campaign {

/// A parameter's range multiplied by `numerator / denominator`.
struct RangeScale {
  std::string parameter;
  std::string factor;  ///< as given
  std::int64_t numerator = 1;
  std::int64_t denominator = 1;
};

struct EnvelopeOptions {
  std::vector<scenario::RangeChange> axes;  ///< x, then y
  struct Minimum {
    std::string parameter;
    /// Where to look; without it from 0 on, doubling until a safe value is found.
    std::optional<scenario::RangeChange> range;
  };
  std::optional<Minimum> minimum;
  std::vector<RangeScale> scales;                        ///< each asks for the minimum once more
  scenario::Search search = scenario::Search::complete;  ///< or the plain enumeration
  bool margins = false;  ///< of each parameter, and of the settings in which variants differ
  std::uint64_t seed = 1;
  unsigned jobs = 1;
  std::optional<std::uint64_t> classes;      ///< in place of the scenario's budget
  std::optional<std::uint32_t> preemptions;  ///< in place of the scenario's bound
  std::optional<double> seconds;             ///< ceiling on wall time of each search
  unsigned grid = 13;                        ///< points along each axis; 0: no concrete runs
  unsigned runs_per_point = 9;               ///< the usual order, and random ones
  const std::atomic<bool>* interrupted = nullptr;
  std::function<void(const std::string& what, std::uint64_t done, std::uint64_t most)> progress;
};

/// The longest range that a minimum is looked for in when none is given.
inline constexpr std::int64_t minimum_searched_to_ns = 60'000'000'000;

/// The envelope, its exit code included; or what is wrong with the question.
[[nodiscard]] std::expected<EnvelopeResult, std::vector<std::string>> find_envelope(
    const scenario::Scenario& scenario, const scenario::ResolvedVariant& variant,
    const EnvelopeOptions& options);

}  // namespace raceproof::campaign
