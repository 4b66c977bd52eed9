// Time, delays and random numbers.
#include <map>
#include <set>
#include <vector>

#include "runtime/task.hpp"
#include "tests/runtime/contract/world.hpp"

namespace raceproof::contract {
namespace {

using namespace std::chrono_literals;

// Passing means: instants and durations add and compare as numbers do.
TEST_P(Time, AddsAndCompares) {
  world_->run([this]() -> Awaitable<> {
    const Instant start = runtime_.now();
    EXPECT_TRUE(start + 5ms > start);
    EXPECT_TRUE(start + 5ms - Duration(5ms) <= start);
    EXPECT_TRUE((start + 5ms) - start >= Duration(5ms));
    EXPECT_TRUE(Duration(2ms) + Duration(3ms) <= Duration(5ms));
    EXPECT_TRUE(Duration(2ms) * 3 >= Duration(6ms));
    EXPECT_FALSE(Duration(2ms) * 3 > Duration(6ms));
    EXPECT_TRUE(start < Instant::max());
    co_return;
  }());
}

// Passing means: a date of the calendar is as far away as the calendar says, and is written as it
// is meant.
TEST_P(Time, KnowsTheCalendar) {
  world_->run([this]() -> Awaitable<> {
    const std::string text = runtime_.timestamp();
    EXPECT_EQ(27U, text.size()) << text;
    const auto digits = [&](std::size_t at, std::size_t size) {
      return std::stoi(text.substr(at, size));
    };
    const std::chrono::year_month_day date{std::chrono::year(digits(0, 4)),
                                           std::chrono::month(static_cast<unsigned>(digits(5, 2))),
                                           std::chrono::day(static_cast<unsigned>(digits(8, 2)))};
    const auto seconds = std::chrono::sys_days(date).time_since_epoch() +
                         std::chrono::hours(digits(11, 2)) + std::chrono::minutes(digits(14, 2)) +
                         std::chrono::seconds(digits(17, 2));
    const auto unix = std::chrono::duration_cast<std::chrono::seconds>(seconds).count();
    EXPECT_TRUE(runtime_.at_unix_time(unix) <= runtime_.now());
    EXPECT_TRUE(runtime_.now() < runtime_.at_unix_time(unix + 5));
    EXPECT_TRUE(runtime_.at_unix_time(unix + 100) - runtime_.now() > Duration(94s));
    EXPECT_TRUE(runtime_.at_unix_time(unix - 100) < runtime_.now() - Duration(94s));
    co_return;
  }());
}

// Passing means: the clock moves with the program's sleeps and never goes back.
TEST_P(Time, Passes) {
  world_->run([this]() -> Awaitable<> {
    Instant last = runtime_.now();
    for (int i = 0; i < 5; ++i) {
      co_await runtime_.sleep_for(1ms);
      const Instant now = runtime_.now();
      EXPECT_TRUE(now >= last + 1ms);
      last = now;
    }
  }());
}

// Passing means: a drawn delay lies in its range, ends included; a range of one value gives that
// value.
TEST_P(Time, DrawsDelaysWithinTheirRange) {
  world_->run([this]() -> Awaitable<> {
    for (int i = 0; i < 50; ++i) {
      const Duration drawn = runtime_.draw({Duration(2ms), Duration(5ms)}, "delay");
      EXPECT_TRUE(drawn >= Duration(2ms));
      EXPECT_TRUE(drawn <= Duration(5ms));
    }
    const Duration exact = runtime_.draw({Duration(7us), Duration(7us)}, "exact");
    EXPECT_TRUE(exact >= Duration(7us));
    EXPECT_TRUE(exact <= Duration(7us));
    co_return;
  }());
}

using Numbers = std::vector<std::uint64_t>;

Awaitable<Numbers> ten_numbers(Runtime& runtime) {
  Numbers numbers;
  for (int i = 0; i < 10; ++i) numbers.push_back(runtime.random());
  co_return numbers;
}

std::map<std::string, Numbers> numbers_of(World& world) {
  std::map<std::string, Numbers> drawn;
  Runtime& runtime = world.runtime();
  world.run([&]() -> Awaitable<> {
    for (const auto* name : {"first", "second"}) {
      drawn[name] = co_await call(runtime.make_strand(name), ten_numbers(runtime));
    }
    drawn["test"] = co_await ten_numbers(runtime);
  }());
  return drawn;
}

// Passing means: every strand has numbers of its own; the seed alone decides which.
TEST_P(Time, RandomNumbersBelongToTheStrandAndTheSeed) {
  const auto once = numbers_of(*GetParam().make(7));
  const auto again = numbers_of(*GetParam().make(7));
  const auto otherwise = numbers_of(*GetParam().make(8));
  EXPECT_EQ(once, again);
  EXPECT_NE(once, otherwise);
  std::set<std::uint64_t> distinct;
  for (const auto& [name, numbers] : once) distinct.insert(numbers.begin(), numbers.end());
  EXPECT_EQ(distinct.size(), 30U);
}

}  // namespace
}  // namespace raceproof::contract
