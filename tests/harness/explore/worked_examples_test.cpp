// Two small cold starts whose answers can be worked out by hand, as ordinary programs of strands,
// waits and drawn delays. Passing means: the search finds exactly the orders there are, the exact
// regions are the inequalities that the arithmetic gives, ties included, and brute force over a
// grid of delays agrees at every point.
#include <algorithm>

#include "harness/explore/witness.hpp"
#include "tests/harness/sim/playground.hpp"

namespace raceproof::explore {
namespace {

using namespace std::chrono_literals;
using sim::Log;
using sim::Playground;

constexpr std::int64_t ms = 1'000'000;

/// The duration of the parameter with this index.
Duration parameter(std::size_t index) {
  return Duration(detail::Affine{0, static_cast<FormId>(index + 1)});
}

bool has(const Log& log, std::string_view entry) {
  return std::ranges::find(log, entry) != log.end();
}

/// Where in the log; its length where not.
std::size_t position(const Log& log, std::string_view entry) {
  return static_cast<std::size_t>(std::ranges::find(log, entry) - log.begin());
}

/// What all classes of a program say about its first two parameters.
struct Regions {
  IntegerSet failing = IntegerSet::empty(2);
  IntegerSet failing_apart = IntegerSet::empty(2);   ///< without two events at the same time
  IntegerSet failing_closed = IntegerSet::empty(2);  ///< with its limits
  IntegerSet passing = IntegerSet::empty(2);

  /// At the end of the failing region: where it takes two events at exactly the same time.
  [[nodiscard]] IntegerSet failing_only_at_ties(const IntegerSet& everything) const {
    return failing.without(failing_apart).common(everything.without(failing_closed).beside());
  }
};

/// Is this run a failure?
using Fails = std::function<bool(const Log&)>;

Regions regions_of(const Playground::Build& build, const sim::RunOptions& options,
                   const Fails& fails) {
  const std::vector<sim::VariableId> onto = {0, 1};
  struct Class {
    IntegerSet region;
    IntegerSet apart;
    IntegerSet closed;
  };
  std::vector<Class> classes;
  Playground program(build);
  const auto outcomes = program.all(options, [&](sim::World& world) {
    const auto& time = world.time();
    const auto witness = solve(time, Prefer::most_slack);
    classes.push_back({ClassSystem(time).project(onto), IntegerSet::empty(2),
                       ClassSystem(time, {}, {}, true).project(onto)});
    if (time.tie_only() || !witness) return;
    classes.back().apart = ClassSystem(time, {}, orders_apart(time, *witness)).project(onto);
  });
  Regions regions;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const auto& [region, apart, closed] = classes[i];
    if (fails(outcomes[i].log)) {
      regions.failing = regions.failing.united(region);
      regions.failing_apart = regions.failing_apart.united(apart);
      regions.failing_closed = regions.failing_closed.united(closed);
    } else {
      regions.passing = regions.passing.united(region);
    }
  }
  return regions;
}

/// Takes a drawn delay for a choice among the whole milliseconds of its range.
class MillisecondDecider final : public sim::Decider {
 public:
  explicit MillisecondDecider(sim::ExhaustiveDecider::Path& path) : inner_(path) {}
  std::size_t choose(sim::ChoiceKind kind, std::span<const sim::Meaning> alternatives) override {
    return inner_.choose(kind, alternatives);
  }
  std::int64_t draw(std::int64_t low, std::int64_t high, const sim::Meaning& meaning) override {
    return inner_.draw(low / ms, high / ms, meaning) * ms;
  }

 private:
  sim::ExhaustiveDecider inner_;
};

/// Whether some and whether all concrete runs with these two values fail: every delay in whole
/// milliseconds, every order of ties.
struct BruteForce {
  bool some = false;
  bool all = true;
};
BruteForce brute_force(Playground& program, sim::RunOptions options, std::int64_t first,
                       std::int64_t second, const Fails& fails) {
  std::vector<sim::ParameterRange> fixed(options.parameters.begin(), options.parameters.end());
  fixed[0].low_ns = fixed[0].high_ns = first;
  fixed[1].low_ns = fixed[1].high_ns = second;
  options.time = sim::TimeMode::concrete;
  options.parameters = fixed;
  BruteForce found;
  sim::ExhaustiveDecider::Path path;
  do {
    MillisecondDecider decider(path);
    const bool failed = fails(program.run(options, decider).log);
    found.some |= failed;
    found.all &= failed;
    program.world.end();
  } while (sim::next_path(path));
  return found;
}

/// `factor_x * x + factor_y * y + constant >= 0` within the ranges of two parameters.
IntegerSet half(const std::vector<sim::ParameterRange>& ranges, std::vector<Inequality> more) {
  for (std::size_t i = 0; i < 2; ++i) {
    std::vector<std::int64_t> up(2, 0);
    up[i] = 1;
    more.push_back({up, -ranges[i].low_ns});
    up[i] = -1;
    more.push_back({up, ranges[i].high_ns});
  }
  return IntegerSet(2, more);
}

// --- A grace period and a backend ---------------------------------------------------------------
//
// A request comes at 0. It sends a start message, which takes 1 to 3 ms; the backend is up exactly
// L later and sends a ready message, which takes 1 to 3 ms. A timer of G runs from the request. It
// fails if the timer is first.

const std::vector<sim::ParameterRange> grace_and_latency = {{"G", 0, 24 * ms}, {"L", 0, 14 * ms}};

Awaitable<> send_ready(Runtime& runtime, Log& log) {
  const Duration start_message = runtime.draw({1ms, 3ms}, "start message");
  co_await runtime.sleep_for(start_message, "start message");
  co_await runtime.sleep_for(parameter(1), "backend comes up");
  const Duration ready_message = runtime.draw({1ms, 3ms}, "ready message");
  co_await runtime.sleep_for(ready_message, "ready message");
  log.emplace_back("ready");
}

Awaitable<> wait_grace(Runtime& runtime, Log& log) {
  co_await runtime.sleep_for(parameter(0), "grace period");
  log.emplace_back("grace over");
}

Awaitable<> second_request(Runtime& runtime, Log& log) {
  const Duration after = runtime.draw({5ms, 50ms}, "second request");
  co_await runtime.sleep_for(after, "second request");
  log.emplace_back("second request");
}

Playground::Build backend(bool with_second_request) {
  return [with_second_request](sim::World& world, Log& log) {
    world.add_process({.name = "gateway",
                       .threads = 1,
                       .cold_start = {},
                       .start =
                           [&log, with_second_request](Runtime& runtime, const Executor&) {
                             const auto start = [&](const char* name, Awaitable<> task) {
                               spawn(runtime, runtime.make_strand(name), name, std::move(task));
                             };
                             start("backend", send_ready(runtime, log));
                             start("grace", wait_grace(runtime, log));
                             if (with_second_request) start("second", second_request(runtime, log));
                           },
                       .destroy = {}});
  };
}

bool grace_first(const Log& log) { return position(log, "grace over") < position(log, "ready"); }

TEST(WorkedExamples, AGracePeriodFailsWithinSixAndSurelyBelowTwo) {
  sim::RunOptions options = sim::symbolic();
  options.parameters = grace_and_latency;
  const auto regions = regions_of(backend(false), options, grace_first);
  // Possible iff G - L <= 6 ms; certain iff G - L < 2 ms.
  EXPECT_EQ(regions.failing, half(grace_and_latency, {{{-1, 1}, 6 * ms}}));
  const auto everything = half(grace_and_latency, {});
  EXPECT_EQ(everything.without(regions.passing), half(grace_and_latency, {{{-1, 1}, 2 * ms - 1}}));
  // At G - L = 6 ms it takes the two at exactly the same time.
  EXPECT_EQ(regions.failing_only_at_ties(everything),
            half(grace_and_latency, {{{-1, 1}, 6 * ms, true}}));
  EXPECT_EQ(regions.failing.coalesced().pieces().size(), 1U);

  Playground program(backend(false));
  for (std::int64_t grace = 0; grace <= 24; ++grace) {
    for (std::int64_t latency = 0; latency <= 14; ++latency) {
      const auto seen = brute_force(program, options, grace * ms, latency * ms, grace_first);
      ASSERT_EQ(seen.some, grace - latency <= 6) << grace << ' ' << latency;
      ASSERT_EQ(seen.all, grace - latency < 2) << grace << ' ' << latency;
    }
  }
}

TEST(WorkedExamples, ASecondRequestBetweenGraceAndReadyAddsAFacet) {
  const std::vector<sim::ParameterRange> wide = {{"G", 0, 80 * ms}, {"L", 0, 100 * ms}};
  sim::RunOptions options = sim::symbolic();
  options.parameters = wide;
  const Fails between = [](const Log& log) {
    return position(log, "grace over") < position(log, "second request") &&
           position(log, "second request") < position(log, "ready");
  };
  const auto regions = regions_of(backend(true), options, between);
  // G - L <= 6 ms and G <= 50 ms (and L >= -1 ms, which always holds).
  EXPECT_EQ(regions.failing, half(wide, {{{-1, 1}, 6 * ms}, {{-1, 0}, 50 * ms}}));
  EXPECT_EQ(regions.failing.coalesced().pieces().size(), 1U);
}

// --- A cold start -------------------------------------------------------------------------------
//
// Redis connects in 20 to 80 ms; from then its subscriber takes 50 ms or more and its scripts 5 to
// 40 ms. The readiness check runs at once and every 100 ms; when it sees "connected" it waits the
// grace period and reports ready. A client arrives in 0 to 1500 ms: it is refused when not ready,
// else its set-up takes 1 to 3 ms and fails unless subscriber and scripts are there by then.

struct ColdStart {
  DelayRange first_check = {0ms, 0ms};
  DelayRange subscriber;
  Duration grace;
};

/// What the tasks of one run share: they run on one thread.
struct State {
  bool connected = false;
  bool subscribed = false;
  bool loaded = false;
  bool ready = false;
};

Awaitable<> subscribe(Runtime& runtime, State& state, DelayRange range) {
  const Duration delay = runtime.draw(range, "subscriber");
  co_await runtime.sleep_for(delay, "subscriber");
  state.subscribed = true;
}

Awaitable<> load_scripts(Runtime& runtime, State& state) {
  const Duration delay = runtime.draw({5ms, 40ms}, "scripts");
  co_await runtime.sleep_for(delay, "scripts");
  state.loaded = true;
}

Awaitable<> connect_redis(Runtime& runtime, State& state, DelayRange subscriber) {
  const Duration delay = runtime.draw({20ms, 80ms}, "connect");
  co_await runtime.sleep_for(delay, "connect");
  state.connected = true;
  spawn(runtime, runtime.make_strand("subscriber"), "subscriber",
        subscribe(runtime, state, subscriber));
  spawn(runtime, runtime.make_strand("scripts"), "scripts", load_scripts(runtime, state));
}

Awaitable<> check_readiness(Runtime& runtime, State& state, DelayRange first, Duration grace) {
  const Duration begin = runtime.draw(first, "first check");
  co_await runtime.sleep_for(begin, "check");
  while (!state.connected) co_await runtime.sleep_for(100ms, "check");
  if (Duration() < grace) co_await runtime.sleep_for(grace, "grace period");
  state.ready = true;
}

Awaitable<> arrive(Runtime& runtime, State& state, Log& log) {
  const Duration arrival = runtime.draw({0ms, 1500ms}, "client");
  co_await runtime.sleep_for(arrival, "client");
  if (!state.ready) {
    log.emplace_back("503");
    co_return;
  }
  const Duration setup = runtime.draw({1ms, 3ms}, "set-up");
  co_await runtime.sleep_for(setup, "set-up");
  log.emplace_back(state.subscribed && state.loaded ? "ok" : "1011");
}

/// The state lives as long as the program: each run starts with a new one.
Playground::Build cold_start(const ColdStart& settings) {
  return [settings, state = std::make_shared<State>()](sim::World& world, Log& log) {
    *state = State{};
    world.add_process(
        {.name = "gateway",
         .threads = 1,
         .cold_start = {},
         .start =
             [&log, settings, state](Runtime& runtime, const Executor&) {
               const auto start = [&](const char* name, Awaitable<> task) {
                 spawn(runtime, runtime.make_strand(name), name, std::move(task));
               };
               start("readiness",
                     check_readiness(runtime, *state, settings.first_check, settings.grace));
               start("redis", connect_redis(runtime, *state, settings.subscriber));
               start("client", arrive(runtime, *state, log));
             },
         .destroy = {}});
  };
}

struct Row {
  std::chrono::milliseconds grace;
  std::chrono::milliseconds subscriber_at_most;
  std::size_t refused;
  std::size_t failed;
  std::size_t ok;
};

TEST(WorkedExamples, AColdStartHasExactlyTheseOrders) {
  for (const Row& row :
       {Row{0ms, 400ms, 12, 4, 5}, Row{500ms, 400ms, 18, 0, 3}, Row{500ms, 500ms, 18, 0, 3},
        Row{500ms, 501ms, 18, 0, 3}, Row{500ms, 800ms, 28, 2, 7}}) {
    Playground program(
        cold_start({.subscriber = {50ms, row.subscriber_at_most}, .grace = row.grace}));
    const auto outcomes = program.all(sim::symbolic());
    const auto count = [&](std::string_view what) {
      return static_cast<std::size_t>(
          std::ranges::count_if(outcomes, [&](const auto& o) { return has(o.log, what); }));
    };
    SCOPED_TRACE(row.grace.count());
    SCOPED_TRACE(row.subscriber_at_most.count());
    EXPECT_EQ(count("503"), row.refused);
    EXPECT_EQ(count("1011"), row.failed);
    EXPECT_EQ(count("ok"), row.ok);
    EXPECT_EQ(outcomes.size(), row.refused + row.failed + row.ok);
  }
}

const std::vector<sim::ParameterRange> grace_and_subscriber = {{"G", 0, 600 * ms},
                                                               {"S", 50 * ms, 800 * ms}};

bool closed_with_1011(const Log& log) { return has(log, "1011"); }

// Where the check may fall on the very moment of the connection, what separates the two is the
// shortest set-up alone: S > G + 1 ms.
TEST(WorkedExamples, AColdStartFailsIffTheSubscriberTakesLongerThanGraceAndSetUp) {
  sim::RunOptions options = sim::symbolic();
  options.parameters = grace_and_subscriber;
  const auto build = cold_start({.first_check = {0ms, 100ms},
                                 .subscriber = {parameter(1), parameter(1)},
                                 .grace = parameter(0)});
  const auto regions = regions_of(build, options, closed_with_1011);
  EXPECT_EQ(regions.failing, half(grace_and_subscriber, {{{-1, 1}, -1 * ms}}));
  // At S = G + 1 ms it takes the two at exactly the same time, on strands of their own.
  EXPECT_EQ(regions.failing_only_at_ties(half(grace_and_subscriber, {})),
            half(grace_and_subscriber, {{{-1, 1}, -1 * ms, true}}));
}

// Concrete runs, most of them near the boundary: none fails where the region says that none can.
TEST(WorkedExamples, NoConcreteColdStartFailsOutsideTheRegion) {
  Random random(11);
  std::size_t failed = 0;
  Playground program(cold_start({.first_check = {0ms, 100ms},
                                 .subscriber = {parameter(1), parameter(1)},
                                 .grace = parameter(0)}));
  for (std::uint64_t run = 0; run < 40'000; ++run) {
    const auto grace = static_cast<std::int64_t>(49 + random.below(551)) * ms;
    const auto subscriber = grace + static_cast<std::int64_t>(random.below(40)) * ms;
    const std::vector<sim::ParameterRange> fixed = {{"G", grace, grace},
                                                    {"S", subscriber, subscriber}};
    sim::RunOptions options;
    options.parameters = fixed;
    RandomDecider decider(run);
    if (!closed_with_1011(program.run(options, decider).log)) continue;
    ++failed;
    ASSERT_GE(subscriber, grace + ms) << "run " << run;
  }
  EXPECT_GT(failed, 10U);
}

// With checks at 0 and 100 ms and nowhere between, a connection waits at least 20 ms for one.
TEST(WorkedExamples, AColdStartWithChecksAtFixedTimesGainsTheWaitForTheNextCheck) {
  sim::RunOptions options = sim::symbolic();
  options.parameters = grace_and_subscriber;
  const auto build =
      cold_start({.subscriber = {parameter(1), parameter(1)}, .grace = parameter(0)});
  const auto regions = regions_of(build, options, closed_with_1011);
  EXPECT_EQ(regions.failing, half(grace_and_subscriber, {{{-1, 1}, -21 * ms}}));
  EXPECT_EQ(regions.failing_only_at_ties(half(grace_and_subscriber, {})),
            half(grace_and_subscriber, {{{-1, 1}, -21 * ms, true}}));
}

}  // namespace
}  // namespace raceproof::explore
