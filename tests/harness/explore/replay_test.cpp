// Playing decisions in a program that has changed: what is taken for what, and why; and that
// nothing is mistaken in one that has not.
#include "harness/explore/replay.hpp"

#include <boost/asio/post.hpp>

#include "harness/explore/fewest.hpp"
#include "tests/harness/sim/playground.hpp"

namespace raceproof::explore {
namespace {

using namespace std::chrono_literals;
using sim::ChoiceKind;
using sim::Log;
using sim::Playground;
using How = Meeting::How;
using Names = std::vector<Decision::Name>;

/// A program that asks what it is told to ask, at given times.
class Script {
 public:
  Script& delay(std::int64_t at_ns, const Decision::Name& name, std::int64_t low = 0,
                std::int64_t high = 100) {
    steps_.push_back({Decision::Kind::delay, ChoiceKind::next_event, {name}, low, high, 0, at_ns});
    return *this;
  }
  Script& choice(std::int64_t at_ns, Names offered, ChoiceKind kind = ChoiceKind::next_event) {
    steps_.push_back({Decision::Kind::choice, kind, std::move(offered), 0, 0, 0, at_ns});
    return *this;
  }

  void run(sim::Decider& decider) {
    trace_.clear();
    answers.clear();
    ++runs;
    std::map<std::string, trace::StrandId> strands;
    const auto meaning = [&](const Decision::Name& name) {
      const auto [known, is_new] = strands.try_emplace(name.strand);
      if (is_new) known->second = trace_.add_strand(name.strand);
      return sim::Meaning{known->second, trace_.intern(name.label), name.ordinal};
    };
    for (const Question& step : steps_) {
      const auto happen = [&] {
        trace_.add(trace::EventKind::timer, 0, trace_.intern("step"), 0, step.at_ns);
      };
      std::vector<sim::Meaning> offered;
      for (const auto& name : step.offered) offered.push_back(meaning(name));
      // Time moves on after the question which event is next, and before all others.
      const bool moves =
          step.kind == Decision::Kind::choice && step.choice == ChoiceKind::next_event;
      if (!moves) happen();
      answers.push_back(step.kind == Decision::Kind::delay
                            ? decider.draw(step.low_ns, step.high_ns, offered[0])
                            : static_cast<std::int64_t>(decider.choose(step.choice, offered)));
      if (moves) happen();
    }
  }

  /// What is recorded when `wanted` are the answers.
  std::vector<Decision> record(const std::vector<std::int64_t>& wanted) {
    BaselineDecider baseline;
    PrefixDecider given(wanted, baseline);
    RecordingDecider recording(given, trace_);
    run(recording);
    asked = recording.asked();
    return recording.decisions();
  }

  Followed replay(const std::vector<Decision>& decisions, std::span<const Asked> asked_then) {
    runs = 0;
    return follow(decisions, asked_then, trace_, [this](sim::Decider& decider) { run(decider); });
  }

  std::vector<std::int64_t> answers;  ///< of the last run
  std::vector<Asked> asked;           ///< of the last recorded run
  int runs = 0;

 private:
  std::vector<Question> steps_;
  trace::Trace trace_;
};

const Decision::Name reply_0 = {"redis", "reply", 0};
const Decision::Name reply_1 = {"redis", "reply", 1};
const Decision::Name reply_2 = {"redis", "reply", 2};

TEST(Follow, MeetsEverythingInTheSameProgram) {
  Script program;
  program.delay(0, reply_0).choice(5, {{"a", "x", 0}, {"b", "y", 0}}).delay(7, reply_1);
  const auto decisions = program.record({30, 1, 40});
  ASSERT_EQ(decisions.size(), 3U);
  EXPECT_EQ(decisions[1].at_ns, 5) << "the time to which the choice moved";
  const auto followed = program.replay(decisions, program.asked);
  EXPECT_FALSE(followed.drift);
  EXPECT_EQ(program.runs, 1);
  EXPECT_EQ(program.answers, (std::vector<std::int64_t>{30, 1, 40}));
  EXPECT_EQ(followed.answers, program.answers);
}

TEST(Follow, AnOrdinalThatHasShiftedIsFoundByItsTime) {
  Script then;
  then.delay(0, reply_0).delay(5, reply_1);
  const auto decisions = then.record({0, 40});
  Script now;
  now.delay(0, reply_0).delay(3, reply_1).delay(5, reply_2);
  const auto followed = now.replay(decisions, then.asked);
  EXPECT_EQ(now.answers, (std::vector<std::int64_t>{0, 0, 40}));
  ASSERT_TRUE(followed.drift);
  EXPECT_EQ(followed.meetings[0].how, How::nearest);
  EXPECT_EQ(followed.meetings[0].why,
            "the same strand and label, ordinal #2 instead of #1; at the same time");
  EXPECT_EQ(followed.drift->before, (std::vector<std::int64_t>{0, 0}));
  EXPECT_EQ(followed.drift->instead.size(), 3U);
}

TEST(Follow, TheSameNameAtAnotherTimeIsADriftThatIsFollowed) {
  Script then;
  then.delay(0, reply_0).delay(5'000'000, reply_1);
  const auto decisions = then.record({0, 40});
  Script now;
  now.delay(0, reply_0).delay(6'500'000, reply_1);
  const auto followed = now.replay(decisions, then.asked);
  EXPECT_EQ(now.answers, (std::vector<std::int64_t>{0, 40}));
  ASSERT_TRUE(followed.drift);
  EXPECT_EQ(followed.meetings[0].why, "the same name; 1.5 ms later");
}

TEST(Follow, ARenamedStrandIsRecognisedByItsPlaceInTheTree) {
  Script then;
  then.delay(1, {"gateway/main/clients/alice", "data", 0}).delay(2, {"clients/alice", "data", 0});
  const auto decisions = then.record({20, 0});
  Script now;
  now.delay(1, {"agents/alice", "data", 0})
      .delay(1, {"gateway/front/clients/alice", "data", 0})
      .delay(2, {"clients/alice", "data", 0});
  const auto followed = now.replay(decisions, then.asked);
  EXPECT_EQ(now.answers, (std::vector<std::int64_t>{0, 20, 0}));
  EXPECT_EQ(
      followed.meetings[0].why,
      "'gateway/main/clients/alice' is gone and 'gateway/front/clients/alice' is new, nearest "
      "to it in the tree of strands; at the same time");
}

TEST(Follow, OfSeveralNewStrandsTheMostSimilarIsTheRenamedOne) {
  Script then;
  then.delay(1, {"gateway/main/clients/alice", "data", 0});
  const auto decisions = then.record({20});
  Script now;
  now.delay(1, {"gateway/hall/agents/alice", "data", 0})
      .delay(1, {"gateway/front/clients/alice", "data", 0});
  (void)now.replay(decisions, then.asked);
  EXPECT_EQ(now.answers, (std::vector<std::int64_t>{0, 20}));
}

TEST(Follow, AStrandWithAnotherPathIsNoNewNameForOneThatIsGone) {
  Script then;
  then.delay(1, {"gateway/main/clients/alice", "data", 0});
  const auto decisions = then.record({20});
  Script now;
  now.delay(1, {"backend/queue/workers/alice", "data", 0});
  const auto followed = now.replay(decisions, then.asked);
  EXPECT_EQ(followed.meetings[0].how, How::nowhere);
  EXPECT_EQ(now.answers, (std::vector<std::int64_t>{0}));
}

TEST(Follow, AStrandThatWasThereThenIsNoNewNameForAnother) {
  Script then;
  then.delay(1, {"gateway/a", "data", 0}).delay(2, {"gateway/b", "data", 0});
  const auto decisions = then.record({20, 0});
  Script now;
  now.delay(2, {"gateway/b", "data", 0});
  const auto followed = now.replay(decisions, then.asked);
  EXPECT_EQ(followed.meetings[0].how, How::nowhere);
  ASSERT_TRUE(followed.drift);
  EXPECT_EQ(followed.drift->instead.size(), 1U) << "what there is";
  EXPECT_EQ(now.answers, (std::vector<std::int64_t>{0}));
}

TEST(Follow, ARenamedLabelIsRecognisedOnItsStrand) {
  Script then;
  then.choice(3, {{"gateway/readiness", "readiness retry", 1}, {"gateway/redis", "reconnect", 2}});
  const auto decisions = then.record({1});
  Script now;
  now.choice(3, {{"gateway/readiness", "next look", 1}, {"gateway/redis", "reconnect", 2}});
  const auto followed = now.replay(decisions, then.asked);
  EXPECT_EQ(now.answers, (std::vector<std::int64_t>{1}));
  ASSERT_TRUE(followed.drift);
  EXPECT_EQ(
      followed.meetings[0].why,
      "the usual one: on gateway/readiness, 'readiness retry' is gone and 'next look' is new; "
      "at the same time");
}

TEST(Follow, AChoiceThatIsTheUsualOneNowIsFollowedAsSuch) {
  Script then;
  then.choice(3, {{"a", "x", 0}, {"b", "y", 0}});
  const auto decisions = then.record({1});
  Script now;
  now.choice(3, {{"b", "y", 0}, {"a", "x", 0}});
  const auto followed = now.replay(decisions, then.asked);
  EXPECT_EQ(now.answers, (std::vector<std::int64_t>{0}));
  EXPECT_EQ(followed.meetings[0].why, "it is the usual answer now; at the same time");
}

TEST(Follow, ADelayOutsideOfItsRangeGetsTheNearestEnd) {
  Script then;
  then.delay(0, reply_0);
  const auto decisions = then.record({90});
  Script now;
  now.delay(0, reply_0, 0, 50);
  const auto followed = now.replay(decisions, then.asked);
  EXPECT_EQ(now.answers, (std::vector<std::int64_t>{50}));
  EXPECT_TRUE(followed.meetings[0].clamped);
  ASSERT_TRUE(followed.drift) << "it is not the run that was saved";
}

TEST(Follow, DecisionsKeepTheirOrder) {
  Script then;
  then.delay(0, {"b", "x", 0}).delay(5, {"a", "y", 1});
  const auto decisions = then.record({10, 20});
  // The only other draw of that name comes before what the first decision was about.
  Script now;
  now.delay(0, {"a", "y", 0}).delay(0, {"b", "x", 0});
  const auto followed = now.replay(decisions, then.asked);
  EXPECT_EQ(followed.meetings[0].how, How::as_then);
  EXPECT_EQ(followed.meetings[1].how, How::nowhere);
  EXPECT_EQ(followed.drift->decision, 1U);
  EXPECT_EQ(followed.drift->before, (std::vector<std::int64_t>{0, 10}));
}

TEST(Follow, AnAnswerToATimerIsGivenAgain) {
  const Names timer = {{"a", "limit", 0}, {"a", "limit", 0}};
  Script program;
  program.choice(4, timer, ChoiceKind::timer_queued);
  const auto decisions = program.record({1});
  const auto followed = program.replay(decisions, program.asked);
  EXPECT_FALSE(followed.drift);
  EXPECT_EQ(program.answers, (std::vector<std::int64_t>{1}));
  Script later;
  later.choice(6, timer, ChoiceKind::timer_queued);
  EXPECT_TRUE(later.replay(decisions, program.asked).drift);
  EXPECT_EQ(later.answers, (std::vector<std::int64_t>{1}));
}

TEST(Follow, AlternativesOfOneNameAreToldApartByTheirOrder) {
  Script program;
  program.choice(4, {{"a", "step", 0}, {"b", "completion", 3}, {"b", "completion", 3}},
                 ChoiceKind::thread_step);
  program.choice(5, {{"b", "completion", 4}, {"b", "completion", 4}}, ChoiceKind::thread_step);
  const auto decisions = program.record({2, 1});
  EXPECT_EQ(decisions[0].twin, 1U);
  const auto followed = program.replay(decisions, program.asked);
  EXPECT_FALSE(followed.drift);
  EXPECT_EQ(program.answers, (std::vector<std::int64_t>{2, 1}));
}

TEST(Follow, AskedCountsDrawsByName) {
  Script program;
  program.delay(0, reply_0).delay(1, reply_1).choice(5, {{"a", "x", 0}, {"redis", "reply", 9}});
  (void)program.record({});
  EXPECT_EQ(program.asked, (std::vector<Asked>{{"redis", "reply", 2}, {"a", "x", 0}}));
}

TEST(Paths, AreAsSimilarAsTheyShareComponentsInOrder) {
  EXPECT_EQ(path_similarity("a/b/c", "a/b/c"), 1000);
  EXPECT_EQ(path_similarity("gateway/main/clients/x", "gateway/front/clients/x"), 750);
  EXPECT_EQ(path_similarity("gateway/redis", "gateway/cache"), 500);
  EXPECT_EQ(path_similarity("a/b", "b/a"), 500);
  EXPECT_EQ(path_similarity("a", "b"), 0);
}

// --- whole programs -----------------------------------------------------------------------------

/// Strands that draw, wait and post; `unrelated` of them do so beside the others, at their own
/// times.
void build(sim::World& world, Log& log, int threads, int unrelated) {
  sim::ProcessOptions options;
  options.name = "p";
  options.threads = threads;
  options.start = [&log, unrelated](Runtime& runtime, const Executor&) {
    const auto task = [](Runtime& on, std::string me, Log& to) -> Awaitable<> {
      const DelayRange range{Duration(1ms), Duration(5ms)};
      for (int i = 0; i < 3; ++i) {
        co_await on.sleep_for(on.draw(range, "drawn"), "drawn");
        to.push_back(me);
        co_await on.sleep_for(2ms, "fixed");
      }
    };
    const auto beside = [](Runtime& on) -> Awaitable<> {
      const DelayRange range{Duration(100us), Duration(200us)};
      for (int i = 0; i < 20; ++i) {
        co_await on.sleep_for(on.draw(range, "drawn"), "drawn");
        co_await on.sleep_for(Duration(301ns), "fixed");
      }
    };
    for (int i = 0; i < unrelated; ++i) {
      const std::string name = "beside" + std::to_string(i);
      spawn(runtime, runtime.make_strand(name), name, beside(runtime));
    }
    for (const std::string name : {"a", "b", "c"}) {
      const Executor strand = runtime.make_strand(name);
      spawn(runtime, strand, name, task(runtime, name, log));
    }
  };
  world.add_process(options);
}

// Passing means: what was recorded is followed without a drift and in one run, event for event,
// with one thread and with two; and that is checked on runs that have something to follow.
TEST(FollowProperty, ARecordedRunReplaysToItself) {
  for (const int threads : {1, 2}) {
    Playground program([&](sim::World& world, Log& log) { build(world, log, threads, 1); });
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
      RandomDecider random(seed);
      RecordingDecider recording(random, program.world.trace());
      const auto shown = program.run({}, recording);
      const auto decisions = recording.decisions();
      ASSERT_GT(decisions.size(), 3U);
      int runs = 0;
      std::uint64_t digest = 0;
      const auto followed =
          follow(decisions, recording.asked(), program.world.trace(), [&](sim::Decider& decider) {
            digest = program.run({}, decider).digest;
            ++runs;
          });
      ASSERT_FALSE(followed.drift)
          << threads << " threads, seed " << seed << ", decision " << followed.drift->decision;
      ASSERT_EQ(runs, 1);
      ASSERT_EQ(digest, shown.digest);
      BaselineDecider baseline;
      PrefixDecider repeated(followed.answers, baseline);
      ASSERT_EQ(program.run({}, repeated).digest, shown.digest);
    }
  }
}

// Passing means: strands that are new, and take part in nothing, disturb no decision.
TEST(FollowProperty, UnrelatedInsertionsDoNotDisturb) {
  Playground then([](sim::World& world, Log& log) { build(world, log, 1, 0); });
  Playground now([](sim::World& world, Log& log) { build(world, log, 1, 2); });
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    RandomDecider random(seed);
    RecordingDecider recording(random, then.world.trace());
    const auto shown = then.run({}, recording);
    Log log;
    const auto followed = follow(recording.decisions(), recording.asked(), now.world.trace(),
                                 [&](sim::Decider& decider) { log = now.run({}, decider).log; });
    ASSERT_FALSE(followed.drift) << "seed " << seed << ", decision " << followed.drift->decision;
    ASSERT_EQ(log, shown.log) << "seed " << seed;
  }
}

// --- fewest -------------------------------------------------------------------------------------

std::vector<Decision> numbered(std::uint32_t count) {
  std::vector<Decision> decisions(count);
  for (std::uint32_t i = 0; i < count; ++i) decisions[i].ordinal = i;
  return decisions;
}

/// Shows it if all of `needed` are there.
auto needs(const std::vector<std::uint32_t>& needed, int& attempts) {
  return [&needed,
          &attempts](const std::vector<Decision>& given) -> std::optional<std::vector<Decision>> {
    ++attempts;
    for (const std::uint32_t ordinal : needed) {
      if (std::ranges::find(given, ordinal, &Decision::ordinal) == given.end()) return std::nullopt;
    }
    return given;
  };
}

TEST(Fewest, LeavesWhatIsNeeded) {
  for (const std::vector<std::uint32_t>& needed :
       {std::vector<std::uint32_t>{}, {0}, {99}, {3, 50}, {0, 1, 98, 99}}) {
    int attempts = 0;
    const auto left = fewest_decisions(numbered(100), needs(needed, attempts));
    std::vector<std::uint32_t> ordinals;
    for (const auto& decision : left) ordinals.push_back(decision.ordinal);
    EXPECT_EQ(ordinals, needed);
    EXPECT_LT(attempts, 120);
  }
}

TEST(Fewest, StopsAtItsLimit) {
  int attempts = 0;
  const std::vector<std::uint32_t> needed = {3, 50};
  EXPECT_GT(fewest_decisions(numbered(100), needs(needed, attempts), 3).size(), 2U);
  EXPECT_EQ(attempts, 3);
}

}  // namespace
}  // namespace raceproof::explore
