// Reduction in time against zones and against the clock, on generated programs with small ranges of
// integer delays. Passing means: for every program, the same Mazurkiewicz traces are found by
//   - the reduction in local time, which prunes what no times produce as it goes;
//   - plain enumeration of zones in global time;
//   - concrete runs over the full grid of delays, with every decision between ties;
//   - the reduction without time, whose traces are filtered afterwards: one stays if a system of
//     differences of its delays and of the order of its dependent steps has a solution;
// and the kernel gives the same trace the same name in all of them.
#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <map>

#include "tests/zoo/grid.hpp"
#include "tests/zoo/visits.hpp"

namespace raceproof::zoo {
namespace {

using explore::Reduction;
using explore::ReductionOptions;
using explore::Stage;
using explore::Theatre;
using sim::RunEnd;
using sim::StepLog;
using sim::TimeModel;

/// Programs that need more runs are left out.
constexpr std::uint64_t runs_max = 3'000;
constexpr std::uint64_t grid_runs_max = 30'000;

/// All runs of `program`; false if they are too many.
template <class Decider>
bool visit_runs(const explore::Program& program, sim::TimeMode time, std::uint64_t max,
                Visits& visits) {
  std::vector<explore::PathDecider::Step> path;
  Theatre theatre;
  theatre.stage().recording = true;
  StepLog log;
  do {
    if (visits.runs == max) return false;
    Decider decider(path);
    const RunEnd end = theatre.run(program, decider, time, &log);
    visits.add(theatre, log, end == RunEnd::stopped);
  } while (explore::next_path(path));
  return true;
}

/// Whether some times agree with a run of the untimed reduction: its delays and comparisons, and
/// the order of its dependent steps.
bool has_times(Theatre& theatre, StepLog& log, bool stopped) {
  std::vector<TimeModel::Difference> system = theatre.world().time().differences();
  const auto in_order = [&system](sim::PointId first, sim::PointId second, std::int64_t margin) {
    system.push_back({second, first, -margin});
  };
  for (sim::StepId id = 1; id < log.size(); ++id) {
    const StepLog::Step& step = log.step(id);
    for (const auto& predecessor : log.predecessors(id)) {
      in_order(log.step(predecessor.step).point, step.point, 0);
    }
    // A tie goes to what was armed first, if both were armed on one strand.
    for (sim::StepId before = 1; before < id; ++before) {
      const StepLog::Step& earlier = log.step(before);
      if (earlier.line == step.line && step.sequence < earlier.sequence) {
        in_order(earlier.point, step.point, 1);
      }
    }
  }
  if (stopped) {
    // What was still pending came later.
    const auto& armed = theatre.stage().armed();
    std::vector<bool> happened(armed.size(), false);
    for (const auto& record : theatre.stage().records()) happened[record.step] = true;
    const auto same_line = [&armed](const Stage::Armed& a, const Stage::Armed& b) {
      return a.strand == b.strand && armed[a.by].strand == armed[b.by].strand &&
             (a.by == 0) == (b.by == 0);
    };
    for (std::uint32_t i = 1; i < armed.size(); ++i) {
      if (happened[i]) continue;
      in_order(log.step(log.current_id()).point, armed[i].point, 0);
      for (std::uint32_t before = i + 1; before < armed.size(); ++before) {
        if (happened[before] && same_line(armed[i], armed[before])) {
          in_order(armed[before].point, armed[i].point, 1);
        }
      }
    }
  }
  // Shortest paths from a source that reaches every point (Bellman-Ford).
  std::vector<std::int64_t> distance(theatre.world().time().point_count(), 0);
  for (std::size_t round = 0; round <= distance.size(); ++round) {
    bool changed = false;
    for (const auto& edge : system) {
      if (distance[edge.from] + edge.bound < distance[edge.to]) {
        distance[edge.to] = distance[edge.from] + edge.bound;
        changed = true;
      }
    }
    if (!changed) return true;
  }
  return false;
}

struct Classes {
  Visits visits;
  std::uint64_t runs = 0;
  std::uint64_t blocked = 0;
  std::uint64_t impossible = 0;
  bool finished = true;
};

Classes visit_classes(const explore::Program& program, const ReductionOptions& options) {
  Classes classes;
  Theatre theatre;
  theatre.stage().recording = true;
  Reduction reduction(options);
  do {
    const RunEnd end = theatre.run(program, reduction);
    ++classes.runs;
    const bool stopped = end == RunEnd::stopped;
    if (!reduction.is_class()) continue;
    if (options.untimed && !has_times(theatre, reduction.log(), stopped)) continue;
    classes.visits.add(theatre, reduction.log(), stopped);
  } while (reduction.next() && (classes.finished = classes.runs < 10 * runs_max));
  classes.blocked = reduction.blocked();
  classes.impossible = reduction.impossible();
  return classes;
}

struct Complaint {
  enum class Kind : std::uint8_t {
    none,
    zones_and_grid,
    missing,
    too_many,
    filter,
    names,
    twice
  } kind = Kind::none;
  std::string text;
};

struct Totals {
  std::uint64_t programs = 0;
  std::uint64_t zones = 0;
  std::uint64_t grid = 0;
  std::uint64_t with_grid = 0;
  std::uint64_t filtered = 0;
  std::uint64_t traces = 0;
  std::uint64_t classes = 0;
  std::uint64_t runs = 0;
  std::uint64_t relaxed = 0;
};

bool contains(const std::set<std::uint64_t>& all, const std::set<std::uint64_t>& some) {
  return std::ranges::includes(all, some);
}

struct Gate {
  bool filter = false;  ///< compare with the filter-afterwards form, too
  bool once = true;     ///< each class is one run
};

Complaint complaint_of(const Generated& generated, const Gate& gate, Totals* totals = nullptr) {
  using enum Complaint::Kind;
  const auto program = perform(generated);
  Visits zones;
  if (!visit_runs<explore::PathDecider>(program, sim::TimeMode::symbolic, runs_max, zones))
    return {};
  const Classes timed = visit_classes(program, {});
  if (totals != nullptr) {
    ++totals->programs;
    totals->zones += zones.runs;
    totals->traces += zones.traces.size();
    totals->classes += timed.visits.runs;
    totals->runs += timed.runs;
    totals->relaxed += zones.relaxed > 0 ? 1 : 0;
  }
  Visits grid;
  const bool has_grid =
      visit_runs<GridDecider>(program, sim::TimeMode::concrete, grid_runs_max, grid);
  if (has_grid && totals != nullptr) {
    ++totals->with_grid;
    totals->grid += grid.runs;
  }
  // The zone is an outer approximation of relaxed runs: only the clock is exact.
  const bool exact = zones.relaxed == 0 && timed.visits.relaxed == 0;
  if (has_grid && (exact ? zones.traces != grid.traces : !contains(zones.traces, grid.traces))) {
    return {zones_and_grid, "zones against grid: " + difference(zones.traces, grid.traces)};
  }
  if (exact) {
    if (!contains(timed.visits.traces, zones.traces)) {
      return {missing, "reduction against zones: " + difference(timed.visits.traces, zones.traces)};
    }
    if (timed.visits.traces != zones.traces) {
      return {too_many,
              "reduction against zones: " + difference(timed.visits.traces, zones.traces)};
    }
  } else if (has_grid && !contains(timed.visits.traces, grid.traces)) {
    return {missing, "reduction against grid: " + difference(timed.visits.traces, grid.traces)};
  }
  // A comparison of times that changes nothing else splits a class in regions, a run for each.
  if (gate.once && timed.visits.runs != timed.visits.traces.size()) {
    return {twice,
            fmt::format("{} runs of {} classes", timed.visits.runs, timed.visits.traces.size())};
  }
  if (gate.filter && exact) {
    const Classes filtered = visit_classes(program, {.untimed = true});
    if (filtered.finished) {
      if (totals != nullptr) ++totals->filtered;
      if (filtered.visits.traces != timed.visits.traces) {
        return {filter, "filtered afterwards against timed: " +
                            difference(filtered.visits.traces, timed.visits.traces)};
      }
    }
  }
  if (exact) {
    if (zones.hashes != timed.visits.hashes) {
      return {names,
              "names, zones against reduction: " + difference(zones.hashes, timed.visits.hashes)};
    }
    if (has_grid && zones.hashes != grid.hashes) {
      return {names, "names, zones against grid: " + difference(zones.hashes, grid.hashes)};
    }
  }
  return {};
}

void hold_to_the_clock(const GeneratorOptions& options, const Gate& gate, std::uint64_t first) {
  const std::uint64_t count = programs_wanted(30);
  Totals totals;
  std::map<Complaint::Kind, int> wrong;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const Generated generated = generate(seed, options);
    const Complaint what = complaint_of(generated, gate, &totals);
    if (what.kind == Complaint::Kind::none) continue;
    if (wrong[what.kind]++ > 0) continue;  // one example of each kind will do
    const Generated small = shrink(generated, [&](const Generated& other) {
      return complaint_of(other, gate).kind == what.kind;
    });
    ADD_FAILURE() << "seed " << seed << ": " << what.text << "\nsmaller, "
                  << complaint_of(small, gate).text << "\n"
                  << print(small);
  }
  for (const auto& [kind, cases] : wrong) {
    ADD_FAILURE() << cases << " of " << totals.programs << " programs are wrong as in the example "
                  << "of kind " << static_cast<int>(kind);
  }
  fmt::print(
      "{} programs ({} relaxed), {} zones, {} with {} concrete runs, {} filtered; {} traces, "
      "{} classes, {} runs\n",
      totals.programs, totals.relaxed, totals.zones, totals.with_grid, totals.grid, totals.filtered,
      totals.traces, totals.classes, totals.runs);
}

constexpr GeneratorOptions plain{.timed = true,
                                 .conditions = false,
                                 .exchanges = false,
                                 .cancels = false,
                                 .stops = false,
                                 .leaves = false,
                                 .comparisons = false,
                                 .parameter = false};

GeneratorOptions with(auto... members) {
  GeneratorOptions options = plain;
  ((options.*members = true), ...);
  return options;
}

TEST(Timed, Delays) { hold_to_the_clock(plain, {.filter = true}, 0); }
TEST(Timed, Conditions) {
  hold_to_the_clock(with(&GeneratorOptions::conditions, &GeneratorOptions::exchanges),
                    {.filter = true}, 100'000);
}
TEST(Timed, Stops) {
  hold_to_the_clock(with(&GeneratorOptions::conditions, &GeneratorOptions::stops), {.filter = true},
                    200'000);
}
// Alice leaves while the server still has something to do for her, and Mallory at some time around
// that. Passing means: Mallory is found leaving first; second, before the server is through;
// second, after it.
TEST(Timed, ARunEndsInTheMiddleOfAConversation) {
  const explore::Program program{[](Stage& stage) {
    sim::Latch& latch = stage.latch(2);
    const auto server = stage.strand("server");
    stage.after(stage.strand("alice"), {0, 4}, [&stage, &latch, server] {
      stage.after(server, {1, 1}, [] {});
      latch.leave(0);
    });
    stage.after(stage.strand("mallory"), {1, 3}, [&latch] { latch.leave(1); });
  }};
  Visits zones;
  ASSERT_TRUE(visit_runs<explore::PathDecider>(program, sim::TimeMode::symbolic, runs_max, zones));
  Visits grid;
  ASSERT_TRUE(visit_runs<GridDecider>(program, sim::TimeMode::concrete, grid_runs_max, grid));
  const Classes timed = visit_classes(program, {});
  EXPECT_EQ(zones.traces.size(), 3U);
  EXPECT_EQ(zones.traces, grid.traces);
  EXPECT_EQ(zones.traces, timed.visits.traces);
  EXPECT_EQ(timed.visits.runs, 3U);
}

// A step that stops a timer due at that very moment, or comes too late for it; only in time does it
// touch what another strand writes. Passing means: the way that touches nothing is visited once,
// and not again after the other strand's step, which has to do with the other way. Beside it there
// are that way, before and after the other strand's step, and the timer that comes first.
TEST(Timed, AStepIsAsleepInOneOfItsWays) {
  const explore::Program program{[](Stage& stage) {
    explore::Cell& cell = stage.cell("c");
    auto& timer = stage.keep<Stage::Timer>();
    const auto strand = stage.strand("a");
    stage.after(strand, {3, 3},
                [&stage, &cell, &timer] { stage.cancel(timer, [&cell] { cell.write(1); }); });
    stage.after(strand, {0, 0}, [&stage, &timer, strand] {
      timer = stage.after(strand, {3, 3}, [] {});
    });
    stage.after(stage.strand("b"), {3, 3}, [&cell] { cell.write(2); });
  }};
  Visits zones;
  ASSERT_TRUE(visit_runs<explore::PathDecider>(program, sim::TimeMode::symbolic, runs_max, zones));
  const Classes timed = visit_classes(program, {});
  EXPECT_EQ(zones.traces.size(), 4U);
  EXPECT_EQ(zones.traces, timed.visits.traces);
  EXPECT_EQ(timed.visits.runs, 4U);
}

TEST(Timed, Leaves) {
  hold_to_the_clock(with(&GeneratorOptions::conditions, &GeneratorOptions::leaves),
                    {.filter = true}, 700'000);
}
TEST(Timed, Cancels) { hold_to_the_clock(with(&GeneratorOptions::cancels), {}, 300'000); }
TEST(Timed, Comparisons) {
  hold_to_the_clock(with(&GeneratorOptions::conditions, &GeneratorOptions::comparisons),
                    {.filter = true, .once = false}, 400'000);
}
TEST(Timed, NamedDelay) {
  hold_to_the_clock(with(&GeneratorOptions::parameter, &GeneratorOptions::comparisons),
                    {.filter = true, .once = false}, 500'000);
}
TEST(Timed, Everything) { hold_to_the_clock({.timed = true}, {.once = false}, 600'000); }

}  // namespace
}  // namespace raceproof::zoo
