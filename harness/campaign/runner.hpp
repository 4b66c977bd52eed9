// One worker's way to perform runs of one variant: a world, the system in it, the checks on it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "harness/campaign/result.hpp"
#include "harness/campaign/system.hpp"
#include "harness/check/evaluator.hpp"
#include "harness/check/relations.hpp"
#include "harness/explore/strategy.hpp"

namespace raceproof::campaign {

/// Time from a client's first connect to its established session.
struct EstablishedTime {
  std::uint16_t client = 0;
  std::int64_t low_ns = 0;  ///< concrete runs: equal to high_ns
  std::int64_t high_ns = 0;
};

/// Checks of one variant at the most: a record has one bit for each.
inline constexpr std::size_t checks_max = 64;

/// What is kept of a run.
struct RunRecord {
  std::uint64_t violated = 0;  ///< bit per check of the variant
  std::uint64_t seen = 0;      ///< bit per check whose pattern was met
  std::uint64_t digest = 0;
  std::uint64_t order = 0;  ///< hash of the class: what happened, up to the order of what is
                            ///< independent of each other, whatever the times
  sim::RunEnd end = sim::RunEnd::stopped;
  std::string broken;  ///< what went wrong, if `end` is_broken and it is known
  bool tie_only = false;
  bool relaxed = false;          ///< found with an approximation, and looked at exactly then
  bool impossible = false;       ///< relaxed, and no latency produces it: it says nothing
  bool clients_ok = true;        ///< every client's script was met
  std::uint32_t deviations = 0;  ///< choices that were not the first
  std::uint32_t choices = 0;
  std::int64_t virtual_ns = 0;              ///< how long the run lasted (symbolic: at the least)
  std::vector<std::uint16_t> clients_done;  ///< the clients whose scripts were met
  std::vector<EstablishedTime> established;
  std::vector<sim::Cut> cuts;
  explore::RunKey key;  ///< kept for runs in which something was violated
};

/// What may differ from run to run of one variant.
struct RunChoices {
  bool keep_payloads = false;  ///< for the decoded view
  /// Cut the byte stream where the scenario allows it. Not in concrete runs that show a symbolic
  /// one, which knows no pieces.
  bool fragment = true;
};

/// Ranges that the scenario gives in place, under the names of the waits that draw from them in the
/// usual order.
[[nodiscard]] std::vector<RangedDelay> ranges_in_place(const scenario::ResolvedVariant& variant,
                                                       std::uint64_t seed);

/// Whether it was a run at all, not one that the search gave up or that no times produce.
[[nodiscard]] bool is_run(sim::RunEnd end);
/// Whether a run ended in a way that no scenario expects.
[[nodiscard]] bool is_broken(sim::RunEnd end);

class Runner {
 public:
  /// `variant` must outlive the runner.
  explicit Runner(const scenario::ResolvedVariant& variant, std::uint64_t seed);
  ~Runner();

  /// Performs one run and keeps the world as it is at its end, until the next run.
  RunRecord run(sim::TimeMode time, sim::Decider& decider, const RunChoices& choices = {});

  [[nodiscard]] sim::World& world() { return world_; }
  [[nodiscard]] const std::vector<check::Finding>& findings() const { return *findings_; }

 private:
  void watch(const Observation& observation);
  void relate(const Observation& observation);
  [[nodiscard]] bool is_related(const Observation& observation);
  void note_unfinished(sim::RunEnd end);
  void note_left();
  void summarize(RunRecord& record);
  void look_exactly(RunRecord& record);
  [[nodiscard]] std::int64_t longest_between(trace::EventId from, trace::EventId to);

  const scenario::ResolvedVariant& variant_;
  std::uint64_t seed_;
  std::vector<sim::ParameterRange> parameters_;
  std::vector<fakes::client::Script> scripts_;
  std::vector<check::Relation> relations_;
  std::vector<std::optional<bool>> related_;  ///< by name: whether a relation is about it
  sim::StepLog steps_;
  sim::World world_;
  std::unique_ptr<System> system_;
  std::vector<std::string> holding_on_;  ///< processes with streams after their shutdown
  check::Evaluator evaluator_;
  const std::vector<check::Finding>* findings_ = nullptr;
};

}  // namespace raceproof::campaign
