// Exact systems of classes. Passing means: sets of integers behave as brute force over all points
// says; the projection of a class on its parameters is the set of parameter values for which some
// delays make the program take that way; every witness is a solution and replays to its class.
#include <algorithm>
#include <map>

#include "harness/explore/class_system.hpp"
#include "harness/explore/witness.hpp"
#include "tests/harness/explore/random_program.hpp"

namespace raceproof::explore {
namespace {

using sim::Log;
using sim::Playground;
using Point = std::vector<std::int64_t>;

std::int64_t between(Random& random, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(high - low + 1)));
}

/// All points of [0, side]^dimension.
std::vector<Point> cube(std::size_t dimension, std::int64_t side) {
  std::vector<Point> points = {{}};
  for (std::size_t i = 0; i < dimension; ++i) {
    std::vector<Point> longer;
    for (const Point& point : points) {
      for (std::int64_t value = 0; value <= side; ++value) {
        longer.push_back(point);
        longer.back().push_back(value);
      }
    }
    points = std::move(longer);
  }
  return points;
}

bool meets(const std::vector<Inequality>& conditions, const Point& point) {
  return std::ranges::all_of(conditions, [&](const Inequality& condition) {
    std::int64_t sum = condition.constant;
    for (std::size_t i = 0; i < point.size(); ++i) sum += condition.factors[i] * point[i];
    return condition.equality ? sum == 0 : sum >= 0;
  });
}

std::vector<Inequality> random_conditions(Random& random, std::size_t dimension,
                                          std::int64_t side) {
  std::vector<Inequality> conditions;
  for (std::size_t i = 0; i < dimension; ++i) {
    Inequality low{Point(dimension, 0), 0};
    low.factors[i] = 1;
    Inequality high{Point(dimension, 0), side};
    high.factors[i] = -1;
    conditions.insert(conditions.end(), {low, high});
  }
  const auto more = 1 + random.below(4);
  for (std::uint64_t i = 0; i < more; ++i) {
    Inequality condition;
    for (std::size_t k = 0; k < dimension; ++k) {
      condition.factors.push_back(between(random, -3, 3));
    }
    condition.constant = between(random, -6, 12);
    condition.equality = random.below(8) == 0;
    conditions.push_back(std::move(condition));
  }
  return conditions;
}

TEST(IntegerSet, AgreesWithBruteForce) {
  constexpr std::int64_t side = 5;
  Random random(7);
  std::size_t empty = 0;
  for (int round = 0; round < 300; ++round) {
    const auto first = random_conditions(random, 3, side);
    const auto second = random_conditions(random, 3, side);
    const IntegerSet a(3, first);
    const IntegerSet b(3, second);
    const IntegerSet both = a.common(b);
    const IntegerSet either = a.united(b).coalesced();
    const IntegerSet rest = a.without(b);
    const IntegerSet shadow = a.projected_out(1, 2);
    std::map<std::int64_t, bool> shadow_points;
    std::size_t inside = 0;
    Point least(3, INT64_MAX);
    for (const Point& point : cube(3, side)) {
      const bool in_a = meets(first, point);
      const bool in_b = meets(second, point);
      inside += in_a ? 1 : 0;
      shadow_points[point[0]] |= in_a;
      if (in_a) {
        for (std::size_t i = 0; i < 3; ++i) least[i] = std::min(least[i], point[i]);
      }
      ASSERT_EQ(a.contains(point), in_a);
      ASSERT_EQ(both.contains(point), in_a && in_b);
      ASSERT_EQ(either.contains(point), in_a || in_b);
      ASSERT_EQ(rest.contains(point), in_a && !in_b);
      Point further = point;
      further[1] += 2;
      ASSERT_EQ(a.moved(1, 2).contains(further), in_a);
    }
    for (const auto& [value, expected] : shadow_points) {
      ASSERT_EQ(shadow.contains(Point{value}), expected);
    }
    ASSERT_EQ(a.is_empty(), inside == 0);
    empty += inside == 0 ? 1 : 0;
    const auto sample = a.sample();
    ASSERT_EQ(sample.has_value(), inside > 0);
    if (!sample) continue;
    EXPECT_TRUE(meets(first, *sample));
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(a.bounds(i)->low, least[i]);
    // The pieces of a convex set are the set.
    const auto pieces = a.pieces();
    ASSERT_EQ(pieces.size(), 1U);
    ASSERT_TRUE(pieces[0].exact);
    for (const Point& point : cube(3, side)) {
      ASSERT_EQ(meets(pieces[0].conditions, point), meets(first, point));
    }
  }
  EXPECT_GT(empty, 10U);
  EXPECT_LT(empty, 290U);
}

TEST(IntegerSet, SaysWhatItCannotAnswer) {
  const Inequality from_zero{{1}, 0};
  EXPECT_THROW((void)IntegerSet(1, std::span(&from_zero, 1)).bounds(0), std::runtime_error);
  // x = 2^62 * 8 does not fit.
  const std::vector<Inequality> far = {{{1, 0}, -(std::int64_t{1} << 62), true},
                                       {{8, -1}, 0, true}};
  EXPECT_THROW((void)IntegerSet(2, far).bounds(1), std::overflow_error);
  EXPECT_EQ(IntegerSet(2, far).bounds(0)->low, std::int64_t{1} << 62);  // and it goes on working
}

TEST(Roundest, HasTheFewestDigits) {
  const auto trailing_zeros = [](std::int64_t value) {
    int zeros = 0;
    for (; value != 0 && value % 10 == 0; value /= 10) ++zeros;
    return value == 0 ? 20 : zeros;
  };
  Random random(3);
  for (int round = 0; round < 2'000; ++round) {
    const std::int64_t low = between(random, 0, 3'000);
    const std::int64_t high = low + between(random, 0, 1'500);
    const std::int64_t value = roundest(low, high);
    ASSERT_GE(value, low);
    ASSERT_LE(value, high);
    for (std::int64_t other = low; other <= high; ++other) {
      ASSERT_LE(trailing_zeros(other), trailing_zeros(value)) << low << ' ' << high;
    }
  }

  EXPECT_EQ(roundest(0, 9), 0);
  EXPECT_EQ(roundest(1, 9), 5);
  EXPECT_EQ(roundest(7, 23), 10);
  EXPECT_EQ(roundest(11, 19), 15);
  EXPECT_EQ(roundest(13, 14), 13);
  EXPECT_EQ(roundest(17, 21), 20);
  EXPECT_EQ(roundest(90, 401), 200);
  EXPECT_EQ(roundest(49'000'001, 51'999'999), 50'000'000);
  EXPECT_EQ(roundest(1'000'000'001, 1'001'999'999), 1'001'000'000);
  EXPECT_EQ(roundest(123, 123), 123);
  EXPECT_EQ(roundest(5, INT64_MAX), 5'000'000'000'000'000'000);
}

/// Everything that can happen, by values of the parameters, each delay and each tie tried.
std::map<Point, std::set<Log>> brute_force(const RandomProgram& program) {
  std::map<Point, std::set<Log>> seen;
  Playground playground([&](sim::World& world, Log& log) { program.build(world, log); });
  std::vector<std::vector<sim::ParameterRange>> choices = {{}};
  for (const auto& parameter : program.parameters) {
    std::vector<std::vector<sim::ParameterRange>> longer;
    for (const auto& chosen : choices) {
      for (auto value = parameter.low_ns; value <= parameter.high_ns; ++value) {
        longer.push_back(chosen);
        longer.back().push_back({parameter.name, value, value});
      }
    }
    choices = std::move(longer);
  }
  for (const auto& chosen : choices) {
    Point values;
    for (const auto& parameter : chosen) values.push_back(parameter.low_ns);
    sim::RunOptions options;
    options.parameters = chosen;
    seen[values] = sim::logs_of(playground.all(options));
  }
  return seen;
}

/// One class: what it did, for which values of the parameters.
struct Found {
  Log log;
  IntegerSet region;
};

TEST(ClassSystem, ProjectsOnParametersAsBruteForceDoes) {
  std::size_t relaxed_possible = 0;
  std::size_t relaxed_impossible = 0;
  std::size_t classes = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const RandomProgram program(seed);
    const auto expected = brute_force(program);
    Playground playground([&](sim::World& world, Log& log) { program.build(world, log); });
    sim::RunOptions options = sim::symbolic();
    options.parameters = program.parameters;
    std::vector<sim::VariableId> onto;
    for (std::size_t i = 0; i < program.parameters.size(); ++i) {
      onto.push_back(static_cast<sim::VariableId>(i));
    }
    std::vector<Found> found;
    sim::ExhaustiveDecider::Path path;
    do {
      sim::ExhaustiveDecider decider(path);
      SymbolicOrder order;
      OrderRecorder recorder(decider, order);
      const auto outcome = playground.run(options, recorder);
      order.events = playground.world.happened();
      auto& time = playground.world.time();
      ++classes;
      const ClassSystem system(time);
      found.push_back({outcome.log, system.project(onto)});
      const bool possible = !found.back().region.is_empty();
      ASSERT_EQ(system.feasible(), possible);
      ASSERT_EQ(feasible(time), possible);
      if (outcome.relaxed) ++(possible ? relaxed_possible : relaxed_impossible);
      ASSERT_TRUE(outcome.relaxed || possible) << "seed " << seed;
      std::vector<Witness> witnesses;
      for (const Prefer prefer : {Prefer::earliest, Prefer::simplest, Prefer::most_slack}) {
        const auto witness = solve(time, prefer);
        ASSERT_EQ(witness.has_value(), possible) << "seed " << seed;
        if (!witness) continue;
        ASSERT_TRUE(is_solution(time, *witness)) << "seed " << seed;
        Point values;
        for (const auto variable : onto) values.push_back(witness->variable_values[variable]);
        ASSERT_TRUE(found.back().region.contains(values));
        witnesses.push_back(*witness);
      }
      if (witnesses.size() == 3 && !outcome.relaxed) {
        const auto most = least_slack(time, witnesses[2]);
        if (most) {
          EXPECT_GE(*most, least_slack(time, witnesses[0]).value_or(0));
          EXPECT_GE(*most, least_slack(time, witnesses[1]).value_or(0));
        }
      }
      std::vector<WitnessDecider> again;
      for (const auto& witness : witnesses) again.emplace_back(time, witness, order);
      sim::RunOptions concrete;
      concrete.parameters = program.parameters;
      for (auto& decider_again : again) {
        ASSERT_EQ(playground.run(concrete, decider_again).log, outcome.log) << "seed " << seed;
      }
      playground.world.end();
    } while (sim::next_path(path));
    for (const auto& [values, logs] : expected) {
      std::set<Log> here;
      for (const auto& [log, region] : found) {
        if (region.contains(values)) here.insert(log);
      }
      ASSERT_EQ(here, logs) << "seed " << seed;
    }
  }
  // The programs were worth the while.
  EXPECT_GT(classes, 2'000U);
  EXPECT_GT(relaxed_possible, 500U);
  EXPECT_GT(relaxed_impossible, 50U);
}

// Passing means: the system of a run made with single values, its parameters opened, holds for
// exactly those other values with which the program can go the same way.
TEST(ClassSystem, KnowsForWhichOtherValuesARunWouldGoTheSameWay) {
  std::size_t checked = 0;
  for (std::uint64_t seed = 1000; seed < 1250; ++seed) {
    const RandomProgram program(seed);
    const auto expected = brute_force(program);
    Playground playground([&](sim::World& world, Log& log) { program.build(world, log); });
    std::vector<sim::VariableId> opened;
    sim::RunOptions options = sim::symbolic();
    auto single = program.parameters;
    for (std::size_t i = 0; i < single.size(); ++i) {
      opened.push_back(static_cast<sim::VariableId>(i));
      single[i].high_ns = single[i].low_ns;
    }
    options.parameters = single;
    std::vector<Found> found;
    (void)playground.all(options, [&](sim::World& world) {
      found.push_back({{}, ClassSystem(world.time(), opened).project(opened)});
    });
    const auto logs = [&] {
      std::vector<Log> all;
      for (auto& outcome : playground.all(options)) all.push_back(outcome.log);
      return all;
    }();
    ASSERT_EQ(logs.size(), found.size());
    for (const auto& [values, possible] : expected) {
      for (std::size_t i = 0; i < found.size(); ++i) {
        // Where the class says so, the program can go that way.
        if (found[i].region.contains(values)) {
          ++checked;
          ASSERT_TRUE(possible.contains(logs[i])) << "seed " << seed;
        }
      }
    }
    // At the values it was made with, it says so of every class that exists.
    Point here;
    for (const auto& parameter : single) here.push_back(parameter.low_ns);
    std::set<Log> said;
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i].region.contains(here)) said.insert(logs[i]);
    }
    ASSERT_EQ(said, expected.at(here)) << "seed " << seed;
  }
  EXPECT_GT(checked, 1'000U);
}

}  // namespace
}  // namespace raceproof::explore
