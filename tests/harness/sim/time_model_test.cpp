// Symbolic time. Passing means: a comparison of times is a decision with both its outcomes where
// both are possible, and a symbolic search says of a program what all concrete delays say of it.
#include "harness/sim/time_model.hpp"

#include <fmt/format.h>

#include "harness/explore/witness.hpp"
#include "tests/harness/sim/playground.hpp"

namespace raceproof::sim {
namespace {

using namespace std::chrono_literals;

/// A playground of one process with one task.
template <class Body>
Playground one_task(Body body) {
  return Playground([body](World& world, Log& log) {
    world.add_process(process(
        "p", [&log, body](Runtime& runtime, const Executor&) { return body(runtime, log); }));
  });
}

// Passing means: an instant compared with another splits the times at exactly that bound.
TEST(SymbolicTime, ExploresBothSidesOfAComparisonOfInstants) {
  auto program = one_task([](Runtime& runtime, Log& log) -> Awaitable<> {
    const Instant begin = runtime.now();
    const Duration delay = runtime.draw({0ms, 10ms}, "delay");
    co_await runtime.sleep_for(delay);
    log.emplace_back(runtime.now() - begin < Duration(5ms) ? "short" : "long");
    // What is known now needs no further decision.
    log.emplace_back(runtime.now() < begin + Duration(5ms) ? "short" : "long");
    log.emplace_back(runtime.now() > begin + Duration(10ms) ? "impossible" : "possible");
  });
  std::vector<std::int64_t> shortest;
  const auto outcomes = program.all(symbolic(), [&](World& world) {
    const auto witness = explore::solve(world.time());
    ASSERT_TRUE(witness.has_value());
    shortest.push_back(witness->variable_values[0]);
  });
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[0].log, (Log{"long", "long", "possible"}));
  EXPECT_EQ(outcomes[1].log, (Log{"short", "short", "possible"}));
  EXPECT_EQ(shortest, (std::vector<std::int64_t>{5'000'000, 0}));
  EXPECT_FALSE(outcomes[0].relaxed || outcomes[1].relaxed);
  EXPECT_FALSE(outcomes[0].tie_only || outcomes[1].tie_only);
}

// Passing means: drawn durations can be compared too; the zone cannot hold that, and the run says
// so.
TEST(SymbolicTime, ExploresBothSidesOfAComparisonOfDurations) {
  auto program = one_task([](Runtime& runtime, Log& log) -> Awaitable<> {
    const Duration delay = runtime.draw({0ms, 10ms}, "delay");
    log.emplace_back(delay < Duration(20ms) ? "yes" : "no");  // whatever it is: no decision
    log.emplace_back(delay < Duration(5ms) ? "short" : "long");
    co_return;
  });
  const auto outcomes = program.all(symbolic());
  EXPECT_EQ(logs_of(outcomes), (std::set<Log>{{"yes", "long"}, {"yes", "short"}}));
  for (const auto& outcome : outcomes) EXPECT_TRUE(outcome.relaxed);
}

// Passing means: a side that is possible at one instant only is called that.
TEST(SymbolicTime, MarksASideThatIsPossibleOnlyAtEquality) {
  auto program = one_task([](Runtime& runtime, Log& log) -> Awaitable<> {
    const Instant begin = runtime.now();
    const Duration delay = runtime.draw({0ms, 10ms}, "delay");
    co_await runtime.sleep_for(delay);
    log.emplace_back(runtime.now() < begin + Duration(10ms) ? "before" : "at the end");
  });
  const auto outcomes = program.all(symbolic());
  ASSERT_EQ(outcomes.size(), 2U);
  for (const auto& outcome : outcomes) EXPECT_EQ(outcome.tie_only, outcome.log[0] == "at the end");
}

// Passing means: waiting for a deadline that may have passed is a decision, and both kinds of
// waiting end when they should.
TEST(SymbolicTime, ExploresDeadlinesThatMayHavePassed) {
  auto program = one_task([](Runtime& runtime, Log& log) -> Awaitable<> {
    const Instant deadline = runtime.now() + Duration(5ms);
    const Duration delay = runtime.draw({0ms, 10ms}, "delay");
    co_await runtime.sleep_for(delay);
    co_await runtime.sleep_until(deadline);
    log.emplace_back(runtime.now() > deadline ? "late" : "in time");
  });
  const auto outcomes = program.all(symbolic());
  EXPECT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(logs_of(outcomes), (std::set<Log>{{"late"}, {"in time"}}));
}

// Passing means: form i + 1 is the i-th parameter, in both modes; one that has one value is a
// constant.
TEST(Parameters, AreTheFirstForms) {
  static const std::vector<ParameterRange> parameters = {{"first", 0, 10'000'000},
                                                         {"second", 5'000'000, 5'000'000}};
  auto program = one_task([](Runtime& runtime, Log& log) -> Awaitable<> {
    const Duration first(detail::Affine{0, 1});
    const Duration second(detail::Affine{0, 2});
    const Instant begin = runtime.now();
    log.emplace_back(second < Duration(5ms) || Duration(5ms) < second ? "wrong" : "right");
    co_await runtime.sleep_for(first);
    log.emplace_back(runtime.now() - begin < second ? "first" : "second");
  });
  RunOptions options = symbolic();
  options.parameters = parameters;
  const auto outcomes = program.all(options, [](World& world) {
    EXPECT_FALSE(world.time().relaxed());
    const auto witness = explore::solve(world.time());
    ASSERT_TRUE(witness.has_value());
    const auto first = witness->variable_values[0];
    EXPECT_TRUE(first == 0 || first == 5'000'000) << first;
  });
  EXPECT_EQ(logs_of(outcomes), (std::set<Log>{{"right", "first"}, {"right", "second"}}));
  options.time = TimeMode::concrete;
  explore::BaselineDecider shortest;
  EXPECT_EQ(program.run(options, shortest).log, (Log{"right", "first"}));
}

// Passing means: a parameter that delays two events ties them in a way that a zone cannot hold, and
// the run is marked; one that is used once is not.
TEST(Parameters, UsedTwiceMarkTheRunRelaxed) {
  static const std::vector<ParameterRange> parameters = {{"pause", 0, 10}};
  for (const int uses : {1, 2}) {
    auto program = one_task([uses](Runtime& runtime, Log&) -> Awaitable<> {
      const Duration pause(detail::Affine{0, 1});
      for (int i = 0; i < uses; ++i) co_await runtime.sleep_for(pause);
    });
    RunOptions options = symbolic();
    options.parameters = parameters;
    for (const auto& outcome : program.all(options)) EXPECT_EQ(outcome.relaxed, uses == 2);
  }
}

// Passing means: reading a time as a number pins it, and is counted under the place where it
// happens; a constant can be read freely.
TEST(Cuts, AreCountedWithTheirCallSites) {
  int line = 0;
  auto program = one_task([&line](Runtime& runtime, Log& log) -> Awaitable<> {
    const Instant begin = runtime.now();
    (void)Duration(3ms).to_ns();
    const Duration delay = runtime.draw({2ms, 10ms}, "delay");
    co_await runtime.sleep_for(delay);
    std::int64_t read = 0;
    for (int i = 0; i < 3; ++i) {
      line = __LINE__ + 1;
      read = (runtime.now() - begin).to_ns();
    }
    log.push_back(std::to_string(read));
    log.emplace_back(runtime.now() - begin < Duration(3ms) ? "pinned" : "free");
  });
  const auto outcomes = program.all(symbolic(), [&](World& world) {
    ASSERT_EQ(world.time().cuts().size(), 1U);
    EXPECT_TRUE(
        world.time().cuts()[0].where.ends_with(fmt::format("time_model_test.cpp:{}", line)));
    EXPECT_EQ(world.time().cuts()[0].count, 3U);
  });
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0].log, (Log{"2000000", "pinned"}));
}

/// A task of a random program: every step waits, compares or remembers.
struct Step {
  enum class Kind { sleep, sleep_drawn, wait_until_mark, mark, compare } kind = Kind::sleep;
  std::int64_t low = 0;
  std::int64_t high = 0;
};
using Task = std::vector<Step>;

std::vector<Task> make_tasks(std::uint64_t seed) {
  explore::Random random(seed);
  std::vector<Task> tasks(2);
  int draws = 0;
  for (Task& task : tasks) {
    const auto steps = 2 + random.below(3);
    for (std::uint64_t i = 0; i < steps; ++i) {
      Step step;
      step.kind = static_cast<Step::Kind>(random.below(5));
      if (step.kind == Step::Kind::sleep_drawn && ++draws > 3) step.kind = Step::Kind::sleep;
      step.low = static_cast<std::int64_t>(random.below(4));
      step.high = step.low + 1 + static_cast<std::int64_t>(random.below(3));
      task.push_back(step);
    }
  }
  return tasks;
}

Awaitable<> perform(Runtime& runtime, Task task, std::string name, Log& log) {
  Instant mark = runtime.now();
  for (const Step& step : task) {
    const Duration delay = std::chrono::nanoseconds(step.low);
    switch (step.kind) {
      case Step::Kind::sleep:
        co_await runtime.sleep_for(delay);
        break;
      case Step::Kind::sleep_drawn: {
        const DelayRange range{delay, std::chrono::nanoseconds(step.high)};
        const Duration drawn = runtime.draw(range, "drawn");
        co_await runtime.sleep_for(drawn);
        break;
      }
      case Step::Kind::wait_until_mark:
        co_await runtime.sleep_until(mark + delay);
        break;
      case Step::Kind::mark:
        mark = runtime.now();
        break;
      case Step::Kind::compare:
        log.push_back(name + (runtime.now() < mark + delay ? " before" : " after"));
        break;
    }
    log.push_back(name);
  }
}

// Passing means: for programs that race two tasks and compare deadlines, what symbolic search finds
// is what all concrete delays and tie orders together show: nothing is missed, nothing is invented.
TEST(SymbolicTime, AgreesWithAllConcreteDelays) {
  std::size_t several = 0;
  std::size_t exact = 0;
  for (std::uint64_t seed = 0; seed < 250; ++seed) {
    const auto tasks = make_tasks(seed);
    Playground program([&tasks](World& world, Log& log) {
      ProcessOptions options;
      options.name = "p";
      options.start = [&](Runtime& runtime, const Executor&) {
        for (std::size_t i = 0; i < tasks.size(); ++i) {
          const std::string name(1, static_cast<char>('a' + i));
          spawn(runtime, runtime.make_strand(name), name, perform(runtime, tasks[i], name, log));
        }
      };
      world.add_process(options);
    });
    const auto found = program.all(symbolic());
    const auto shown = logs_of(program.all({}));
    const bool relaxed = std::ranges::any_of(found, [](const Outcome& o) { return o.relaxed; });
    if (relaxed) {
      const auto logs = logs_of(found);
      for (const Log& log : shown) EXPECT_TRUE(logs.contains(log)) << "seed " << seed;
    } else {
      EXPECT_EQ(logs_of(found), shown) << "seed " << seed;
      ++exact;
    }
    several += shown.size() > 1 ? 1 : 0;
  }
  EXPECT_GT(several, 100U);
  EXPECT_GT(exact, 200U);
}

}  // namespace
}  // namespace raceproof::sim
