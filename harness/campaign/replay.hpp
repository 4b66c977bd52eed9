// What a saved failure comes to in the program as it is now.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/campaign/failing_region.hpp"
#include "harness/campaign/failure_file.hpp"
#include "harness/campaign/runner.hpp"
#include "harness/explore/class_of_run.hpp"
#include "harness/explore/replay.hpp"

namespace raceproof::campaign {

enum class ReplayAnswer : std::uint8_t {
  reproduced,      ///< the run that follows the decisions violates the check
  fixed,           ///< every decision was met as then, and the check holds
  drifted,         ///< not every decision was met as then, and the check holds
  not_applicable,  ///< nothing is asked for any more about the strands of its decisions
};

/// How alike a run is to the saved one.
enum class Course : std::uint8_t {
  same_run,    ///< the same digest: event for event
  same_order,  ///< the same events in the same order; observations or names differ
  other,
};

/// Draws called `label` on `strand` in the saved run and in this one, where they differ.
struct DrawsChanged {
  std::string strand;
  std::string label;
  std::uint32_t then = 0;
  std::uint32_t now = 0;
};

/// Runs that follow some decisions and draw everything after them at random. After a drift: those
/// before it. Where every decision was met: all, all but the last, all but the last two and so on
/// to none, in turn, for a check that holds here may be violated a little to the side.
struct Continuations {
  std::uint64_t tried = 0;
  std::uint64_t shown = 0;             ///< how many of them violate the check
  std::optional<std::uint64_t> first;  ///< number of the first that does, from 0
};

struct ReplayOptions {
  std::uint64_t continuations = 100;
  std::uint64_t seed = 1;  ///< of what they draw
};

struct Replay {
  ReplayAnswer answer = ReplayAnswer::drifted;
  Course course = Course::other;
  explore::Followed followed;
  std::vector<DrawsChanged> draws;  ///< empty for files that do not say what was drawn
  std::vector<std::string> others;  ///< other checks that the followed run violates
  Continuations continuations;      ///< none are played of a failure that is reproduced
  /// 0: fixed, and no continuation shows it. 1: some run violates a check. 2: not applicable.
  /// 3: drifted, and not shown.
  [[nodiscard]] int exit_code() const;
};

/// The class of the run that a replay shows, as far as it is failing.
struct ReplayedClass {
  std::string unknown;              ///< why nothing is known of it; empty: it is
  RegionText region;                ///< when this order exists and fails
  std::vector<WitnessTime> delays;  ///< the named delays in the run
  std::vector<RangedDelay> spans;   ///< how far each of them may move alone, and it still fails
  bool tie_only = false;            ///< needs two times to be exactly equal
};

/// Hash of the order of events: which strand each is on, and what caused it. Names, times and
/// observations do not count.
[[nodiscard]] std::uint64_t order_of_events(const trace::Trace& trace);

/// The variant that `failure` was saved of, from the scenario's text in it; or one sentence on why
/// there is none any more.
[[nodiscard]] std::expected<std::shared_ptr<const scenario::ResolvedVariant>, std::string>
variant_of(const SavedFailure& failure);

/// The answers that continuation `number` begins with, and the seed of what it draws then.
[[nodiscard]] std::vector<std::int64_t> answers_before(const explore::Followed& followed,
                                                       std::uint64_t number);
[[nodiscard]] std::uint64_t seed_of(const ReplayOptions& options, std::uint64_t number);

/// Plays one saved failure. Deterministic: a function of the failure, the options and the program.
class FailureReplay {
 public:
  FailureReplay(SavedFailure failure, std::shared_ptr<const scenario::ResolvedVariant> variant);

  [[nodiscard]] Replay play(const ReplayOptions& options);

  /// Each leaves its run in `runner()`, with what arrived, and returns what was violated in it.
  RunRecord show_followed(const Replay& replay);
  RunRecord show_continuation(const Replay& replay, const ReplayOptions& options,
                              std::uint64_t number);

  /// Performs the run that shows the failure (the followed one, else the first continuation that
  /// does) once more, and its class symbolically. Nothing if no run shows it.
  [[nodiscard]] std::optional<ReplayedClass> read_class(const Replay& replay,
                                                        const ReplayOptions& options);

  /// The failure as this program shows it, to be kept in place of the old one: from the followed
  /// run, or from the first continuation that shows it (with the fewest decisions it needs).
  /// Nothing if no run does.
  [[nodiscard]] std::optional<SavedFailure> save_again(const Replay& replay,
                                                       const ReplayOptions& options);

  [[nodiscard]] Runner& runner() { return runner_; }
  [[nodiscard]] const scenario::ResolvedVariant& variant() const { return *variant_; }
  [[nodiscard]] const SavedFailure& failure() const { return failure_; }
  /// Whether `record` violates the check that the failure is about.
  [[nodiscard]] bool shows(const RunRecord& record) const;

 private:
  /// Position among the variant's checks; none for what is required of every run.
  [[nodiscard]] std::optional<std::size_t> violated_check(const RunRecord& record) const;
  [[nodiscard]] std::vector<std::string> others_violated(const RunRecord& record) const;
  [[nodiscard]] std::vector<DrawsChanged> draws_changed(const explore::Followed& followed) const;
  RunRecord perform(sim::Decider& decider, bool keep_payloads);
  [[nodiscard]] std::optional<RunRecord> perform_class(const explore::ConcreteRun& run);
  RunRecord continuation(const Replay& replay, const ReplayOptions& options, std::uint64_t number,
                         bool keep_payloads);

  SavedFailure failure_;
  std::shared_ptr<const scenario::ResolvedVariant> variant_;
  Runner runner_;
};

}  // namespace raceproof::campaign
