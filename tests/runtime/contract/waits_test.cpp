// Sleeps, time-outs and blocking.
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <vector>

#include "runtime/task.hpp"
#include "runtime/time_limit.hpp"
#include "tests/runtime/contract/world.hpp"

namespace raceproof::contract {
namespace {

using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;

Awaitable<> fail_at_once() {
  throw std::runtime_error("failed");
  co_return;
}

template <class T>
Awaitable<> limited(Runtime& runtime, Awaitable<T> body) {
  co_await within(runtime, 20s, "limit", std::move(body));
}

// Passing means: no sleep ends early.
TEST_P(Waits, LastAtLeastAsLongAsAsked) {
  world_->run([this]() -> Awaitable<> {
    const Instant start = runtime_.now();
    co_await runtime_.sleep_for(10ms);
    EXPECT_TRUE(runtime_.now() >= start + 10ms);
    co_await runtime_.sleep_until(start + 20ms);
    EXPECT_TRUE(runtime_.now() >= start + 20ms);
  }());
}

// Passing means: sleeps of one strand end by deadline, not in the order in which they began.
TEST_P(Waits, EndByDeadline) {
  world_->run([this]() -> Awaitable<> {
    std::vector<int> order;
    TaskScope sleepers(runtime_, strand_);
    for (const int delay_ms : {250, 150, 50, 200, 100}) {
      sleepers.spawn("sleeper", [](Runtime& runtime, int ms, std::vector<int>& log) -> Awaitable<> {
        co_await runtime.sleep_for(std::chrono::milliseconds(ms));
        log.push_back(ms);
      }(runtime_, delay_ms, order));
    }
    co_await sleepers.join();
    EXPECT_EQ(order, (std::vector{50, 100, 150, 200, 250}));
  }());
}

// Passing means: a deadline in the past completes, and not before what was queued already.
TEST_P(Waits, CompleteThroughTheQueueWhenTheDeadlineIsPast) {
  world_->run([this]() -> Awaitable<> {
    bool earlier = false;
    asio::post(strand_, [&] { earlier = true; });
    co_await runtime_.sleep_until(runtime_.now() - 1s);
    EXPECT_TRUE(earlier);
  }());
}

// Passing means: what ends in time gives its value, what does not is cancelled and gives nothing,
// what fails passes its exception on, and a cancelled caller takes its body along.
TEST_P(Waits, LimitAnOperation) {
  world_->run([this]() -> Awaitable<> {
    const auto value = [](Runtime& runtime, Duration after, bool& cancelled) -> Awaitable<int> {
      try {
        co_await runtime.sleep_for(after, "value");
      } catch (const boost::system::system_error&) {
        cancelled = true;
        throw;
      }
      co_return 7;
    };
    bool cancelled = false;
    const Instant start = runtime_.now();
    const auto in_time = co_await within(runtime_, 20s, "limit", value(runtime_, 1ms, cancelled));
    EXPECT_EQ(in_time, 7);
    EXPECT_FALSE(cancelled);
    const auto late = co_await within(runtime_, 5ms, "limit", value(runtime_, 20s, cancelled));
    EXPECT_FALSE(late);
    EXPECT_TRUE(cancelled);
    const bool slept = co_await within(runtime_, 20s, "limit", runtime_.sleep_for(1ms));
    EXPECT_TRUE(slept);

    bool thrown = false;
    try {
      co_await within(runtime_, 20s, "limit", fail_at_once());
    } catch (const std::runtime_error& error) {
      thrown = std::string_view(error.what()) == "failed";
    }
    EXPECT_TRUE(thrown);

    cancelled = false;
    TaskScope scope(runtime_, strand_);
    scope.spawn("limited", limited(runtime_, value(runtime_, 20s, cancelled)));
    co_await runtime_.sleep_for(1ms);
    co_await scope.stop();
    EXPECT_TRUE(cancelled);
    EXPECT_TRUE(runtime_.now() < start + 15s);
  }());
}

// Passing means: of an operation and a wait the first one counts, and the other is cancelled.
TEST_P(Waits, TimeOutWhatTakesTooLong) {
  world_->run([this]() -> Awaitable<> {
    const Instant start = runtime_.now();
    const auto late = co_await (runtime_.sleep_until(Instant::max()) || runtime_.sleep_for(5ms));
    EXPECT_EQ(late.index(), 1U);
    const auto in_time = co_await (runtime_.sleep_for(1ms) || runtime_.sleep_for(20s));
    EXPECT_EQ(in_time.index(), 0U);
    EXPECT_TRUE(runtime_.now() < start + 15s);
  }());
}

// Passing means: cancelling a sleep ends it with operation_aborted, long before its deadline.
TEST_P(Waits, ThrowWhenCancelled) {
  world_->run([this]() -> Awaitable<> {
    const Instant start = runtime_.now();
    std::vector<ErrorCode> ends;
    TaskScope sleepers(runtime_, strand_);
    for (const Instant until : {start + 20s, Instant::max()}) {
      sleepers.spawn("sleeper",
                     [](Runtime& runtime, Instant t, std::vector<ErrorCode>& log) -> Awaitable<> {
                       try {
                         co_await runtime.sleep_until(t);
                       } catch (const boost::system::system_error& failure) {
                         log.push_back(failure.code());
                       }
                     }(runtime_, until, ends));
    }
    sleepers.cancel();
    EXPECT_TRUE(ends.empty()) << "a completion ran inside the cancellation";
    co_await sleepers.join();
    EXPECT_EQ(ends, std::vector<ErrorCode>(2, asio::error::operation_aborted));
    EXPECT_TRUE(runtime_.now() < start + 15s);
  }());
}

// Passing means: cancelling after the end is harmless, and an id is never used twice.
TEST_P(Waits, IgnoreACancellationAfterTheEnd) {
  world_->run([this]() -> Awaitable<> {
    int completions = 0;
    const auto count = [&completions](ErrorCode) { ++completions; };
    const OperationId first = runtime_.start_wait(strand_, runtime_.now(), "first", count);
    co_await runtime_.sleep_for(5ms);
    runtime_.cancel_operation(first);
    const OperationId second = runtime_.start_wait(strand_, Instant::max(), "second", count);
    EXPECT_NE(first, second);
    runtime_.cancel_operation(first);
    co_await runtime_.sleep_for(5ms);
    EXPECT_EQ(completions, 1);
    runtime_.cancel_operation(second);
    runtime_.cancel_operation(second);
    co_await runtime_.sleep_for(5ms);
    EXPECT_EQ(completions, 2);
  }());
}

// Passing means: while a strand blocks, nothing else runs on it; what came due runs afterwards.
TEST_P(Waits, KeepTheStrandWhileBlocking) {
  world_->run([this]() -> Awaitable<> {
    Instant woken = runtime_.now();
    TaskScope others(runtime_, strand_);
    others.spawn("sleeper", [](Runtime& runtime, Instant& at) -> Awaitable<> {
      co_await runtime.sleep_for(1ms);
      at = runtime.now();
    }(runtime_, woken));
    const Instant start = runtime_.now();
    co_await runtime_.block_for(50ms);
    EXPECT_TRUE(runtime_.now() >= start + 50ms);
    co_await others.join();
    EXPECT_TRUE(woken >= start + 50ms);
  }());
}

// Passing means: blocking takes a thread of the process: with only one, every strand waits; with
// more, the others go on.
TEST_P(Waits, KeepAThreadWhileBlocking) {
  world_->run([this]() -> Awaitable<> {
    const Executor other = runtime_.make_strand("other");
    Instant woken = runtime_.now();
    TaskScope others(runtime_, strand_);
    const Instant start = runtime_.now();
    others.spawn("sleeper", call(other, [](Runtime& runtime, Instant& at) -> Awaitable<> {
                   co_await runtime.sleep_for(1ms);
                   at = runtime.now();
                 }(runtime_, woken)));
    co_await runtime_.block_for(300ms);
    co_await others.join();
    if (world_->threads() == 1) {
      EXPECT_TRUE(woken >= start + 300ms);
    } else {
      EXPECT_TRUE(woken < start + 300ms);
    }
  }());
}

}  // namespace
}  // namespace raceproof::contract
