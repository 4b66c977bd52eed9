// Whole runs, every byte through Beast, RESP, HTTP and the database's protocol, on one core: the
// flagship (one client, Redis), and the golden path (one and five users, all four backends).
#include <benchmark/benchmark.h>

#include "harness/campaign/runner.hpp"
#include "harness/explore/strategy.hpp"

namespace {

using namespace raceproof;

std::shared_ptr<const scenario::ResolvedVariant> variant(const char* file, const char* name) {
  auto loaded = scenario::load(file);
  if (!loaded) throw std::runtime_error("run this from the project's root");
  return (*loaded)->resolve(name);
}

void run(benchmark::State& state, const char* file, const char* name, sim::TimeMode time) {
  const auto resolved = variant(file, name);
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

void run_flagship(benchmark::State& state, const char* name, sim::TimeMode time) {
  run(state, "scenarios/cold_start/premature_readiness.yaml", name, time);
}
BENCHMARK_CAPTURE(run_flagship, without_grace_concrete, "without_grace", sim::TimeMode::concrete);
BENCHMARK_CAPTURE(run_flagship, without_grace_symbolic, "without_grace", sim::TimeMode::symbolic);
BENCHMARK_CAPTURE(run_flagship, with_grace_concrete, "with_grace", sim::TimeMode::concrete);
BENCHMARK_CAPTURE(run_flagship, with_grace_symbolic, "with_grace", sim::TimeMode::symbolic);

void run_golden_path(benchmark::State& state, const char* file) {
  run(state, file, "defaults", sim::TimeMode::concrete);
}
BENCHMARK_CAPTURE(run_golden_path, one_user, "scenarios/golden_path/one_user.yaml");
BENCHMARK_CAPTURE(run_golden_path, five_users, "scenarios/golden_path/five_users.yaml");

}  // namespace

BENCHMARK_MAIN();
