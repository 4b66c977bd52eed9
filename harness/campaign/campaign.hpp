// The conductor: scenarios and variants in, searches in between, judged results out.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/campaign/result.hpp"
#include "harness/scenario/model.hpp"
#include "harness/trace/trace.hpp"

namespace raceproof::campaign {

struct CampaignOptions {
  std::uint64_t seed = 1;
  unsigned jobs = 1;                         ///< workers
  std::optional<std::uint64_t> runs;         ///< in place of the scenario's numbers of sampled runs
  std::optional<std::uint64_t> classes;      ///< in place of the scenario's budget of classes
  std::optional<std::uint32_t> preemptions;  ///< in place of the scenario's bound
  std::optional<scenario::Search> search;    ///< in place of the scenario's search
  std::optional<double> seconds;             ///< ceiling on wall time of one variant
  std::vector<std::string> variants;         ///< only these; empty: all
  std::filesystem::path out;                 ///< where failures are saved; empty: nowhere
  std::uint64_t timing_runs = 64;  ///< random runs behind the clients' success and timing figures
  bool keep_all_keys = false;      ///< also of runs in which nothing was violated
  std::string program = "raceproof";  ///< how replay commands name this program
  const std::atomic<bool>* interrupted = nullptr;
  /// Progress of the variant at work: its name, what is being done, runs done, of at most.
  std::function<void(const std::string& variant, const std::string& what, std::uint64_t done,
                     std::uint64_t most)>
      progress;
  /// Called when a variant has its result.
  std::function<void(const scenario::Scenario&, const VariantResult&)> finished;
};

/// Runs the chosen variants of one scenario.
[[nodiscard]] ScenarioResult run_scenario(const scenario::Scenario& scenario,
                                          const CampaignOptions& options);

/// Digest of all runs of a variant, run by run, as the search of `options` makes them, without a
/// ceiling on wall time: what `--determinism` compares between processes.
[[nodiscard]] std::vector<std::uint64_t> run_digests(const scenario::ResolvedVariant& variant,
                                                     const CampaignOptions& options);

/// Makes the run that stands at `number` (from 0) in `run_digests` again, in a world of its own,
/// and shows its trace to `consume`. False if there is no such run. Repeats the search to find it.
bool repeat_run(const scenario::ResolvedVariant& variant, const CampaignOptions& options,
                std::uint64_t number, const std::function<void(const trace::Trace&)>& consume);

}  // namespace raceproof::campaign
