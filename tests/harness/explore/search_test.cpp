// Strategies and the pool, on decision trees that are known completely. Passing means: a search
// visits every leaf once, in one order, whatever is cut into pieces and whoever works on them.
#include <algorithm>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <numeric>
#include <set>
#include <stdexcept>

#include "harness/explore/pool.hpp"

namespace raceproof::explore {
namespace {

/// A random tree: how many alternatives a node has is a function of the way to it.
class Tree {
 public:
  explicit Tree(std::uint64_t seed, sim::ChoiceKind kind = sim::ChoiceKind::next_event)
      : seed_(seed), kind_(kind) {}

  /// Walks to a leaf as the decider says: the way.
  std::vector<std::uint32_t> walk(sim::Decider& decider) const {
    std::vector<std::uint32_t> way;
    std::uint64_t hash = seed_;
    while (const std::size_t width = width_at(hash, way.size())) {
      std::size_t chosen = 0;
      if (width > 1) {
        const std::vector<sim::Meaning> alternatives(width);
        chosen = decider.choose(kind_, alternatives);
      }
      way.push_back(static_cast<std::uint32_t>(chosen));
      hash = Random(hash * 31 + chosen).next();
    }
    return way;
  }

  /// All leaves, depth first.
  std::vector<std::vector<std::uint32_t>> leaves() const {
    std::vector<std::vector<std::uint32_t>> all;
    std::vector<std::uint32_t> way;
    visit(seed_, way, all);
    return all;
  }

 private:
  static std::size_t width_at(std::uint64_t hash, std::size_t depth) {
    if (depth >= 7) return 0;
    return Random(hash).below(20) < depth ? 0 : 1 + Random(hash + 1).below(3);
  }
  static void visit(std::uint64_t hash, std::vector<std::uint32_t>& way,
                    std::vector<std::vector<std::uint32_t>>& all) {
    const std::size_t width = width_at(hash, way.size());
    if (width == 0) all.push_back(way);
    for (std::size_t i = 0; i < width; ++i) {
      way.push_back(static_cast<std::uint32_t>(i));
      visit(Random(hash * 31 + i).next(), way, all);
      way.pop_back();
    }
  }
  std::uint64_t seed_;
  sim::ChoiceKind kind_;
};

using Way = std::vector<std::uint32_t>;

PoolResult<Way> search(const Strategy& strategy, const Tree& tree, PoolOptions options) {
  return run_pool<Way>(strategy, options, [&tree] {
    return [&tree](sim::Decider& decider, const RunKey&) { return tree.walk(decider); };
  });
}

TEST(Enumeration, VisitsEveryLeafOnceInOneOrder) {
  const auto strategy = make_enumeration();
  std::size_t leaves_in_all = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Tree tree(seed);
    const auto leaves = tree.leaves();
    leaves_in_all += leaves.size();
    for (const std::uint64_t piece_runs : {1U, 2U, 7U, 256U}) {
      for (const unsigned jobs : {1U, 3U}) {
        const auto result = search(*strategy, tree,
                                   {.jobs = jobs,
                                    .budget = 1'000'000,
                                    .piece_runs = piece_runs,
                                    .stop = {},
                                    .progress = {}});
        ASSERT_TRUE(result.finished);
        EXPECT_FALSE(result.budget_hit);
        ASSERT_EQ(result.records, leaves) << "seed " << seed << ", piece_runs " << piece_runs;
      }
    }
  }
  EXPECT_GT(leaves_in_all, 2'000U);
}

// Passing means: a budget keeps the first so many runs of the canonical order, and says that it
// did.
/// The leaves of `tree` for which `keep(way)` holds.
template <class Keep>
std::vector<Way> leaves_where(const Tree& tree, Keep keep) {
  auto leaves = tree.leaves();
  std::erase_if(leaves, [&](const Way& way) { return !keep(way); });
  return leaves;
}

// Passing means: a bounded enumeration visits exactly the runs within its bound, however its work
// is cut up, and says what the bound is.
TEST(Enumeration, VisitsWhatIsWithinItsBounds) {
  std::size_t left_out = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    for (const std::uint32_t most : {0U, 1U, 3U}) {
      const Tree free(seed);
      const auto few_delays = leaves_where(free, [&](const Way& way) {
        return std::accumulate(way.begin(), way.end(), 0U) <= most;
      });
      const Tree threads(seed, sim::ChoiceKind::thread_step);
      const auto few_preemptions = leaves_where(threads, [&](const Way& way) {
        return std::ranges::count_if(way, [](auto chosen) { return chosen != 0; }) <=
               static_cast<std::ptrdiff_t>(most);
      });
      left_out += free.leaves().size() - few_delays.size();
      for (const std::uint64_t piece_runs : {1U, 7U}) {
        const PoolOptions options{
            .jobs = 2, .budget = 1'000'000, .piece_runs = piece_runs, .stop = {}, .progress = {}};
        const auto by_delays = make_enumeration({.delays = most});
        EXPECT_EQ(search(*by_delays, free, options).records, few_delays);
        EXPECT_EQ(by_delays->bound(), fmt::format("{} delay{}", most, most == 1 ? "" : "s"));
        const auto by_preemptions = make_enumeration({.preemptions = most});
        EXPECT_EQ(search(*by_preemptions, threads, options).records, few_preemptions);
        // What does not interrupt a thread costs nothing.
        EXPECT_EQ(search(*by_preemptions, free, options).records, free.leaves());
      }
    }
  }
  EXPECT_GT(left_out, 1000U);
}

// Passing means: results are taken in order whatever is ready first, and an exception ends it all.
TEST(Pool, TakesResultsInOrder) {
  for (const unsigned jobs : {1U, 3U}) {
    std::vector<std::size_t> taken;
    for_each_in_order(
        20, jobs, {}, [](std::size_t i) { return i * i; },
        [&](std::size_t i, std::size_t square) {
          EXPECT_EQ(square, i * i);
          taken.push_back(i);
        });
    std::vector<std::size_t> expected(20);
    std::iota(expected.begin(), expected.end(), 0U);
    EXPECT_EQ(taken, expected);
    std::size_t before = 0;
    EXPECT_THROW(for_each_in_order(
                     20, jobs, {},
                     [](std::size_t i) {
                       if (i == 5) throw std::runtime_error("five");
                       return i;
                     },
                     [&](std::size_t, std::size_t) { ++before; }),
                 std::runtime_error);
    EXPECT_LE(before, 5U);
  }
}

TEST(Pool, CutsABudgetAtTheSameRunEverywhere) {
  const auto strategy = make_enumeration();
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Tree tree(seed);
    auto expected = tree.leaves();
    const auto budget = expected.size() / 2 + 1;
    const bool cut = budget < expected.size();
    expected.resize(std::min(budget, expected.size()));
    for (const unsigned jobs : {1U, 2U, 4U}) {
      const auto result =
          search(*strategy, tree,
                 {.jobs = jobs, .budget = budget, .piece_runs = 3, .stop = {}, .progress = {}});
      EXPECT_EQ(result.records, expected) << "seed " << seed << ", jobs " << jobs;
      EXPECT_EQ(result.finished, !cut);
      EXPECT_EQ(result.budget_hit, cut);
      EXPECT_FALSE(result.stopped);
    }
  }
}

// Passing means: sampled runs depend on their number only.
TEST(Pool, GivesSamplesTheSameRecordsForAnyNumberOfWorkers) {
  const Tree tree(4);
  for (const auto& strategy : {make_random_walk(9), make_pct(9, 3, 10)}) {
    std::vector<std::vector<Way>> records;
    for (const unsigned jobs : {1U, 2U, 4U}) {
      auto result =
          search(*strategy, tree,
                 {.jobs = jobs, .budget = 500, .piece_runs = 16, .stop = {}, .progress = {}});
      EXPECT_TRUE(result.finished);
      records.push_back(std::move(result.records));
    }
    EXPECT_EQ(records[0].size(), 500U);
    EXPECT_EQ(records[0], records[1]);
    EXPECT_EQ(records[0], records[2]);
    const auto other =
        search(*make_random_walk(10), tree,
               {.jobs = 1, .budget = 500, .piece_runs = 16, .stop = {}, .progress = {}});
    EXPECT_NE(other.records, records[0]);
  }
}

// Passing means: a key leads to its run again.
TEST(Strategies, RepeatARunByItsKey) {
  const Tree tree(11);
  for (const auto& strategy : {make_enumeration(), make_random_walk(5), make_pct(5, 3, 10)}) {
    struct Record {
      Way way;
      RunKey key;
    };
    // The key's path is complete when the run has ended.
    auto result = run_pool<Record>(
        *strategy, {.jobs = 2, .budget = 40, .piece_runs = 8, .stop = {}, .progress = {}}, [&tree] {
          return [&tree](sim::Decider& decider, const RunKey& key) {
            auto way = tree.walk(decider);
            return Record{std::move(way), key};
          };
        });
    ASSERT_FALSE(result.records.empty());
    for (auto& record : result.records) {
      const auto decider = strategy->repeat(record.key);
      EXPECT_EQ(tree.walk(*decider), record.way) << strategy->name();
    }
  }
}

TEST(Pool, StopsWhenItIsToldTo) {
  const auto strategy = make_random_walk(1);
  std::atomic<int> asked{0};
  const auto result = search(*strategy, Tree(4),
                             {.jobs = 2,
                              .budget = 100'000,
                              .piece_runs = 16,
                              .stop = [&] { return ++asked > 200; },
                              .progress = {}});
  EXPECT_TRUE(result.stopped);
  EXPECT_FALSE(result.finished);
  EXPECT_FALSE(result.budget_hit);
  EXPECT_LE(result.records.size(), 200U);
}

TEST(Pool, PassesAnExceptionOn) {
  const auto strategy = make_random_walk(1);
  for (const unsigned jobs : {1U, 3U}) {
    EXPECT_THROW(
        run_pool<int>(*strategy,
                      {.jobs = jobs, .budget = 1'000, .piece_runs = 16, .stop = {}, .progress = {}},
                      [] {
                        return [](sim::Decider&, const RunKey& key) {
                          if (key.number == 300) throw std::runtime_error("broken");
                          return 0;
                        };
                      }),
        std::runtime_error);
  }
}

// Passing means: the baseline is one run, whatever the budget.
TEST(Strategies, BaselineIsOneRun) {
  const Tree tree(4);
  const auto result =
      search(*make_baseline(), tree,
             {.jobs = 2, .budget = 100, .piece_runs = 16, .stop = {}, .progress = {}});
  EXPECT_EQ(result.records, std::vector<Way>{tree.leaves().front()});
  EXPECT_TRUE(result.finished);
}

}  // namespace
}  // namespace raceproof::explore
