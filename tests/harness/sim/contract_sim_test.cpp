// The runtime's contract on the simulated form: one and two threads, usual and random decisions,
// concrete and symbolic time. Passing means that components cannot tell it from the production
// form.
#include "tests/harness/sim/sim_contract_world.hpp"

namespace raceproof::contract {

namespace {

Form form(std::string name, int threads, sim::TimeMode time, std::uint64_t decisions_seed) {
  return {std::move(name), [=](std::uint64_t seed) -> std::unique_ptr<World> {
            return std::make_unique<SimWorld>(threads, time, seed, decisions_seed);
          }};
}

}  // namespace

RACEPROOF_INSTANTIATE_CONTRACT(
    Simulated, testing::Values(form("OneThread", 1, sim::TimeMode::concrete, 0),
                               form("OneThreadRandom", 1, sim::TimeMode::concrete, 7),
                               form("TwoThreads", 2, sim::TimeMode::concrete, 0),
                               form("TwoThreadsRandom", 2, sim::TimeMode::concrete, 11),
                               form("FourThreadsRandom", 4, sim::TimeMode::concrete, 13),
                               form("Symbolic", 1, sim::TimeMode::symbolic, 0),
                               form("SymbolicRandom", 1, sim::TimeMode::symbolic, 17)));

}  // namespace raceproof::contract
