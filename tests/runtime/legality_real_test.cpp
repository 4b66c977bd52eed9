// The facts about Asio's strands and timers on a real io_context that the simulation rests on:
// which orders one thread gives, and that the orders the simulation permits for several threads
// really happen.
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>
#include <numeric>
#include <thread>

#include "runtime/task.hpp"
#include "tests/runtime/asio_world.hpp"
#include "tests/runtime/contract/connection.hpp"
#include "tests/runtime/strand_program.hpp"

namespace raceproof::contract {
namespace {

using namespace std::chrono_literals;

/// Runs `program` in a new world of its own.
std::vector<int> order_of(const StrandProgram& program, int threads) {
  AsioWorld world({.threads = threads});
  std::vector<int> order;
  world.run([&]() -> Awaitable<> {
    order = co_await run_program(world.runtime(), program, world.strand());
  }());
  return order;
}

StrandProgram posts(int strands, const std::vector<int>& strand_of_handler) {
  StrandProgram program{strands};
  for (const int strand : strand_of_handler) {
    program.first.push_back(static_cast<int>(program.handlers.size()));
    program.handlers.push_back({strand});
  }
  return program;
}

using Orders = std::vector<int>;

// Passing means: the first post to an idle strand queues one invoker for it, which runs what was
// ready at that moment; what is posted in the meantime waits for the strand's next turn, and then
// runs as one batch. So the order is neither that of the posts nor strand by strand.
TEST(OneThread, RunsStrandsInTheOrderOfTheirInvokers) {
  EXPECT_EQ(order_of(posts(1, {0, 0, 0}), 1), (Orders{0, 1, 2}));
  EXPECT_EQ(order_of(posts(2, {0, 1, 0}), 1), (Orders{0, 1, 2}));
  EXPECT_EQ(order_of(posts(2, {0, 0, 1}), 1), (Orders{0, 2, 1}));
  EXPECT_EQ(order_of(posts(2, {0, 0, 0, 1}), 1), (Orders{0, 3, 1, 2}));
  EXPECT_EQ(order_of(posts(2, {0, 0, 1, 1, 0}), 1), (Orders{0, 2, 1, 4, 3}));
  EXPECT_EQ(order_of(posts(3, {0, 1, 2, 2, 1, 0}), 1), (Orders{0, 1, 2, 5, 4, 3}));
}

// Passing means: the same of a handler that posts: a post to the running strand waits for its next
// turn, behind the strands that are queued already.
TEST(OneThread, QueuesWhatAHandlerPostsBehindWhatIsQueued) {
  StrandProgram program{2};
  program.first = {0, 1};
  program.handlers = {{0, Handing::post, {2, 3}}, {1}, {0}, {1}};
  EXPECT_EQ(order_of(program, 1), (Orders{0, 1, 2, 3}));
  // A dispatch to the running strand runs at once; to another strand it is a post.
  program.handlers[2].handing = Handing::dispatch;
  program.handlers[3].handing = Handing::dispatch;
  EXPECT_EQ(order_of(program, 1), (Orders{0, 2, 1, 3}));
}

// Passing means: one thread has no freedom: every program has one order.
TEST(OneThread, GivesEveryProgramOneOrder) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const StrandProgram program =
        make_program(seed, {.strands = 4, .handlers = 40, .dispatches_in_hundred = 20});
    const auto order = order_of(program, 1);
    EXPECT_EQ(order.size(), program.handlers.size());
    EXPECT_EQ(order, order_of(program, 1)) << "seed " << seed;
  }
}

/// Every two handlers posted to one strand by one handler, as (earlier, later).
std::vector<std::pair<int, int>> forced_pairs(const StrandProgram& program) {
  std::vector<std::pair<int, int>> pairs;
  const auto add = [&](const std::vector<int>& siblings) {
    for (std::size_t i = 0; i < siblings.size(); ++i) {
      for (std::size_t j = i + 1; j < siblings.size(); ++j) {
        const auto& a = program.handlers[static_cast<std::size_t>(siblings[i])];
        const auto& b = program.handlers[static_cast<std::size_t>(siblings[j])];
        if (a.strand == b.strand) pairs.emplace_back(siblings[i], siblings[j]);
      }
    }
  };
  add(program.first);
  for (const auto& handler : program.handlers) add(handler.children);
  return pairs;
}

// Passing means: whatever the pool does, a strand runs what it is given in the order of the posts.
TEST(ManyThreads, KeepTheOrderWithinAStrand) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const StrandProgram program = make_program(seed, {.strands = 4, .handlers = 60});
    const auto order = order_of(program, 4);
    std::vector<std::size_t> position(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) position[static_cast<std::size_t>(order[i])] = i;
    for (const auto& [earlier, later] : forced_pairs(program)) {
      EXPECT_LT(position[static_cast<std::size_t>(earlier)],
                position[static_cast<std::size_t>(later)])
          << "seed " << seed;
    }
  }
}

/// Runs `attempt` until it returns true; whether it did within the bound.
template <class Attempt>
bool happens(Attempt attempt) {
  constexpr int attempts_max = 20000;
  for (int i = 0; i < attempts_max; ++i) {
    if (attempt()) return true;
  }
  return false;
}

// Passing means: of two strands, the one that was posted to later can run first on a pool.
TEST(ManyThreads, ReallyReorderStrands) {
  if (std::thread::hardware_concurrency() < 2) GTEST_SKIP() << "needs two processors";
  constexpr int strands = 200;  // so many that a thread is likely to be interrupted among them
  std::vector<int> one_each(strands);
  std::iota(one_each.begin(), one_each.end(), 0);
  const StrandProgram program = posts(strands, one_each);
  EXPECT_EQ(order_of(program, 1), one_each);
  EXPECT_TRUE(happens([&] { return order_of(program, 4) != one_each; }));
}

// Passing means: two handlers that run at the same time can interleave their posts, so that neither
// handler's effects are atomic; one thread never does that.
TEST(ManyThreads, ReallyInterleaveTheEffectsOfTwoHandlers) {
  if (std::thread::hardware_concurrency() < 2) GTEST_SKIP() << "needs two processors";
  constexpr int each = 300;
  StrandProgram program{3};
  program.first = {0, 1};
  program.handlers = {{0}, {1}};
  for (int i = 0; i < 2 * each; ++i) {
    program.handlers[i < each ? 0 : 1].children.push_back(2 + i);
    program.handlers.push_back({2});
  }
  const auto interleaved = [&](int threads) {
    const auto order = order_of(program, threads);
    int changes = 0;  // from the one poster's handlers to the other's
    int last = 0;
    for (const int id : order) {
      if (id < 2) continue;
      const int poster = id - 2 < each ? 1 : 2;
      changes += last != 0 && last != poster ? 1 : 0;
      last = poster;
    }
    return changes > 1;
  };
  EXPECT_FALSE(interleaved(1));
  EXPECT_TRUE(happens([&] { return interleaved(4); }));
}

/// Starts a wait of 5 ms, stalls the thread far beyond it, then cancels. How the wait ended.
ErrorCode cancel_after_a_stall(int threads) {
  AsioWorld world({.threads = threads});
  AsioRuntime& runtime = world.runtime();
  ErrorCode ended;
  world.run([&]() -> Awaitable<> {
    bool done = false;
    const OperationId id = runtime.start_wait(world.strand(), runtime.now() + Duration(5ms), "wait",
                                              [&](ErrorCode error) {
                                                ended = error;
                                                done = true;
                                              });
    std::this_thread::sleep_for(100ms);
    runtime.cancel_operation(id);
    while (!done) co_await runtime.sleep_for(1ms);
  }());
  return ended;
}

// Passing means: a timer can be cancelled after its deadline as long as no thread has taken it from
// the timer queue; with one thread that is until the running handler returns, with more another
// thread takes it when it is due, and from then on it is queued and cannot be cancelled.
TEST(Timers, CanBeCancelledUntilTheyAreQueued) {
  EXPECT_EQ(cancel_after_a_stall(1), asio::error::operation_aborted);
  EXPECT_TRUE(happens([] { return !cancel_after_a_stall(4); }));
}

// Passing means: after a stall of the only thread the descriptors that became ready come first,
// then the timers by deadline.
TEST(Timers, ComeAfterDescriptorsWhenAThreadHasStalled) {
  AsioWorld world({.threads = 1});
  AsioRuntime& runtime = world.runtime();
  std::vector<std::string> order;
  world.run([&]() -> Awaitable<> {
    auto [client, server] = co_await make_connection(world);
    TaskScope scope(runtime, world.strand());
    const auto sleeper = [](AsioRuntime& on, Duration delay, std::string name,
                            std::vector<std::string>& log) -> Awaitable<> {
      co_await on.sleep_for(delay);
      log.push_back(std::move(name));
    };
    const auto reader = [](Stream& stream, std::vector<std::string>& log) -> Awaitable<> {
      (void)co_await receive(stream, 1);
      log.emplace_back("read");
    };
    scope.spawn("late", sleeper(runtime, 40ms, "late", order));
    scope.spawn("early", sleeper(runtime, 20ms, "early", order));
    scope.spawn("reader", reader(server, order));
    scope.spawn("sender", send(client, "x"));  // sends at once, before the stall
    std::this_thread::sleep_for(100ms);
    co_await scope.join();
  }());
  EXPECT_EQ(order, (std::vector<std::string>{"read", "early", "late"}));
}

}  // namespace
}  // namespace raceproof::contract
