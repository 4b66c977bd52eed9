// What a saved failure rests on: passing means that a run whose deviations were recorded by meaning
// is the same run, event for event, when they are played in another world.
#include <gtest/gtest.h>

#include "harness/campaign/runner.hpp"
#include "harness/cli/determinism.hpp"
#include "harness/cli/event_text.hpp"
#include "harness/explore/replay.hpp"
#include "harness/scenario/library.hpp"

namespace raceproof::cli {
namespace {

void expect_recorded_runs_replay(const std::string& name, std::uint64_t runs) {
  SCOPED_TRACE(name);
  const auto scenario = scenario::load("scenarios/cold_start/" + name + ".yaml");
  ASSERT_TRUE(scenario.has_value());
  const auto variant = (*scenario)->variants().front();
  campaign::Runner original(*variant, 1);
  campaign::Runner played(*variant, 1);
  for (std::uint64_t seed = 0; seed < runs; ++seed) {
    explore::RandomDecider random(seed);
    explore::RecordingDecider recording(random, original.world().trace());
    const auto first = original.run(sim::TimeMode::concrete, recording);
    explore::ReplayDecider replay(recording.decisions(), played.world().trace());
    const auto second = played.run(sim::TimeMode::concrete, replay);
    ASSERT_EQ(first.digest, second.digest)
        << "seed " << seed << ", "
        << first_difference(event_lines(original.world().trace()),
                            event_lines(played.world().trace()));
    ASSERT_EQ(replay.missed(), std::vector<std::string>()) << "seed " << seed;
  }
}

TEST(RecordedRuns, OneThreadReplays) { expect_recorded_runs_replay("premature_readiness", 500); }
TEST(RecordedRuns, FiveClientsReplay) { expect_recorded_runs_replay("five_users", 200); }
TEST(RecordedRuns, StallsReplay) { expect_recorded_runs_replay("cpu_stall", 200); }

/// What a world has done before, even in the other form of time, leaves no mark on a digest.
TEST(RecordedRuns, DigestsDoNotDependOnTheWorldsPast) {
  const auto scenario = scenario::load("scenarios/cold_start/premature_readiness.yaml");
  ASSERT_TRUE(scenario.has_value());
  const auto variant = (*scenario)->variants().front();
  const auto digest = [](campaign::Runner& runner, sim::TimeMode time) {
    explore::BaselineDecider baseline;
    return runner.run(time, baseline).digest;
  };
  campaign::Runner fresh(*variant, 1);
  campaign::Runner used(*variant, 1);
  const auto symbolic = digest(used, sim::TimeMode::symbolic);
  EXPECT_EQ(digest(fresh, sim::TimeMode::concrete), digest(used, sim::TimeMode::concrete));
  EXPECT_EQ(symbolic, digest(fresh, sim::TimeMode::symbolic));
}

}  // namespace
}  // namespace raceproof::cli
