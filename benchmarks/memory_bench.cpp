// Resident memory after 1,000 and after 100,000 runs of the flagship in one world. Ends with 1 if
// the difference exceeds 1 MB.
#include <cstdint>
#include <fmt/format.h>
#include <fstream>
#include <unistd.h>

#include "harness/campaign/runner.hpp"

namespace {

using namespace raceproof;

std::int64_t resident_bytes() {
  std::int64_t total = 0;
  std::int64_t resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

}  // namespace

int main() {
  auto loaded = scenario::load("scenarios/cold_start/premature_readiness.yaml");
  if (!loaded) {
    fmt::print(stderr, "run this from the project's root\n");
    return 2;
  }
  const auto variant = (*loaded)->resolve("without_grace");
  campaign::Runner runner(*variant, 1);
  std::int64_t early = 0;
  for (std::uint64_t run = 1; run <= 100'000; ++run) {
    explore::RandomDecider decider(run);
    (void)runner.run(sim::TimeMode::concrete, decider);
    if (run == 1'000) early = resident_bytes();
  }
  const std::int64_t late = resident_bytes();
  fmt::print("resident after 1,000 runs {:.2f} MB, after 100,000 runs {:.2f} MB\n", early / 1e6,
             late / 1e6);
  return late - early <= 1'000'000 ? 0 : 1;
}
