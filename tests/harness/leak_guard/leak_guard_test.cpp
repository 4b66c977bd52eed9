// The leak guard: passing means that a handler of a simulated world cannot ask the real world for
// anything unseen, that the report names the function that asked, and that nothing is reported
// outside of runs.
#include "harness/sim/leak_guard.hpp"

#include <chrono>
#include <ctime>
#include <functional>
#include <gtest/gtest.h>
#include <random>
#include <sys/random.h>
#include <sys/time.h>
#include <thread>
#include <unistd.h>

#include "harness/explore/decisions.hpp"
#include "harness/sim/world.hpp"
#include "runtime/task.hpp"

namespace raceproof::sim {
namespace {

using std::chrono::steady_clock;

struct Ended {
  RunEnd end;
  std::string failure;
};

/// Runs a world of one process in which `body` is called by a handler, after a wait.
class LeakGuard : public testing::Test {
 protected:
  Ended run(std::function<void()> body, std::function<void()> when_destroyed = {}) {
    RunOptions options;
    options.horizon = std::chrono::seconds(1);
    world_.begin(options, decider_);
    world_.add_process({.name = "test",
                        .threads = 1,
                        .cold_start = {},
                        .start =
                            [this, body](Runtime& runtime, const Executor& root) {
                              spawn(runtime, root, "body", leaky_task(runtime, body));
                            },
                        .destroy = std::move(when_destroyed)});
    const RunEnd end = world_.run();
    const Ended ended{end, world_.failure()};
    world_.end();
    return ended;
  }

  Awaitable<> leaky_task(Runtime& runtime, std::function<void()> body) {
    co_await runtime.sleep_for(std::chrono::milliseconds(1));
    body();
    world_.stop();
  }

  World world_;
  explore::BaselineDecider decider_;
};

/// One way of asking the real world. The functions look at what they get: a call that is the last
/// thing a function does may become a jump, and the function then is not its caller.
struct Call {
  const char* name;    ///< of the test case
  const char* caught;  ///< what the report says was called
  void (*make)();
};

[[gnu::noinline]] void ask_clock_gettime() {
  timespec out{};
  EXPECT_EQ(clock_gettime(CLOCK_REALTIME, &out), 0);
}
[[gnu::noinline]] void ask_gettimeofday() {
  timeval out{};
  EXPECT_EQ(gettimeofday(&out, nullptr), 0);
}
[[gnu::noinline]] void ask_time() { EXPECT_GT(std::time(nullptr), 0); }
[[gnu::noinline]] void ask_clock() { EXPECT_GE(std::clock(), 0); }
[[gnu::noinline]] void ask_steady_clock() {
  EXPECT_GT(steady_clock::now(), steady_clock::time_point());
}
[[gnu::noinline]] void ask_system_clock() {
  EXPECT_GT(std::chrono::system_clock::now(), std::chrono::system_clock::time_point());
}
[[gnu::noinline]] void ask_getrandom() {
  std::uint64_t out = 0;
  EXPECT_EQ(getrandom(&out, sizeof(out), 0), static_cast<ssize_t>(sizeof(out)));
}
[[gnu::noinline]] void ask_getentropy() {
  std::uint64_t out = 0;
  EXPECT_EQ(getentropy(&out, sizeof(out)), 0);
}
[[gnu::noinline]] void ask_random_device() {
  std::random_device device;
  (void)device();
}
[[gnu::noinline]] void ask_nanosleep() {
  const timespec length{0, 1000};
  EXPECT_EQ(nanosleep(&length, nullptr), 0);
}
[[gnu::noinline]] void ask_clock_nanosleep() {
  const timespec length{0, 1000};
  EXPECT_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &length, nullptr), 0);
}
[[gnu::noinline]] void ask_usleep() { EXPECT_EQ(usleep(1), 0); }
[[gnu::noinline]] void ask_sleep() { EXPECT_EQ(sleep(0), 0U); }
[[gnu::noinline]] void ask_sleep_for() {
  std::this_thread::sleep_for(std::chrono::microseconds(1));
}
[[gnu::noinline]] void ask_thread() {
  std::thread thread([] {});
  thread.join();
  EXPECT_FALSE(thread.joinable());
}

const Call calls[] = {
    {"clock_gettime", "clock_gettime", ask_clock_gettime},
    {"gettimeofday", "gettimeofday", ask_gettimeofday},
    {"time", "time", ask_time},
    {"clock", "clock", ask_clock},
    {"steady_clock", "clock_gettime", ask_steady_clock},
    {"system_clock", "clock_gettime", ask_system_clock},
    {"getrandom", "getrandom", ask_getrandom},
    {"getentropy", "getentropy", ask_getentropy},
    {"random_device", "std::random_device", ask_random_device},
    {"nanosleep", "nanosleep", ask_nanosleep},
    {"clock_nanosleep", "clock_nanosleep", ask_clock_nanosleep},
    {"usleep", "usleep", ask_usleep},
    {"sleep", "sleep", ask_sleep},
    {"sleep_for", "nanosleep", ask_sleep_for},
    {"thread", "pthread_create", ask_thread},
};

class Caught : public LeakGuard, public testing::WithParamInterface<Call> {
 protected:
  void SetUp() override {
    if (std::string_view(GetParam().name) == "thread" && !catches_thread_creation()) {
      GTEST_SKIP() << "this build does not catch the creation of threads";
    }
  }
};

/// Inside a handler the call ends the run as a leak, and the report names what was called and the
/// function of this file that called it.
TEST_P(Caught, InsideAHandlerWithItsCallSite) {
  const Ended ended = run(GetParam().make);
  EXPECT_EQ(ended.end, RunEnd::leak) << name_of(ended.end);
  EXPECT_TRUE(ended.failure.starts_with(std::string(GetParam().caught) + ", called from "))
      << ended.failure;
  EXPECT_NE(ended.failure.find(std::string("ask_") + GetParam().name), std::string::npos)
      << ended.failure;
}

/// Between runs the call is nobody's business, and the next run is clean.
TEST_P(Caught, NotOutsideARun) {
  EXPECT_EQ(run([] {}).end, RunEnd::stopped);
  GetParam().make();
  const Ended ended = run([] {});
  EXPECT_EQ(ended.end, RunEnd::stopped) << ended.failure;
}

/// A test that says so may ask, and the run is as if it had not.
TEST_P(Caught, NotWhereItIsAllowed) {
  const Ended ended = run([] {
    const UnsafelyLetTheRealWorldIn allowed;
    GetParam().make();
  });
  EXPECT_EQ(ended.end, RunEnd::stopped) << ended.failure;
}

INSTANTIATE_TEST_SUITE_P(Calls, Caught, testing::ValuesIn(calls),
                         [](const auto& tested) { return std::string(tested.param.name); });

/// A call that was inlined into a lambda of a test names the test.
TEST_F(LeakGuard, NamesTheTestAroundALambda) {
  steady_clock::time_point asked;
  const Ended ended = run([&] { asked = steady_clock::now(); });
  EXPECT_EQ(ended.end, RunEnd::leak);
  EXPECT_NE(ended.failure.find("NamesTheTestAroundALambda"), std::string::npos) << ended.failure;
}

/// A thread that runs no world is not watched while another thread does.
TEST_F(LeakGuard, WatchesOnlyTheThreadOfTheWorld) {
  std::optional<std::thread> other;
  std::atomic<bool> asked{false};
  const Ended ended = run([&] {
    {
      const UnsafelyLetTheRealWorldIn allowed;
      other.emplace([&] {
        (void)steady_clock::now();
        asked = true;
      });
    }
    while (!asked) {
    }
  });
  other->join();
  EXPECT_EQ(ended.end, RunEnd::stopped) << ended.failure;
}

/// Only the first leak of a run is told, and the next run tells its own.
TEST_F(LeakGuard, TellsTheFirstOfEachRun) {
  const auto two = [] {
    ask_getrandom();
    ask_clock_gettime();
  };
  EXPECT_TRUE(run(two).failure.starts_with("getrandom"));
  EXPECT_TRUE(run(ask_time).failure.starts_with("time"));
  EXPECT_EQ(run([] {}).end, RunEnd::stopped);
}

/// What a destructor leaks when a run is taken down is told by the run after it.
TEST_F(LeakGuard, TellsOfDestructorsInTheNextRun) {
  EXPECT_EQ(run([] {}, ask_time).end, RunEnd::stopped);
  const Ended next = run([] {});
  EXPECT_EQ(next.end, RunEnd::leak);
  EXPECT_NE(next.failure.find("ask_time"), std::string::npos) << next.failure;
  EXPECT_NE(next.failure.find("when a run was destroyed"), std::string::npos) << next.failure;
  EXPECT_EQ(run([] {}).end, RunEnd::stopped);
}

/// A leak does not change the run's course up to it: the clock still answers truly.
TEST_F(LeakGuard, PassesTheCallOn) {
  steady_clock::time_point inside;
  const auto before = steady_clock::now();
  run([&] { inside = steady_clock::now(); });
  EXPECT_GE(inside, before);
  EXPECT_LE(inside, steady_clock::now());
}

}  // namespace
}  // namespace raceproof::sim
