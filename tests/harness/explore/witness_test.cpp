// From symbolic runs to concrete ones. Passing means: a witness is a solution of what the run
// required, and replays to the run's own order.
#include "harness/explore/witness.hpp"

#include "tests/harness/sim/playground.hpp"
#include "tests/runtime/contract/connection.hpp"

namespace raceproof::explore {
namespace {

using namespace std::chrono_literals;
using sim::Log;
using sim::Playground;

/// Two tasks of sleeps and comparisons, and two processes that talk over a slow link.
void build_race(sim::World& world, Log& log) {
  world.network().set_latency("a", "b", {1ms, 4ms});
  world.add_process(sim::process("a", [&log](Runtime& runtime, Executor root) -> Awaitable<> {
    Listener listener = runtime.listen(root, {"a", 1});
    const auto here = [root](std::string_view) { return root; };
    Stream stream = co_await listener.async_accept(here);
    const Instant accepted = runtime.now();
    for (int i = 0; i < 2; ++i) {
      (void)co_await contract::receive(stream, 1);
      log.emplace_back(runtime.now() < accepted + Duration(6ms) ? "early" : "late");
    }
  }));
  world.add_process(sim::process("b", [&log](Runtime& runtime, const Executor&) -> Awaitable<> {
    Stream stream = co_await runtime.connect({"a", 1});
    co_await contract::send(stream, "x");
    const Duration pause = runtime.draw({0ms, 5ms}, "pause");
    co_await runtime.sleep_for(pause);
    log.emplace_back("second");
    co_await contract::send(stream, "y");
  }));
}

TEST(Witness, ReplaysEveryClassToItsOwnOrder) {
  Playground program(build_race);
  sim::ExhaustiveDecider::Path path;
  std::set<Log> logs;
  std::size_t classes = 0;
  do {
    sim::ExhaustiveDecider decider(path);
    SymbolicOrder order;
    OrderRecorder recorder(decider, order);
    const auto found = program.run(sim::symbolic(), recorder);
    order.events = program.world.happened();
    const auto witness = solve(program.world.time());
    ASSERT_TRUE(witness.has_value());
    // Every required difference holds of the witness.
    for (const auto& difference : program.world.time().differences()) {
      ASSERT_LE(witness->point_times[difference.to] - witness->point_times[difference.from],
                difference.bound);
    }
    WitnessDecider again(program.world.time(), *witness, std::move(order));
    EXPECT_EQ(program.run({}, again).log, found.log);
    logs.insert(found.log);
    ++classes;
  } while (sim::next_path(path));
  EXPECT_GT(classes, 10U);
  EXPECT_GT(logs.size(), 3U);
}

// Passing means: the longest time between two events is the supremum over the class, not a sample.
TEST(Witness, KnowsTheLongestTimeBetweenTwoEvents) {
  Playground program([](sim::World& world, Log&) {
    world.add_process(sim::process("p", [](Runtime& runtime, const Executor&) -> Awaitable<> {
      (void)runtime.now();
      runtime.observe("begin");
      const Duration first = runtime.draw({2ms, 5ms}, "first");
      co_await runtime.sleep_for(first);
      const Duration second = runtime.draw({10ms, 30ms}, "second");
      co_await runtime.sleep_for(second);
      runtime.observe("end");
    }));
  });
  BaselineDecider decider;
  (void)program.run(sim::symbolic(), decider);
  const auto& world = program.world;
  const auto& observations = world.trace().observations();
  ASSERT_EQ(observations.size(), 2U);
  const auto from = world.event_points()[observations[0].event];
  const auto to = world.event_points()[observations[1].event];
  EXPECT_EQ(longest(program.world.time(), from, to), 35'000'000);
}

// Passing means: a solution of a relaxed run is one: the parameter that is used twice has one
// value.
TEST(Witness, OfARelaxedRunMeetsWhatTheZoneCouldNotHold) {
  static const std::vector<sim::ParameterRange> parameters = {{"pause", 0, 10}};
  Playground program([](sim::World& world, Log& log) {
    world.add_process(sim::process("p", [&log](Runtime& runtime, const Executor&) -> Awaitable<> {
      const Duration pause(detail::Affine{0, 1});
      const Instant begin = runtime.now();
      co_await runtime.sleep_for(pause);
      co_await runtime.sleep_for(pause);
      log.emplace_back(runtime.now() < begin + Duration(std::chrono::nanoseconds(15)) ? "short"
                                                                                      : "long");
    }));
  });
  sim::RunOptions options = sim::symbolic();
  options.parameters = parameters;
  std::size_t solved = 0;
  (void)program.all(options, [&](sim::World& world) {
    EXPECT_TRUE(world.time().relaxed());
    const auto witness = solve(world.time());
    if (!witness) return;
    ++solved;
    const auto pause = witness->variable_values[0];
    EXPECT_GE(pause, 0);
    EXPECT_LE(pause, 10);
    for (const auto& definition : world.time().definitions()) {
      auto value = definition.constant;
      for (const auto& term : definition.terms) {
        value += term.factor * witness->variable_values[term.variable];
      }
      EXPECT_EQ(value, witness->point_times[definition.point]);
    }
  });
  EXPECT_EQ(solved, 2U);
}

}  // namespace
}  // namespace raceproof::explore
