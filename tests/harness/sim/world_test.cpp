// The world: how runs end, what a kill leaves, and that runs depend on nothing but their decisions.
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <fstream>
#include <stdexcept>
#include <unistd.h>

#include "tests/harness/sim/playground.hpp"
#include "tests/runtime/contract/connection.hpp"

namespace raceproof::sim {
namespace {

using namespace std::chrono_literals;

/// Counts what is alive.
class Counted {
 public:
  explicit Counted(int& alive) : alive_(&alive) { ++*alive_; }
  Counted(const Counted& other) : alive_(other.alive_) { ++*alive_; }
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --*alive_; }

 private:
  int* alive_;
};

/// Posts itself for ever.
void post_again(const Executor& strand) {
  asio::post(strand, [strand] { post_again(strand); });
}

// Passing means: what is observed of a named delay is its value on the clock, and its form in a
// symbolic run.
TEST(Observations, HoldTheValuesOfNamedDelaysOnTheClock) {
  const std::vector<ParameterRange> parameters = {{"a", 7, 7}};
  for (const TimeMode mode : {TimeMode::concrete, TimeMode::symbolic}) {
    World world;
    explore::BaselineDecider decider;
    RunOptions options;
    options.time = mode;
    options.parameters = parameters;
    world.begin(options, decider);
    const Duration a(detail::Affine{3, 1});  // 3 ns + a: the first parameter's form is 1
    world.add_process({.name = "p",
                       .threads = 1,
                       .cold_start = {},
                       .start =
                           [&](Runtime& runtime, const Executor&) {
                             runtime.observe("seen", {{"delay", a}});
                           },
                       .destroy = {}});
    world.run();
    const trace::Trace& trace = world.trace();
    ASSERT_EQ(trace.observations().size(), 1U);
    const auto* field = trace.find(trace.observations()[0], "delay");
    ASSERT_NE(field, nullptr);
    EXPECT_EQ(field->number, mode == TimeMode::concrete ? 10 : 3);
    EXPECT_EQ(field->form, mode == TimeMode::concrete ? 0U : 1U);
    world.end();
  }
}

// Passing means: a run that goes round without the clock moving ends, as a spin, in both modes and
// with any number of threads.
TEST(RunEnds, AsASpinWithoutProgressOfTime) {
  const auto sleep_of_nothing = [](Runtime& runtime, const Executor&) -> Awaitable<> {
    while (true) co_await runtime.sleep_for(0ms);
  };
  const auto posts = [](Runtime&, Executor root) -> Awaitable<> {
    post_again(root);
    co_return;
  };
  for (const int threads : {1, 2}) {
    for (const TimeMode time : {TimeMode::concrete, TimeMode::symbolic}) {
      RunOptions options;
      options.time = time;
      options.spin_limit = 2'000;
      Playground sleeping(
          [&](World& world, Log&) { world.add_process(process("p", sleep_of_nothing, threads)); });
      EXPECT_EQ(sleeping.run(options).end, RunEnd::spin);
      Playground posting(
          [&](World& world, Log&) { world.add_process(process("p", posts, threads)); });
      EXPECT_EQ(posting.run(options).end, RunEnd::spin);
    }
  }
}

TEST(RunEnds, AtTheHorizon) {
  Playground program([](World& world, Log&) {
    world.add_process(process("p", [](Runtime& runtime, const Executor&) -> Awaitable<> {
      while (true) co_await runtime.sleep_for(1s);
    }));
  });
  RunOptions options;
  options.horizon = 10s;
  EXPECT_EQ(program.run(options).end, RunEnd::horizon);
  options.time = TimeMode::symbolic;
  EXPECT_EQ(program.run(options).end, RunEnd::horizon);
}

TEST(RunEnds, WhenNothingIsLeftOrItIsStopped) {
  for (const bool stop : {false, true}) {
    Playground program([stop](World& world, Log&) {
      world.add_process(
          process("p", [&world, stop](Runtime& runtime, const Executor&) -> Awaitable<> {
            co_await runtime.sleep_for(1s);
            if (stop) world.stop();
          }));
    });
    RunOptions options;
    options.horizon = Duration::max();
    EXPECT_EQ(program.run(options).end, stop ? RunEnd::stopped : RunEnd::quiescent);
  }
}

TEST(RunEnds, WhenATaskFails) {
  Playground program([](World& world, Log&) {
    world.add_process(process("p", [](Runtime& runtime, const Executor&) -> Awaitable<> {
      co_await runtime.sleep_for(1s);
      throw std::runtime_error("broken");
    }));
  });
  explore::BaselineDecider decider;
  EXPECT_EQ(program.run({}, decider).end, RunEnd::task_failed);
  EXPECT_NE(program.world.failure().find("broken"), std::string::npos);
}

/// A server whose every kind of pending work holds a Counted, and clients that lean on it.
void build_busy_server(World& world, Log& log, int threads, int& alive, Process*& server) {
  ProcessOptions options;
  options.name = "server";
  options.threads = threads;
  options.start = [&log, &alive](Runtime& runtime, const Executor& root) {
    log.emplace_back("start");
    const auto waiter = [](Runtime& on, Duration delay, Counted) -> Awaitable<> {
      co_await on.sleep_for(delay);
    };
    const auto blocker = [](Runtime& on, Counted) -> Awaitable<> { co_await on.block_for(50ms); };
    const auto listener = [](Runtime& on, Executor strand, Counted counted) -> Awaitable<> {
      Listener at = on.listen(strand, {"server", 1});
      const auto here = [strand](std::string_view) { return strand; };
      std::vector<Stream> streams;
      while (true) {
        streams.push_back(co_await at.async_accept(here));
        const auto reader = [](Stream& stream, Counted) -> Awaitable<> {
          while (true) (void)co_await contract::receive(stream, 1);
        };
        if (streams.size() == 1) {
          asio::co_spawn(strand, reader(streams.front(), counted), asio::detached);
        }
      }
    };
    const auto caller = [](Runtime& on, Executor other, Counted counted) -> Awaitable<> {
      const auto body = [](Runtime& inner, Counted) -> Awaitable<> {
        co_await inner.sleep_for(1h);
      };
      co_await call(other, body(on, counted));
    };
    spawn(runtime, root, "sleeper", waiter(runtime, 1h, Counted(alive)));
    spawn(runtime, root, "endless", waiter(runtime, Duration::max(), Counted(alive)));
    spawn(runtime, root, "listener", listener(runtime, root, Counted(alive)));
    spawn(runtime, root, "caller", caller(runtime, runtime.make_strand("other"), Counted(alive)));
    const Executor late = runtime.make_strand("late");
    (void)runtime.start_wait(root, runtime.now() + Duration(5ms), "late",
                             [late, blocker, &runtime, counted = Counted(alive)](ErrorCode) {
                               // The kill finds a blocked thread, and a post that waits for it.
                               spawn(runtime, late, "blocker", blocker(runtime, counted));
                               asio::post(late, [counted] {});
                             });
  };
  server = &world.add_process(options);
}

// Passing means: a kill destroys every handler and coroutine of a process, whatever it waits for;
// the process that is started again is new; and its peers are told.
TEST(Kill, LeavesNothingAndTellsThePeers) {
  for (const int threads : {1, 2}) {
    for (const TimeMode time : {TimeMode::concrete, TimeMode::symbolic}) {
      int alive = 0;
      int alive_before = -1;
      int alive_dead = -1;
      int alive_again = -1;
      Process* server = nullptr;
      Playground program([&](World& world, Log& log) {
        build_busy_server(world, log, threads, alive, server);
        world.kill(*server, 10ms, 10ms);
        world.add_process(process("watcher", [&](Runtime& runtime, const Executor&) -> Awaitable<> {
          co_await runtime.sleep_for(9ms);
          alive_before = alive;
          co_await runtime.sleep_for(2ms);
          alive_dead = alive;
          log.emplace_back(server->alive() ? "alive" : "dead");
          co_await runtime.sleep_for(10ms);
          alive_again = alive;
          log.emplace_back(server->alive() ? "alive" : "dead");
        }));
        world.add_process(process("client", [&](Runtime& runtime, const Executor&) -> Awaitable<> {
          Stream stream = co_await runtime.connect({"server", 1});
          const auto result = co_await contract::read_some(stream);
          log.push_back(result.error == asio::error::connection_reset ? "reset" : "no reset");
          const ErrorCode refused = co_await contract::error_of(runtime.connect({"server", 1}));
          log.push_back(refused == asio::error::connection_refused ? "refused" : "not refused");
        }));
      });
      RunOptions options;
      options.time = time;
      options.horizon = 1s;
      const auto outcome = program.run(options);
      EXPECT_EQ(outcome.log, (Log{"start", "reset", "refused", "dead", "start", "alive"}));
      EXPECT_GT(alive_before, 5);
      EXPECT_EQ(alive_dead, 0);
      EXPECT_GT(alive_again, 5);
      EXPECT_EQ(alive, 0) << "the end of the world leaves something";
    }
  }
}

// Passing means: nothing of a stalled process runs until the stall ends.
TEST(Stall, DelaysEverything) {
  Playground program([](World& world, Log& log) {
    auto& stalled =
        world.add_process(process("stalled", [&](Runtime& runtime, const Executor&) -> Awaitable<> {
          const Instant begin = runtime.now();
          co_await runtime.sleep_for(5ms);
          log.push_back(std::to_string((runtime.now() - begin).to_ns() / 1'000'000));
          co_await runtime.sleep_for(5ms);
          log.push_back(std::to_string((runtime.now() - begin).to_ns() / 1'000'000));
        }));
    world.stall(stalled, 2ms, 10ms);
  });
  EXPECT_EQ(program.run().log, (Log{"12", "17"}));
  EXPECT_EQ(program.run(symbolic()).log, (Log{"12", "17"}));
}

/// Two strands that draw, compare, and talk; enough for decisions to show.
void build_chatter(World& world, Log&) {
  world.network().set_latency("a", "b", {1ms, 9ms});
  world.add_process(process("a", [](Runtime& runtime, Executor root) -> Awaitable<> {
    Listener listener = runtime.listen(root, {"a", 1});
    const auto here = [root](std::string_view) { return root; };
    Stream stream = co_await listener.async_accept(here);
    for (int i = 0; i < 5; ++i) {
      const std::string text = co_await contract::receive(stream, 4);
      runtime.observe("received", {{"text", std::string_view(text)},
                                   {"number", static_cast<std::int64_t>(runtime.random() >> 1)}});
      co_await contract::send(stream, text);
    }
  }));
  world.add_process(process("b", [](Runtime& runtime, const Executor&) -> Awaitable<> {
    Stream stream = co_await runtime.connect({"a", 1});
    for (int i = 0; i < 5; ++i) {
      const Duration delay = runtime.draw({0ms, 20ms}, "pause");
      co_await runtime.sleep_for(delay);
      co_await contract::send(stream, "ping");
      (void)co_await contract::receive(stream, 4);
    }
  }));
}

// Passing means: a run is a function of its decisions and its seed, in whatever world it happens.
TEST(Runs, AreAFunctionOfTheirDecisions) {
  Playground one(build_chatter);
  Playground other(build_chatter);
  std::set<std::uint64_t> digests;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    explore::RandomDecider decider(seed);
    explore::RandomDecider again(seed);
    const auto digest = one.run({}, decider).digest;
    EXPECT_EQ(other.run({}, again).digest, digest);
    digests.insert(digest);
  }
  EXPECT_EQ(digests.size(), 50U);
  RunOptions options;
  options.seed = 1;
  explore::BaselineDecider baseline;
  EXPECT_NE(one.run(options, baseline).digest, other.run().digest) << "strands draw other numbers";
}

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// Passing means: a world that is used again and again does not grow.
TEST(Runs, DoNotGrowTheWorld) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer keeps freed memory";
#endif
  Playground program(build_chatter);
  const auto run = [&](std::uint64_t first, std::uint64_t count) {
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
      explore::RandomDecider decider(seed);
      RunOptions options;
      options.time = seed % 2 == 0 ? TimeMode::concrete : TimeMode::symbolic;
      (void)program.run(options, decider);
    }
    program.world.end();
  };
  run(0, 300);
  const std::size_t before = resident_bytes();
  run(300, 2'000);
  EXPECT_LT(resident_bytes(), before + (1U << 20U));
}

}  // namespace
}  // namespace raceproof::sim
