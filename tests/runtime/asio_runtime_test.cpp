// What only the production runtime has: its options, its end, name resolution.
#include <algorithm>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>
#include <set>
#include <stdexcept>

#include "runtime/task.hpp"
#include "tests/runtime/asio_world.hpp"
#include "tests/runtime/contract/connection.hpp"

namespace raceproof::contract {
namespace {

using namespace std::chrono_literals;

// Passing means: an observer gets every observation with its fields, its strand and times that
// never go back, one call at a time, from all threads.
TEST(AsioRuntimeTest, PassesObservationsOn) {
  std::vector<std::string> seen;
  std::int64_t last_ns = 0;
  AsioOptions options{.threads = 4};
  options.name = "gateway";
  options.observer = [&](const Observation& event, std::string_view strand, std::int64_t at_ns) {
    EXPECT_GE(at_ns, last_ns);
    last_ns = at_ns;
    EXPECT_EQ(event.fields.size(), 1U);
    EXPECT_EQ(event.fields.front().key, "n");
    seen.push_back(std::string(event.name) + '@' + std::string(strand));
  };
  AsioWorld world(options);
  world.runtime().observe("outside", {{"n", std::int64_t{0}}});
  world.run([&]() -> Awaitable<> {
    TaskScope scope(world.runtime(), world.strand());
    for (int i = 0; i < 8; ++i) {
      const auto observe = [](Runtime& runtime) -> Awaitable<> {
        for (std::int64_t n = 0; n < 50; ++n) runtime.observe("inside", {{"n", n}});
        co_return;
      };
      scope.spawn("observer",
                  call(world.runtime().make_strand("worker"), observe(world.runtime())));
    }
    co_await scope.join();
  }());
  EXPECT_EQ(seen.size(), 401U);
  EXPECT_EQ(seen.front(), "outside@");
  EXPECT_EQ(std::ranges::count(seen, "inside@gateway/test/worker"), 50);
  EXPECT_EQ(std::ranges::count(seen, "inside@gateway/test/worker#8"), 50);
}

// Passing means: without a handler of its own, a failed task stops the process; with one, it
// decides.
TEST(AsioRuntimeTest, StopsWhenATaskFails) {
  AsioRuntime runtime;
  const auto guard = runtime.keep_alive();
  const auto fail = []() -> Awaitable<> {
    throw std::runtime_error("as intended");
    co_return;  // makes a coroutine of it
  };
  spawn(runtime, runtime.make_strand("task"), "failing task", fail());
  testing::internal::CaptureStderr();
  runtime.run();
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "raceproof: task 'failing task' failed: as intended\n");
  EXPECT_TRUE(runtime.failed());
}

TEST(AsioRuntimeTest, LetsTheOwnerHandleFailures) {
  std::vector<std::string> failed;
  AsioOptions options;
  options.on_failure = [&](std::string_view task, const std::exception_ptr&) {
    failed.emplace_back(task);
  };
  AsioRuntime runtime(options);
  asio::post(runtime.make_strand("plain"), [] { throw std::runtime_error("out of a handler"); });
  const auto fail = []() -> Awaitable<> {
    throw std::runtime_error("out of a task");
    co_return;  // makes a coroutine of it
  };
  spawn(runtime, runtime.make_strand("task"), "task", fail());
  runtime.run();
  EXPECT_EQ(std::set(failed.begin(), failed.end()), (std::set<std::string>{"handler", "task"}));
}

// Passing means: `run` ends when nothing is left to do, and can be called again.
TEST(AsioRuntimeTest, EndsWithoutWork) {
  AsioRuntime runtime(AsioOptions{.threads = 2});
  std::atomic<int> runs = 0;
  for (int i = 1; i <= 3; ++i) {
    asio::post(runtime.make_strand("work"), [&] { ++runs; });
    runtime.run();
    EXPECT_EQ(runs, i);
  }
  EXPECT_FALSE(runtime.failed());
}

// Passing means: what is pending at the end (sleeps, endless waits, calls, reads, connects) is
// destroyed with the runtime, frames and all.
TEST(AsioRuntimeTest, DestroysWhatIsPending) {
  const auto alive = std::make_shared<int>(0);
  {
    AsioWorld world({.threads = 2});
    Runtime& runtime = world.runtime();
    world.run([&]() -> Awaitable<> {
      const auto sleeper = [](Runtime& on, Instant until, std::shared_ptr<int>) -> Awaitable<> {
        co_await on.sleep_until(until);
      };
      const auto waiter = [](Runtime& on, Executor strand, std::shared_ptr<int>) -> Awaitable<> {
        Signal signal(on, strand);
        co_await signal.wait("nothing");
      };
      const auto reader = [](Stream stream, std::shared_ptr<int>) -> Awaitable<> {
        (void)co_await read_some(stream);
      };
      const auto caller = [](Executor to, Awaitable<> body, std::shared_ptr<int>) -> Awaitable<> {
        co_await call(to, std::move(body));
      };
      auto [client, server] = co_await make_connection(world);
      const Executor other = runtime.make_strand("other");
      spawn(runtime, world.strand(), "s", sleeper(runtime, runtime.now() + 1h, alive));
      spawn(runtime, world.strand(), "e", sleeper(runtime, Instant::max(), alive));
      spawn(runtime, world.strand(), "w", waiter(runtime, world.strand(), alive));
      spawn(runtime, world.strand(), "r", reader(std::move(client), alive));
      spawn(runtime, world.strand(), "r", reader(std::move(server), alive));
      spawn(runtime, world.strand(), "c",
            caller(other, sleeper(runtime, Instant::max(), alive), alive));
      co_await runtime.sleep_for(5ms);
    }());
    EXPECT_GT(alive.use_count(), 6);
  }
  EXPECT_EQ(alive.use_count(), 1);
}

// Passing means: worst-case delays are the highest of their range.
TEST(AsioRuntimeTest, DrawsTheWorstCaseOnRequest) {
  AsioWorld world({.worst_case_delays = true});
  world.run([&]() -> Awaitable<> {
    const DelayRange range{Duration(1ms), Duration(9ms)};
    EXPECT_EQ(world.runtime().draw(range, "delay").to_ns(), 9'000'000);
    co_return;
  }());
}

// Passing means: a host can be a name; one that does not exist is an error, not an exception
// elsewhere.
TEST(AsioRuntimeTest, ResolvesNames) {
  AsioWorld world({});
  Runtime& runtime = world.runtime();
  world.run([&]() -> Awaitable<> {
    Listener listener = listen_anywhere(world);
    const Stream stream = co_await runtime.connect({"localhost", listener.port()});
    EXPECT_EQ(stream.peer_name(), "localhost:" + std::to_string(listener.port()));
    EXPECT_TRUE(co_await error_of(runtime.connect({"no such host", 1})));
    EXPECT_TRUE(co_await error_of(runtime.connect({"", 1})));
  }());
}

// Passing means: port 0 gives a free port and tells which.
TEST(AsioRuntimeTest, ChoosesAPort) {
  AsioWorld world({});
  world.run([&]() -> Awaitable<> {
    Listener listener = world.runtime().listen(world.strand(), {"127.0.0.1", 0});
    EXPECT_NE(listener.port(), 0);
    (void)co_await make_connection(world, listener);
  }());
}

}  // namespace
}  // namespace raceproof::contract
