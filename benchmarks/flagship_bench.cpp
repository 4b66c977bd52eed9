// Whole runs of the flagship, every byte through Beast and RESP: one client, one core.
#include <benchmark/benchmark.h>

#include "harness/campaign/runner.hpp"
#include "harness/explore/strategy.hpp"

namespace {

using namespace raceproof;

std::shared_ptr<const scenario::ResolvedVariant> variant(const char* name) {
  auto loaded = scenario::load("scenarios/cold_start/premature_readiness.yaml");
  if (!loaded) throw std::runtime_error("run this from the project's root");
  return (*loaded)->resolve(name);
}

void run_flagship(benchmark::State& state, const char* name, sim::TimeMode time) {
  const auto resolved = variant(name);
  campaign::Runner runner(*resolved, 1);
  std::uint64_t seed = 0;
  for (auto _ : state) {
    if (time == sim::TimeMode::concrete) {
      explore::RandomDecider decider(++seed);
      benchmark::DoNotOptimize(runner.run(time, decider));
    } else {
      explore::PctDecider decider(++seed, 3, 40);
      benchmark::DoNotOptimize(runner.run(time, decider));
    }
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(run_flagship, without_grace_concrete, "without_grace", sim::TimeMode::concrete);
BENCHMARK_CAPTURE(run_flagship, without_grace_symbolic, "without_grace", sim::TimeMode::symbolic);
BENCHMARK_CAPTURE(run_flagship, with_grace_concrete, "with_grace", sim::TimeMode::concrete);
BENCHMARK_CAPTURE(run_flagship, with_grace_symbolic, "with_grace", sim::TimeMode::symbolic);

}  // namespace

BENCHMARK_MAIN();
