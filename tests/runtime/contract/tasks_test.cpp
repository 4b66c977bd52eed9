// Background tasks, signals and shields.
#include <boost/asio/experimental/awaitable_operators.hpp>

#include "runtime/signal.hpp"
#include "runtime/task.hpp"
#include "tests/runtime/contract/world.hpp"

namespace raceproof::contract {
namespace {

using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;

Awaitable<> note_after(Runtime& runtime, Duration delay, std::vector<std::string>& log,
                       std::string what) {
  co_await runtime.sleep_for(delay);
  log.push_back(std::move(what));
}

Awaitable<> wait_and_note(Signal& signal, std::vector<std::string>& log) {
  try {
    co_await signal.wait("test");
    log.emplace_back("notified");
  } catch (const boost::system::system_error& failure) {
    log.emplace_back(failure.code() == asio::error::operation_aborted ? "aborted" : "failed");
  }
}

// Passing means: `join` returns when the last task has ended by itself.
TEST_P(Tasks, AreJoined) {
  world_->run([this]() -> Awaitable<> {
    std::vector<std::string> log;
    TaskScope scope(runtime_, strand_);
    scope.spawn("slow", note_after(runtime_, 60ms, log, "slow"));
    scope.spawn("fast", note_after(runtime_, 1ms, log, "fast"));
    EXPECT_EQ(scope.size(), 2U);
    co_await scope.join();
    EXPECT_EQ(scope.size(), 0U);
    EXPECT_EQ(log, (std::vector<std::string>{"fast", "slow"}));
    co_await scope.join();  // nothing to wait for
  }());
}

// Passing means: `stop` ends tasks wherever they wait, also behind a call into another strand.
TEST_P(Tasks, AreStopped) {
  world_->run([this]() -> Awaitable<> {
    std::vector<std::string> log;
    std::vector<std::string> remote_log;
    const Executor other = runtime_.make_strand("other");
    TaskScope scope(runtime_, strand_);
    scope.spawn("here", note_after(runtime_, Duration::max(), log, "here"));
    scope.spawn("there", call(other, note_after(runtime_, Duration::max(), remote_log, "there")));
    co_await runtime_.sleep_for(2ms);
    co_await scope.stop();
    EXPECT_EQ(scope.size(), 0U);
    EXPECT_TRUE(log.empty());
    EXPECT_TRUE(remote_log.empty());
  }());
}

// Passing means: everyone who waits is woken once, by a notification and not by an older one.
TEST_P(Tasks, AreWokenByASignal) {
  world_->run([this]() -> Awaitable<> {
    std::vector<std::string> log;
    Signal signal(runtime_, strand_);
    TaskScope scope(runtime_, strand_);
    signal.notify_all();  // nobody waits: lost
    for (int i = 0; i < 3; ++i) scope.spawn("waiter", wait_and_note(signal, log));
    co_await runtime_.sleep_for(2ms);
    EXPECT_TRUE(log.empty());
    signal.notify_all();
    EXPECT_TRUE(log.empty()) << "a waiter ran inside the notification";
    co_await scope.join();
    EXPECT_EQ(log, std::vector<std::string>(3, "notified"));
  }());
}

// Passing means: a cancelled wait throws, and a later notification finds only who still waits.
TEST_P(Tasks, StopWaitingForASignalWhenCancelled) {
  world_->run([this]() -> Awaitable<> {
    std::vector<std::string> log;
    Signal signal(runtime_, strand_);
    TaskScope cancelled(runtime_, strand_);
    TaskScope staying(runtime_, strand_);
    cancelled.spawn("waiter", wait_and_note(signal, log));
    staying.spawn("waiter", wait_and_note(signal, log));
    co_await cancelled.stop();
    EXPECT_EQ(log, std::vector<std::string>{"aborted"});
    signal.notify_all();
    co_await staying.join();
    EXPECT_EQ(log, (std::vector<std::string>{"aborted", "notified"}));
  }());
}

// Passing means: a wait for a signal can time out, and can be in time.
TEST_P(Tasks, WaitForASignalWithATimeOut) {
  world_->run([this]() -> Awaitable<> {
    Signal signal(runtime_, strand_);
    const auto late = co_await (signal.wait("late") || runtime_.sleep_for(3ms));
    EXPECT_EQ(late.index(), 1U);
    TaskScope scope(runtime_, strand_);
    scope.spawn("notifier", [](Runtime& runtime, Signal& to) -> Awaitable<> {
      co_await runtime.sleep_for(2ms);
      to.notify_all();
    }(runtime_, signal));
    const auto in_time = co_await (signal.wait("in time") || runtime_.sleep_for(20s));
    EXPECT_EQ(in_time.index(), 0U);
    co_await scope.join();
  }());
}

// Passing means: a cancelled coroutine cannot wait any more, unless it enters a shield; and a
// shielded one is not cancelled at all.
TEST_P(Tasks, FinishTheirWorkBehindAShield) {
  world_->run([this]() -> Awaitable<> {
    std::vector<std::string> log;
    TaskScope scope(runtime_, strand_);
    const auto unshielded = [](Runtime& runtime, std::vector<std::string>& to) -> Awaitable<> {
      bool cancelled = false;
      try {
        co_await runtime.sleep_until(Instant::max());
      } catch (const boost::system::system_error&) {
        cancelled = true;
      }
      if (cancelled) co_await runtime.sleep_for(1ms);
      to.emplace_back("unshielded");
    };
    const auto shielded = [](Runtime& runtime, std::vector<std::string>& to) -> Awaitable<> {
      try {
        co_await runtime.sleep_until(Instant::max());
      } catch (const boost::system::system_error&) {
        to.emplace_back("cancelled");
      }
      co_await enter_shield();
      co_await runtime.sleep_for(5ms);
      to.emplace_back("shielded");
    };
    const auto always = [](Runtime& runtime, std::vector<std::string>& to) -> Awaitable<> {
      co_await enter_shield();
      co_await runtime.sleep_for(60ms);
      to.emplace_back("always");
    };
    scope.spawn("unshielded", unshielded(runtime_, log));
    scope.spawn("shielded", shielded(runtime_, log));
    scope.spawn("always", always(runtime_, log));
    co_await scope.stop();
    EXPECT_EQ(log, (std::vector<std::string>{"cancelled", "shielded", "always"}));
  }());
}

// Passing means: a detached task runs on its strand.
TEST_P(Tasks, RunDetached) {
  world_->run([this]() -> Awaitable<> {
    const Executor other = runtime_.make_strand("other");
    Signal ended(runtime_, strand_);
    bool on_its_strand = false;
    spawn(runtime_, other, "detached",
          [](Runtime& runtime, Executor on, Executor back, Signal& done, bool& ran) -> Awaitable<> {
            const bool right = runtime.running_on(on);
            co_await call(back, [](Signal& signal, bool& result, bool value) -> Awaitable<> {
              result = value;
              signal.notify_all();
              co_return;
            }(done, ran, right));
          }(runtime_, other, strand_, ended, on_its_strand));
    while (!on_its_strand) co_await ended.wait("the task");
    EXPECT_TRUE(on_its_strand);
  }());
}

}  // namespace
}  // namespace raceproof::contract
