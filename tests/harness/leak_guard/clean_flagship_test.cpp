// The flagship under the leak guard. Passing means: gateway, fake Redis and client, with Asio,
// Beast, hiredis and Lua in them, ask the real world for nothing, whichever thread their world runs
// on.
#include <gtest/gtest.h>
#include <thread>

#include "harness/campaign/runner.hpp"
#include "harness/explore/decisions.hpp"
#include "harness/scenario/library.hpp"

namespace raceproof::campaign {
namespace {

void expect_clean_runs(const scenario::Scenario& scenario) {
  for (const auto& variant : scenario.variants()) {
    Runner runner(*variant, 1);
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      explore::RandomDecider decider(seed);
      const auto record = runner.run(sim::TimeMode::concrete, decider);
      ASSERT_NE(record.end, sim::RunEnd::leak) << variant->name << ": " << record.broken;
    }
    explore::BaselineDecider baseline;
    const auto record = runner.run(sim::TimeMode::symbolic, baseline);
    ASSERT_NE(record.end, sim::RunEnd::leak) << variant->name << ": " << record.broken;
  }
}

TEST(CleanFlagship, LeaksNothing) {
  const auto scenario = scenario::load("scenarios/cold_start/premature_readiness.yaml");
  ASSERT_TRUE(scenario.has_value());
  expect_clean_runs(**scenario);
  std::thread([&] { expect_clean_runs(**scenario); }).join();
}

TEST(CleanFlagship, NoOtherColdStartLeaksEither) {
  for (const char* name : {"missing_scripts", "five_users", "cpu_stall", "slow_redis"}) {
    SCOPED_TRACE(name);
    const auto scenario = scenario::load("scenarios/cold_start/" + std::string(name) + ".yaml");
    ASSERT_TRUE(scenario.has_value());
    expect_clean_runs(**scenario);
  }
}

}  // namespace
}  // namespace raceproof::campaign
