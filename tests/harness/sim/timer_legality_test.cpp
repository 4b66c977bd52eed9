// The rules of timers, arrivals and ties (docs/legality.md). Passing means: each is permitted
// exactly where a real io_context permits it.
#include "tests/harness/sim/playground.hpp"
#include "tests/harness/sim/sim_contract_world.hpp"
#include "tests/runtime/asio_world.hpp"
#include "tests/runtime/contract/connection.hpp"

namespace raceproof::sim {
namespace {

using namespace std::chrono_literals;

std::string text_of(ErrorCode error) { return error ? "cancelled" : "expired"; }

/// One strand: `first` keeps it busy while a handler that arms a timer of 5 ms and blocks far
/// beyond it is queued, and behind it, in the same turn of the strand, one that cancels the timer.
template <class World>
std::string cancel_in_the_turn_of_the_block(World& world) {
  std::string how;
  world.run([&]() -> Awaitable<> {
    Runtime& runtime = world.runtime();
    const Executor strand = runtime.make_strand("s");
    Signal done(runtime, world.strand());
    OperationId timer = 0;
    asio::post(strand, [] {});
    asio::post(strand, [&] {
      const Instant deadline = runtime.now() + Duration(5ms);
      timer = runtime.start_wait(strand, deadline, "timer", [&](ErrorCode error) {
        how = text_of(error);
        asio::post(world.strand(), [&] { done.notify_all(); });
      });
      runtime.start_block(strand, 20ms, "block", [](ErrorCode) {});
    });
    asio::post(strand, [&] { runtime.cancel_operation(timer); });
    co_await done.wait("timer");
  }());
  return how;
}

/// The same, but the one that cancels is what the block completes with: another turn.
template <class World>
std::string cancel_after_the_turn_of_the_block(World& world) {
  std::string how;
  world.run([&]() -> Awaitable<> {
    Runtime& runtime = world.runtime();
    const Executor strand = runtime.make_strand("s");
    Signal done(runtime, world.strand());
    OperationId timer = 0;
    asio::post(strand, [&] {
      const Instant deadline = runtime.now() + Duration(5ms);
      timer = runtime.start_wait(strand, deadline, "timer", [&](ErrorCode error) {
        how = text_of(error);
        asio::post(world.strand(), [&] { done.notify_all(); });
      });
      runtime.start_block(strand, 20ms, "block",
                          [&](ErrorCode) { runtime.cancel_operation(timer); });
    });
    co_await done.wait("timer");
  }());
  return how;
}

// Passing means: a timer that expired while its only thread was blocked can be cancelled until the
// reactor is polled, which happens between two turns; simulated as in reality.
TEST(Timers, CanBeCancelledAfterExpiryUntilTheyAreQueued) {
  contract::SimWorld simulated(1, TimeMode::concrete, 1, 0);
  contract::SimWorld symbolic_time(1, TimeMode::symbolic, 1, 0);
  contract::AsioWorld real({.threads = 1});
  EXPECT_EQ(cancel_in_the_turn_of_the_block(real), "cancelled");
  EXPECT_EQ(cancel_in_the_turn_of_the_block(simulated), "cancelled");
  EXPECT_EQ(cancel_in_the_turn_of_the_block(symbolic_time), "cancelled");
}

TEST(Timers, CannotBeCancelledOnceTheyAreQueued) {
  contract::SimWorld simulated(1, TimeMode::concrete, 1, 0);
  contract::SimWorld symbolic_time(1, TimeMode::symbolic, 1, 0);
  contract::AsioWorld real({.threads = 1});
  EXPECT_EQ(cancel_after_the_turn_of_the_block(real), "expired");
  EXPECT_EQ(cancel_after_the_turn_of_the_block(simulated), "expired");
  EXPECT_EQ(cancel_after_the_turn_of_the_block(symbolic_time), "expired");
}

Awaitable<> sleep_and_log(Runtime& runtime, Duration delay, std::string name, Log& log) {
  co_await runtime.sleep_for(delay);
  log.push_back(std::move(name));
}

Awaitable<> read_and_log(Stream& stream, std::string name, Log& log) {
  (void)co_await contract::read_some(stream);
  log.push_back(std::move(name));
}

// Passing means: after a block, what arrived comes first, in the order of arrival, then the timers
// by deadline, whatever the order in which they were armed (that this is the real order is shown by
// runtime_legality_test).
TEST(Timers, ComeAfterArrivalsWhenTheThreadWasBlocked) {
  for (const bool blocked : {false, true}) {
    Playground program([blocked](World& world, Log& log) {
      world.add_process(
          process("server", [&log, blocked](Runtime& runtime, Executor root) -> Awaitable<> {
            Listener listener = runtime.listen(root, {"server", 1});
            const auto here = [root](std::string_view) { return root; };
            Stream first = co_await listener.async_accept(here);
            Stream second = co_await listener.async_accept(here);
            TaskScope scope(runtime, root);
            scope.spawn("late", sleep_and_log(runtime, 6ms, "late", log));
            scope.spawn("early", sleep_and_log(runtime, 3ms, "early", log));
            scope.spawn("first", read_and_log(first, "first", log));
            scope.spawn("second", read_and_log(second, "second", log));
            co_await runtime.sleep_for(1ms);
            if (blocked) co_await runtime.block_for(20ms);
            co_await scope.join();
          }));
      world.add_process(process("client", [](Runtime& runtime, const Executor&) -> Awaitable<> {
        Stream first = co_await runtime.connect({"server", 1});
        Stream second = co_await runtime.connect({"server", 1});
        co_await runtime.sleep_for(7ms);
        co_await contract::send(second, "x");
        co_await runtime.sleep_for(1ms);
        co_await contract::send(first, "x");
        co_await runtime.sleep_for(100ms);
      }));
    });
    const Log expected =
        blocked ? Log{"second", "first", "early", "late"} : Log{"early", "late", "second", "first"};
    EXPECT_EQ(program.run().log, expected);
    EXPECT_EQ(logs_of(program.all(symbolic())), std::set<Log>{expected});
  }
}

// Passing means: what reached a stalled process is taken up in the order of arrival, in every order
// of arrival that the latencies allow.
TEST(Backlog, IsTakenUpInTheOrderOfArrival) {
  Playground data([](World& world, Log& log) {
    auto& server =
        world.add_process(process("server", [&log](Runtime& runtime, Executor root) -> Awaitable<> {
          Listener listener = runtime.listen(root, {"server", 1});
          const auto here = [root](std::string_view) { return root; };
          Stream a = co_await listener.async_accept(here);
          Stream b = co_await listener.async_accept(here);
          TaskScope scope(runtime, root);
          scope.spawn("a", read_and_log(a, a.peer_name(), log));
          scope.spawn("b", read_and_log(b, b.peer_name(), log));
          co_await scope.join();
        }));
    world.stall(server, 5ms, 20ms);
    for (const std::string name : {"a", "b"}) {
      world.add_process(process(name, [name](Runtime& runtime, const Executor&) -> Awaitable<> {
        Stream stream = co_await runtime.connect({"server", 1});
        const Duration delay = runtime.draw({7ms, 12ms}, "delay");
        co_await runtime.sleep_for(delay);
        co_await contract::send(stream, "x");
        co_await runtime.sleep_for(100ms);
      }));
    }
  });
  std::set<Log> orders;
  (void)data.all(symbolic(), [&](World& world) {
    Log arrivals;
    for (const auto& event : world.trace().events()) {
      if (event.kind != trace::EventKind::timer) continue;
      const auto strand = world.trace().strand_name(event.strand);
      if (strand == "a" || strand == "b") arrivals.emplace_back(strand);
    }
    arrivals.resize(2);  // the sends; the last sleeps come later
    orders.insert(arrivals);
  });
  EXPECT_EQ(orders.size(), 2U);
  EXPECT_EQ(logs_of(data.all(symbolic())), orders);
}

// Passing means: two events at one instant come in both orders if they belong to different strands,
// and in the order in which they were armed if to one.
TEST(Ties, AreDecisionsBetweenStrandsOnly) {
  for (const bool one_strand : {true, false}) {
    Playground program([one_strand](World& world, Log& log) {
      ProcessOptions options;
      options.name = "p";
      options.start = [&log, one_strand](Runtime& runtime, const Executor& root) {
        for (const std::string name : {"a", "b"}) {
          const Executor strand = one_strand ? root : runtime.make_strand(name);
          spawn(runtime, strand, name, sleep_and_log(runtime, 5ms, name, log));
        }
      };
      world.add_process(options);
    });
    const std::set<Log> expected =
        one_strand ? std::set<Log>{{"a", "b"}} : std::set<Log>{{"a", "b"}, {"b", "a"}};
    EXPECT_EQ(logs_of(program.all({})), expected);
    const auto outcomes = program.all(symbolic());
    EXPECT_EQ(logs_of(outcomes), expected);
    // They always fall together: not what only equality makes possible.
    for (const auto& outcome : outcomes) EXPECT_FALSE(outcome.tie_only);
  }
}

// Passing means: what two strands arm on a third at one instant, for one instant, comes in both
// orders; what one of them arms there comes in the order of arming.
TEST(Ties, OfOneStrandAreDecisionsWhereDifferentStrandsArmedThem) {
  for (const bool one_armer : {true, false}) {
    Playground program([one_armer](World& world, Log& log) {
      ProcessOptions options;
      options.name = "p";
      options.start = [&log, one_armer](Runtime& runtime, const Executor& root) {
        for (const std::string name : {"a", "b"}) {
          const Executor armer = one_armer ? root : runtime.make_strand(name);
          const auto arm = [&runtime, root, name, &log](ErrorCode) {
            (void)runtime.start_wait(root, runtime.wait_origin() + Duration(2ms), "message",
                                     [name, &log](ErrorCode) { log.push_back(name); });
          };
          (void)runtime.start_wait(armer, runtime.wait_origin() + Duration(3ms), "arm", arm);
        }
      };
      world.add_process(options);
    });
    const std::set<Log> expected =
        one_armer ? std::set<Log>{{"a", "b"}} : std::set<Log>{{"a", "b"}, {"b", "a"}};
    EXPECT_EQ(logs_of(program.all({})), expected);
    EXPECT_EQ(logs_of(program.all(symbolic())), expected);
  }
}

// Passing means: a timer cancelled at the very instant at which it is due may or may not have been
// queued: both are explored, the latter is marked as possible only at a tie, and what is queued
// stays queued.
TEST(Ties, CancellingWhatIsDueHasBothOutcomes) {
  Playground program([](World& world, Log& log) {
    ProcessOptions options;
    options.name = "p";
    options.start = [&log](Runtime& runtime, const Executor& root) {
      const Instant deadline = runtime.now() + Duration(5ms);
      auto timer = std::make_shared<OperationId>(0);
      (void)runtime.start_wait(root, deadline, "canceller", [&runtime, timer](ErrorCode) {
        runtime.cancel_operation(*timer);
        runtime.cancel_operation(*timer);  // a second time changes nothing
      });
      *timer = runtime.start_wait(root, deadline, "timer",
                                  [&log](ErrorCode error) { log.push_back(text_of(error)); });
    };
    world.add_process(options);
  });
  const std::set<Log> expected = {{"cancelled"}, {"expired"}};
  const auto concrete = program.all({});
  EXPECT_EQ(concrete.size(), 2U);
  EXPECT_EQ(logs_of(concrete), expected);
  const auto outcomes = program.all(symbolic());
  EXPECT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(logs_of(outcomes), expected);
  for (const auto& outcome : outcomes) EXPECT_EQ(outcome.tie_only, outcome.log == Log{"expired"});
}

// Passing means: a timer of another instant than the cancellation's has one outcome.
TEST(Ties, CancellingWhatIsNotDueHasOneOutcome) {
  for (const auto delay : {4ms, 6ms}) {
    Playground program([delay](World& world, Log& log) {
      ProcessOptions options;
      options.name = "p";
      options.start = [&log, delay](Runtime& runtime, const Executor& root) {
        const Instant now = runtime.now();
        auto timer = std::make_shared<OperationId>(0);
        *timer = runtime.start_wait(root, now + Duration(delay), "timer",
                                    [&log](ErrorCode error) { log.push_back(text_of(error)); });
        (void)runtime.start_wait(
            root, now + Duration(5ms), "canceller",
            [&runtime, timer](ErrorCode) { runtime.cancel_operation(*timer); });
      };
      world.add_process(options);
    });
    const std::set<Log> expected = {{delay == 4ms ? "expired" : "cancelled"}};
    EXPECT_EQ(logs_of(program.all({})), expected);
    EXPECT_EQ(logs_of(program.all(symbolic())), expected);
  }
}

}  // namespace
}  // namespace raceproof::sim
