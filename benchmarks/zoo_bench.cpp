// Partial-order reduction on the published programs of tests/zoo: whole searches, from an empty
// world to the last class, and the step of a zone that timed searches are made of.
//
// `runs` is what a search performed, `classes` how many of them were classes of their own (the same
// number where nothing is redundant), `items_per_second` runs a second.
#include <benchmark/benchmark.h>

#include "harness/sim/zone.hpp"
#include "tests/zoo/catalogue.hpp"

namespace {

using namespace raceproof;

void exhaust(benchmark::State& state, const explore::Program& program) {
  explore::Coverage seen;
  for (auto _ : state) {
    seen = explore::explore_classes(program, {.untimed = true, .fixed_footprints = true});
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(seen.runs));
  state.counters["runs"] = static_cast<double>(seen.runs);
  state.counters["classes"] = static_cast<double>(seen.classes);
}

BENCHMARK_CAPTURE(exhaust, actor_lost_update_3, zoo::actor_lost_update(3))
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(exhaust, actor_lost_update_4, zoo::actor_lost_update(4))
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(exhaust, lost_update_3, zoo::lost_update(3))->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(exhaust, last_zero_10, zoo::last_zero(10))->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(exhaust, readers_13, zoo::readers(13))->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(exhaust, indexer_15, zoo::indexer(15))->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(exhaust, fan_in_6, zoo::fan_in(6))->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(exhaust, cold_start_3, zoo::cold_start(3, false))->Unit(benchmark::kMillisecond);
/// 1,811,760 classes.
BENCHMARK_CAPTURE(exhaust, cold_start_4, zoo::cold_start(4, false))
    ->Unit(benchmark::kSecond)
    ->Iterations(1);

/// The same search without reduction: what a run costs by itself.
void enumerate(benchmark::State& state, const explore::Program& program) {
  explore::Coverage seen;
  for (auto _ : state) seen = explore::explore_runs(program);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(seen.runs));
  state.counters["runs"] = static_cast<double>(seen.runs);
}
BENCHMARK_CAPTURE(enumerate, actor_lost_update_3, zoo::actor_lost_update(3))
    ->Unit(benchmark::kMillisecond);

/// One event of a run in global time, with `pending` others: can it be next, it fires, its point
/// takes the place of the one before it, and it arms another.
void zone_step(benchmark::State& state) {
  const auto pending = static_cast<std::size_t>(state.range(0));
  sim::Zone zone;
  std::vector<sim::Zone::Point> points;
  std::vector<sim::Zone::After> later;
  sim::Zone::Point current = sim::Zone::origin;
  std::size_t next = 0;
  const auto begin = [&] {
    zone.reset();
    current = sim::Zone::origin;
    points.clear();
    for (std::size_t i = 0; i < pending; ++i)
      points.push_back(zone.add(current, 10, 1'000'000'000));
  };
  begin();
  std::uint64_t since = 0;
  for (auto _ : state) {
    if (++since == 4096) {  // times must not grow beyond what a zone holds
      since = 0;
      begin();
    }
    next = next + 1 == pending ? 0 : next + 1;
    later.clear();
    for (std::size_t i = 0; i < pending; ++i) {
      if (i != next) later.push_back({points[i], 0, static_cast<std::uint32_t>(i)});
    }
    benchmark::DoNotOptimize(zone.can_fire(points[next], later));
    zone.fire(points[next], later);
    if (current != sim::Zone::origin) zone.drop(current);
    current = points[next];
    points[next] = zone.add(current, 10, 1'000'000'000);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(zone_step)->Arg(8)->Arg(16)->Arg(32)->Arg(64);

}  // namespace

BENCHMARK_MAIN();
