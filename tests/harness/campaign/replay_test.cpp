// Saved runs of whole scenarios. Passing means: a run plays to itself, whatever decided it; and a
// file whose decisions make no sense gets an answer, the same one each time.
#include "harness/campaign/replay.hpp"

#include <gtest/gtest.h>

#include "harness/scenario/model.hpp"

namespace raceproof::campaign {
namespace {

/// A run of the first variant that is found in `text`, under random decisions, as it is saved. Its
/// check need not be violated.
SavedFailure saved_run(const std::string& text, std::uint64_t seed) {
  SavedFailure saved;
  saved.scenario_file = "scenarios/cold_start/x.yaml";
  saved.scenario_text = text;
  const auto scenario = scenario::load_text(text, saved.scenario_file);
  EXPECT_TRUE(scenario.has_value());
  const auto variant = (*scenario)->variants().front();
  saved.scenario = (*scenario)->name();
  saved.variant = variant->name;
  saved.check = run_ends_in_order;
  saved.seed = 1;
  Runner runner(*variant, saved.seed);
  explore::RandomDecider random(seed);
  explore::RecordingDecider recording(random, runner.world().trace());
  const auto record = runner.run(sim::TimeMode::concrete, recording);
  saved.digest = record.digest;
  saved.order = order_of_events(runner.world().trace());
  saved.decisions = recording.decisions();
  saved.asked = recording.asked();
  return saved;
}

std::string scenario_text(const std::string& gateway, const std::string& network) {
  return "scenario: cold_start/x\nshows: x\nsource: x\n"
         "gateway: {environment: staging, " +
         gateway +
         ", readiness: {redis: connected, "
         "not_ready: refuse, poll: 100ms}}\n"
         "backends: {redis: {connect: 20ms..80ms, reply: 1ms..3ms, "
         "on: {subscribe: {delay: 50ms..400ms}}}}\n"
         "network: " +
         network +
         "\n"
         "clients:\n"
         "  users:\n"
         "    count: 2\n"
         "    steps:\n"
         "      - wait: 0ms..1500ms\n"
         "      - connect: {token: valid, retry_on: [503], every: 200ms..300ms, for: 5s}\n"
         "      - expect: session_established\n"
         "      - send: {type: chat, text: hello}\n"
         "check:\n"
         "  - never: {close: 1011}\n"
         "  - sometimes: {observe: session_setup}\n"
         "explore: {search: random, runs: 1, until: 20s}\n";
}

const std::string one_thread = scenario_text("threads: 1", "{clients: 1ms..10ms}");
const std::string two_threads = scenario_text("threads: 2", "{clients: 1ms..10ms}");
const std::string in_pieces = scenario_text("threads: 1", "{clients: 1ms..10ms, fragment: true}");

Replay play(const SavedFailure& saved, std::uint64_t continuations) {
  const auto variant = variant_of(saved);
  EXPECT_TRUE(variant.has_value()) << variant.error();
  FailureReplay player(saved, *variant);
  return player.play({.continuations = continuations, .seed = 5});
}

TEST(Replay, ARecordedRunPlaysToItself) {
  for (const auto& text : {one_thread, two_threads, in_pieces}) {
    std::size_t decisions = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      const auto saved = saved_run(text, seed);
      // Through the file, as it would be.
      const auto replay = play(read_failure(write_failure(saved), "x.json"), 0);
      ASSERT_FALSE(replay.followed.drift)
          << text << "seed " << seed << ", decision " << replay.followed.drift->decision;
      ASSERT_EQ(replay.course, Course::same_run) << text << "seed " << seed;
      ASSERT_TRUE(replay.draws.empty());
      ASSERT_EQ(replay.answer, ReplayAnswer::fixed) << "the run ends in order";
      ASSERT_EQ(replay.exit_code(), replay.others.empty() ? 0 : 1);
      decisions += saved.decisions.size();
    }
    EXPECT_GT(decisions, 2'000U);
  }
}

/// Changes names, ordinals, times, values and order of some decisions.
void spoil(std::vector<explore::Decision>& decisions, explore::Random& random) {
  const auto any = [&]() -> explore::Decision& {
    return decisions[random.below(decisions.size())];
  };
  for (int i = 0; i < 8; ++i) {
    explore::Decision& decision = any();
    switch (random.below(8)) {
      case 0:
        decision.strand = any().strand;
        break;
      case 1:
        decision.label += "!";
        break;
      case 2:
        decision.ordinal = static_cast<std::uint32_t>(random.next());
        break;
      case 3:
        decision.at_ns = static_cast<std::int64_t>(random.next());
        break;
      case 4:
        decision.value = static_cast<std::int64_t>(random.next());
        break;
      case 5:
        std::swap(decision, any());
        break;
      case 6:
        decision.instead_of = {any().strand, any().label, 0};
        break;
      default:
        decision.strand = "gateway/none/" + decision.strand;
        break;
    }
  }
}

TEST(Replay, DecisionsThatMakeNoSenseGetAnAnswer) {
  explore::Random random(1);
  int drifted = 0;
  for (const auto& text : {one_thread, two_threads}) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
      auto saved = saved_run(text, seed);
      spoil(saved.decisions, random);
      const auto first = play(saved, 3);
      const auto second = play(saved, 3);
      EXPECT_EQ(first.answer, second.answer);
      EXPECT_EQ(first.followed.answers, second.followed.answers);
      EXPECT_EQ(first.continuations.shown, second.continuations.shown);
      EXPECT_EQ(first.followed.meetings.size(), saved.decisions.size());
      if (first.followed.drift) ++drifted;
    }
  }
  EXPECT_GT(drifted, 50);
}

TEST(Replay, WhatIsNoLongerThereIsSaid) {
  auto saved = saved_run(one_thread, 1);
  saved.variant = "gone";
  EXPECT_EQ(variant_of(saved).error(), "the scenario saved in it has no variant 'gone'");
  saved = saved_run(one_thread, 1);
  saved.check = "sometimes: {observe: session_setup}";
  EXPECT_EQ(variant_of(saved).error(),
            "its variant '" + saved.variant + "' has no check '" + saved.check + "'")
      << "a guard cannot be violated";
  saved.scenario_text = "scenario: [";
  EXPECT_TRUE(variant_of(saved).error().starts_with("the scenario saved in it can no longer be"));
}

}  // namespace
}  // namespace raceproof::campaign
