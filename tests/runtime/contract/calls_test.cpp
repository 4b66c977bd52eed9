// Calls from strand to strand.
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <stdexcept>

#include "runtime/task.hpp"
#include "tests/runtime/contract/world.hpp"

namespace raceproof::contract {
namespace {

using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;

Awaitable<> sleep_then_note(Runtime& runtime, Duration duration, ErrorCode& ended) {
  try {
    co_await runtime.sleep_for(duration);
    ended = {};
  } catch (const boost::system::system_error& failure) {
    ended = failure.code();
    throw;
  }
}

// Passing means: the body runs on its strand, the result comes back, the caller goes on on its own.
TEST_P(Calls, ReturnValuesToTheCallersStrand) {
  world_->run([this]() -> Awaitable<> {
    const Executor other = runtime_.make_strand("other");
    const auto name =
        co_await call(other, [](Runtime& runtime, Executor on) -> Awaitable<std::string> {
          EXPECT_TRUE(runtime.running_on(on));
          co_await runtime.sleep_for(1ms);
          EXPECT_TRUE(runtime.running_on(on));
          co_return std::string(runtime.strand_name(on));
        }(runtime_, other));
    EXPECT_EQ(name, runtime_.strand_name(other));
    EXPECT_TRUE(runtime_.running_on(strand_));
  }());
}

// Passing means: an exception comes back as if the body had run here.
TEST_P(Calls, ReturnExceptionsToTheCallersStrand) {
  world_->run([this]() -> Awaitable<> {
    const Executor other = runtime_.make_strand("other");
    std::string reason;
    try {
      const auto fail = []() -> Awaitable<int> {
        throw std::runtime_error("no");
        co_return 0;  // makes a coroutine of it
      };
      co_await call(other, fail());
    } catch (const std::runtime_error& failure) {
      reason = failure.what();
      EXPECT_TRUE(runtime_.running_on(strand_));
    }
    EXPECT_EQ(reason, "no");
  }());
}

// Passing means: a call can call back into its caller's strand, which is free while it waits.
TEST_P(Calls, LeaveTheCallersStrandFree) {
  world_->run([this]() -> Awaitable<> {
    const Executor other = runtime_.make_strand("other");
    const auto answer = [](Runtime& runtime, Executor back) -> Awaitable<int> {
      co_return co_await call(back, [](Runtime& inner, Executor on) -> Awaitable<int> {
        EXPECT_TRUE(inner.running_on(on));
        co_return 42;
      }(runtime, back));
    };
    EXPECT_EQ(co_await call(other, answer(runtime_, strand_)), 42);
  }());
}

// Passing means: cancelling the caller cancels the body, on the body's strand.
TEST_P(Calls, AreCancelledWithTheCaller) {
  world_->run([this]() -> Awaitable<> {
    const Executor other = runtime_.make_strand("other");
    ErrorCode ended;
    const auto result = co_await (call(other, sleep_then_note(runtime_, Duration::max(), ended)) ||
                                  runtime_.sleep_for(5ms));
    EXPECT_EQ(result.index(), 1U);
    EXPECT_EQ(ended, asio::error::operation_aborted);
  }());
}

// Passing means: a cancellation that crosses the completion of the call does no harm, whoever is
// first. What would go wrong shows under the sanitizers.
TEST_P(Calls, SurviveACancellationThatCrossesTheirCompletion) {
  world_->run([this]() -> Awaitable<> {
    const Executor other = runtime_.make_strand("other");
    for (int i = 0; i < 300; ++i) {
      ErrorCode ended;
      (void)co_await (call(other, sleep_then_note(runtime_, Duration(50us), ended)) ||
                      runtime_.sleep_for(50us));
      EXPECT_TRUE(!ended || ended == asio::error::operation_aborted);
    }
  }());
}

// Passing means: a cancelled call still waits for its body, which may have something to finish.
TEST_P(Calls, WaitForABodyThatShieldsItself) {
  world_->run([this]() -> Awaitable<> {
    const Executor other = runtime_.make_strand("other");
    bool finished = false;
    (void)co_await (call(other,
                         [](Runtime& runtime, bool& done) -> Awaitable<> {
                           co_await enter_shield();
                           co_await runtime.sleep_for(20ms);
                           done = true;
                         }(runtime_, finished)) ||
                    runtime_.sleep_for(1ms));
    EXPECT_TRUE(finished);
  }());
}

}  // namespace
}  // namespace raceproof::contract
