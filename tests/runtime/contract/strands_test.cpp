// Strands: order, exclusion, names, and what runs inline.
#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/system_executor.hpp>
#include <vector>

#include "runtime/confined.hpp"
#include "runtime/task.hpp"
#include "tests/runtime/contract/world.hpp"

namespace raceproof::contract {
namespace {

using namespace std::chrono_literals;

// Passing means: what is posted to a strand runs in the order of the posts.
TEST_P(Strands, RunWorkInTheOrderOfItsPosting) {
  world_->run([this]() -> Awaitable<> {
    const Executor other = runtime_.make_strand("other");
    std::vector<int> order;
    for (int i = 0; i < 200; ++i) asio::post(other, [&order, i] { order.push_back(i); });
    const auto seen =
        co_await call(other, [&order]() -> Awaitable<std::vector<int>> { co_return order; }());
    EXPECT_EQ(seen.size(), 200U);
    EXPECT_TRUE(std::ranges::is_sorted(seen));
  }());
}

// Passing means: handlers of one strand never overlap, wherever they come from; the counter and the
// flag are deliberately neither atomic nor locked.
TEST_P(Strands, NeverRunTwoHandlersAtOnce) {
  struct Shared {
    bool inside = false;
    int overlaps = 0;
    int count = 0;
  } shared;
  world_->run([this, &shared]() -> Awaitable<> {
    const Executor guarded = runtime_.make_strand("guarded");
    TaskScope posters(runtime_, strand_);
    for (int i = 0; i < 8; ++i) {
      posters.spawn("poster", call(runtime_.make_strand("poster"),
                                   [](Executor to, Shared& state) -> Awaitable<> {
                                     for (int n = 0; n < 100; ++n) {
                                       asio::post(to, [&state] {
                                         state.overlaps += state.inside ? 1 : 0;
                                         state.inside = true;
                                         ++state.count;
                                         state.inside = false;
                                       });
                                     }
                                     co_await call(to, []() -> Awaitable<> { co_return; }());
                                   }(guarded, shared)));
    }
    co_await posters.join();
  }());
  EXPECT_EQ(shared.count, 800);
  EXPECT_EQ(shared.overlaps, 0);
}

// Passing means: a full name is the creator's, '/', the name, and an ordinal from the second on.
TEST_P(Strands, AreNamedAfterTheirCreator) {
  world_->run([this]() -> Awaitable<> {
    const std::string self(runtime_.strand_name(strand_));
    EXPECT_FALSE(self.empty());
    const Executor first = runtime_.make_strand("worker");
    const Executor second = runtime_.make_strand("worker");
    const Executor third = runtime_.make_strand("worker");
    const Executor other = runtime_.make_strand("other");
    EXPECT_EQ(runtime_.strand_name(first), self + "/worker");
    EXPECT_EQ(runtime_.strand_name(second), self + "/worker#2");
    EXPECT_EQ(runtime_.strand_name(third), self + "/worker#3");
    EXPECT_EQ(runtime_.strand_name(other), self + "/other");
    const auto make_child = [](Runtime& runtime) -> Awaitable<std::string> {
      const Executor child = runtime.make_strand("worker");
      co_return std::string(runtime.strand_name(child));
    };
    EXPECT_EQ(co_await call(second, make_child(runtime_)), self + "/worker#2/worker");
    EXPECT_EQ(co_await call(other, make_child(runtime_)), self + "/other/worker");
    EXPECT_EQ(runtime_.strand_name(asio::system_executor()), "");
  }());
}

// Passing means: `running_on` names the strand of the running handler and no other.
TEST_P(Strands, KnowWhetherTheyRunHere) {
  EXPECT_FALSE(runtime_.running_on(strand_));
  world_->run([this]() -> Awaitable<> {
    const Executor other = runtime_.make_strand("other");
    EXPECT_TRUE(runtime_.running_on(strand_));
    EXPECT_FALSE(runtime_.running_on(other));
    const auto [here, there] = co_await call(
        other, [](Runtime& runtime, Executor a, Executor b) -> Awaitable<std::pair<bool, bool>> {
          co_return std::pair(runtime.running_on(a), runtime.running_on(b));
        }(runtime_, other, strand_));
    EXPECT_TRUE(here);
    EXPECT_FALSE(there);
    EXPECT_TRUE(runtime_.running_on(strand_));
    // The properties that Asio puts on an executor do not make another strand of it.
    EXPECT_TRUE(
        runtime_.running_on(asio::prefer(asio::require(strand_, asio::execution::blocking.never),
                                         asio::execution::outstanding_work.tracked)));
  }());
}

// Passing means: dispatch runs inline on the running strand and nowhere else; post never does.
TEST_P(Strands, RunInlineOnlyOnThemselves) {
  world_->run([this]() -> Awaitable<> {
    bool dispatched = false;
    asio::dispatch(strand_, [&] { dispatched = true; });
    EXPECT_TRUE(dispatched);
    bool posted = false;
    asio::post(strand_, [&] { posted = true; });
    EXPECT_FALSE(posted);

    const Executor other = runtime_.make_strand("other");
    const auto elsewhere = std::make_shared<bool>(false);
    asio::dispatch(other, [elsewhere] { *elsewhere = true; });
    if (!world_->is_parallel()) {
      EXPECT_FALSE(*elsewhere);
    }
    co_await call(other, []() -> Awaitable<> { co_return; }());
    EXPECT_TRUE(*elsewhere);
    EXPECT_TRUE(posted);
  }());
}

// Passing means: executors of one strand are equal, of two strands are not.
TEST_P(Strands, CompareByIdentity) {
  world_->run([this]() -> Awaitable<> {
    const Executor a = runtime_.make_strand("same");
    const Executor b = runtime_.make_strand("same");
    EXPECT_EQ(a, Executor(a));
    EXPECT_NE(a, b);
    EXPECT_EQ(co_await asio::this_coro::executor, strand_);
  }());
}

// Passing means: confined state can be read and written on its strand.
TEST_P(Strands, ConfineState) {
  world_->run([this]() -> Awaitable<> {
    const Executor owner = runtime_.make_strand("owner");
    Confined<std::vector<int>> numbers(runtime_, owner, 3, 7);
    const int sum = co_await call(owner, [](Confined<std::vector<int>>& state) -> Awaitable<int> {
      state->push_back(1);
      co_return (*state)[0] + (*state)[2] + (*state)[3];
    }(numbers));
    EXPECT_EQ(sum, 15);
  }());
}

}  // namespace
}  // namespace raceproof::contract
