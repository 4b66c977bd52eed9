// The published numbers. Passing means: the reduction performs one run for each Mazurkiewicz trace
// of these programs, none of them in vain, and meets the failures, and only those, that brute
// force meets.
#include <cctype>
#include <cstdlib>
#include <gtest/gtest.h>
#include <optional>
#include <ostream>
#include <set>

#include "tests/zoo/catalogue.hpp"

namespace raceproof::zoo {
namespace {

using explore::Coverage;
using explore::explore_classes;
using explore::explore_runs;
using explore::Reduction;
using explore::Theatre;

struct Published {
  std::string name;
  Program program;
  std::uint64_t classes = 0;
  /// Runs of plain enumeration; 0 where they are too many to perform here.
  std::uint64_t orders = 0;
  /// Classes in which what is required does not hold, where that is published.
  std::optional<std::uint64_t> failed = {};
};

std::ostream& operator<<(std::ostream& out, const Published& row) { return out << row.name; }

const std::vector<Published>& table() {
  static const std::vector<Published> rows = {
      {"readers(2)", readers(2), 4, 30},
      {"readers(3)", readers(3), 8, 630},
      {"readers(8)", readers(8), 256},
      {"readers(13)", readers(13), 8'192},
      {"lastzero(1)", last_zero(1), 2},
      {"lastzero(2)", last_zero(2), 5},
      {"lastzero(3)", last_zero(3), 12},
      {"lastzero(4)", last_zero(4), 28},
      {"lastzero(5)", last_zero(5), 64},
      {"lastzero(7)", last_zero(7), 320},
      {"lastzero(10)", last_zero(10), 3'328},
      {"indexer(12)", indexer(12), 8},
      {"indexer(13)", indexer(13), 64},
      {"indexer(14)", indexer(14), 512},
      {"indexer(15)", indexer(15), 4'096},
      {"lastwrite(4)", last_write(4), 24, 24},
      {"lastwrite(7)", last_write(7), 5'040, 5'040},
      {"floating_read(4)", floating_read(4), 120, 120},
      {"floating_read(7)", floating_read(7), 40'320, 40'320},
      {"lost-update(2)", lost_update(2), 4, 6},
      {"lost-update(3)", lost_update(3), 36, 90},
      {"lost-update(4)", lost_update(4), 576, 2'520},
      {"lost-update(5)", lost_update(5), 14'400, 113'400},
      {"reorder(3)", reorder(3), 36, 90},
      {"reorder(4)", reorder(4), 576, 2'520},
      {"fan-in(4)", fan_in(4), 24, 24},
      {"fan-in(5)", fan_in(5), 120, 120},
      {"fan-in(6)", fan_in(6), 720, 720},
      {"fan-in FIFO(2,3)", fan_in_fifo(2, 3), 20, 20},
      {"fan-in FIFO(3,2)", fan_in_fifo(3, 2), 90, 90},
      {"fan-in FIFO(3,3)", fan_in_fifo(3, 3), 1'680, 1'680},
      {"actor lost-update(2)", actor_lost_update(2), 6, 20},
      {"actor lost-update(3)", actor_lost_update(3), 90, 1'680},
      {"actor lost-update(4)", actor_lost_update(4), 2'520},
      {"cold-start(1)", cold_start(1, false), 5, 12, 2},
      {"cold-start(2)", cold_start(2, false), 168, 1'046, 78},
      {"cold-start(3)", cold_start(3, false), 12'522, 219'150, 6'456},
      {"cold-start(4)", cold_start(4, false), 1'811'760, 0, 1'007'640},
      {"cold-start(1), fixed", cold_start(1, true), 3, 5, 0},
      {"cold-start(2), fixed", cold_start(2, true), 90, 354, 0},
      {"cold-start(3), fixed", cold_start(3, true), 6'066, 64'110, 0},
  };
  return rows;
}

std::string test_name(const testing::TestParamInfo<Published>& info) {
  std::string name;
  for (const char c : info.param.name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) name += c;
    if (c == ',') name += '_';
  }
  return name;
}

/// More classes, or orders, are for the long run.
std::uint64_t classes_max() { return std::getenv("RACEPROOF_ZOO_PROGRAMS") ? 2'000'000 : 45'000; }

class Zoo : public testing::TestWithParam<Published> {};
INSTANTIATE_TEST_SUITE_P(Published, Zoo, testing::ValuesIn(table()), test_name);

TEST_P(Zoo, OneRunForEachClass) {
  if (GetParam().classes > classes_max()) GTEST_SKIP() << "in the long run only (README.md)";
  const Coverage seen =
      explore_classes(GetParam().program, {.untimed = true, .fixed_footprints = true});
  EXPECT_EQ(seen.classes, GetParam().classes);
  EXPECT_EQ(seen.runs, seen.classes);
  EXPECT_EQ(seen.blocked, 0U);
  EXPECT_EQ(seen.impossible, 0U);
  if (GetParam().failed) {
    EXPECT_EQ(seen.failed, *GetParam().failed);
  }
}

TEST_P(Zoo, NothingThatBruteForceDoesNotSee) {
  if (GetParam().orders == 0 || GetParam().orders > classes_max()) {
    GTEST_SKIP() << "too many orders to try them all";
  }
  struct Seen {
    std::set<std::uint64_t> states;
    std::set<std::uint64_t> classes;
    std::set<std::uint64_t> failed;
    void add(Theatre& theatre, sim::StepLog& log) {
      states.insert(theatre.stage().final_state());
      const std::uint64_t name = log.class_hash();
      classes.insert(name);
      if (theatre.stage().failed()) failed.insert(name);
    }
  };
  Seen everything;
  const Coverage all = explore_runs(GetParam().program, [&](Theatre& theatre, sim::StepLog& log) {
    everything.add(theatre, log);
    return true;
  });
  EXPECT_EQ(all.runs, GetParam().orders);
  EXPECT_EQ(everything.classes.size(), GetParam().classes);

  // With and without knowing that steps always touch the same.
  for (const bool fixed : {true, false}) {
    Seen reduced;
    explore_classes(GetParam().program, {.untimed = true, .fixed_footprints = fixed},
                    [&](Theatre& theatre, Reduction& reduction) {
                      reduced.add(theatre, reduction.log());
                      return true;
                    });
    EXPECT_EQ(reduced.states, everything.states);
    EXPECT_EQ(reduced.classes, everything.classes);
    EXPECT_EQ(reduced.failed, everything.failed);
  }
}

}  // namespace
}  // namespace raceproof::zoo
