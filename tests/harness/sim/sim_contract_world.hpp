// The simulated form of the runtime as a world of the contract suite.
#pragma once

#include <optional>

#include "harness/explore/decisions.hpp"
#include "harness/sim/world.hpp"
#include "tests/runtime/contract/world.hpp"

namespace raceproof::contract {

/// One process with `threads` threads; decisions by a seeded random walk, or the baseline for seed
/// 0.
class SimWorld final : public World {
 public:
  SimWorld(int threads, sim::TimeMode time, std::uint64_t seed, std::uint64_t decisions_seed)
      : threads_(threads), random_(decisions_seed) {
    sim::RunOptions options;
    options.time = time;
    options.seed = seed;
    options.horizon = limit;
    sim::Decider& decider = decisions_seed == 0 ? static_cast<sim::Decider&>(baseline_) : random_;
    world_.begin(options, decider);
    process_ = &world_.add_process({.name = "test",
                                    .threads = threads,
                                    .cold_start = {},
                                    .start = [](Runtime&, const Executor&) {},
                                    .destroy = {}});
    strand_ = process_->make_strand("test");
  }

  Runtime& runtime() override { return *process_; }
  Executor strand() override { return strand_; }

  void run(Awaitable<> body) override {
    std::optional<std::exception_ptr> ended;
    asio::co_spawn(strand_, std::move(body), [&](std::exception_ptr error) {
      ended = error;
      world_.stop();
    });
    const sim::RunEnd end = world_.run();
    if (!world_.failure().empty()) ADD_FAILURE() << world_.failure();
    if (!ended) {
      ADD_FAILURE() << "the body did not end: " << sim::name_of(end);
      for (const auto& waiting : world_.waiting()) ADD_FAILURE() << waiting.text();
    } else if (*ended) {
      std::rethrow_exception(*ended);
    }
    world_.end();
  }

  std::string host() override { return "test"; }
  std::uint16_t free_port() override { return 4711; }
  int threads() override { return threads_; }
  bool is_parallel() override { return false; }

 private:
  int threads_;
  explore::BaselineDecider baseline_;
  explore::RandomDecider random_;
  sim::World world_;
  sim::Process* process_;
  Executor strand_;
};

}  // namespace raceproof::contract
