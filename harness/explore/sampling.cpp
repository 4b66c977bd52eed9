// Baseline, random walk and PCT: runs that need nothing but their number.
#include <fmt/format.h>

#include "harness/explore/strategy.hpp"

namespace raceproof::explore {

namespace {

/// Runs are cut into pieces of this many, so that workers share them evenly.
constexpr std::uint64_t piece_runs = 64;

class Sampling : public Strategy {
 public:
  [[nodiscard]] bool exhaustive() const override { return false; }
  [[nodiscard]] std::vector<Piece> begin(std::uint64_t budget) const override {
    std::vector<Piece> pieces;
    for (std::uint64_t first = 0; first < budget; first += piece_runs) {
      pieces.push_back({first, std::min(piece_runs, budget - first), {}, 0});
    }
    return pieces;
  }
  [[nodiscard]] std::vector<Piece> work(Piece piece, std::uint64_t, const Run& run) const override {
    for (std::uint64_t i = 0; i < piece.count; ++i) {
      RunKey key{piece.first + i, {}};
      const auto decider = repeat(key);
      if (!run(*decider, key)) break;
    }
    return {};
  }
};

/// Seeds of neighbouring runs must not resemble each other.
std::uint64_t run_seed(std::uint64_t seed, std::uint64_t number) {
  Random random(seed * 0xd1342543de82ef95ULL + number);
  return random.next();
}

class Baseline final : public Sampling {
 public:
  [[nodiscard]] std::string name() const override { return "baseline order"; }
  [[nodiscard]] sim::TimeMode time() const override { return sim::TimeMode::concrete; }
  [[nodiscard]] bool independent() const override { return false; }
  [[nodiscard]] std::vector<Piece> begin(std::uint64_t) const override { return {{0, 1, {}, 0}}; }
  [[nodiscard]] std::unique_ptr<sim::Decider> repeat(RunKey&) const override {
    return std::make_unique<BaselineDecider>();
  }
};

class RandomWalk final : public Sampling {
 public:
  explicit RandomWalk(std::uint64_t seed) : seed_(seed) {}
  [[nodiscard]] std::string name() const override { return "random walk"; }
  [[nodiscard]] sim::TimeMode time() const override { return sim::TimeMode::concrete; }
  [[nodiscard]] bool independent() const override { return true; }
  [[nodiscard]] std::unique_ptr<sim::Decider> repeat(RunKey& key) const override {
    return std::make_unique<RandomDecider>(run_seed(seed_, key.number));
  }

 private:
  std::uint64_t seed_;
};

class Pct final : public Sampling {
 public:
  Pct(std::uint64_t seed, int depth, std::uint64_t steps)
      : seed_(seed), depth_(depth), steps_(steps) {}
  [[nodiscard]] std::string name() const override { return fmt::format("PCT (depth {})", depth_); }
  [[nodiscard]] sim::TimeMode time() const override { return sim::TimeMode::symbolic; }
  [[nodiscard]] bool independent() const override { return false; }
  [[nodiscard]] std::unique_ptr<sim::Decider> repeat(RunKey& key) const override {
    return std::make_unique<PctDecider>(run_seed(seed_, key.number), depth_, steps_);
  }

 private:
  std::uint64_t seed_;
  int depth_;
  std::uint64_t steps_;
};

}  // namespace

std::unique_ptr<Strategy> make_baseline() { return std::make_unique<Baseline>(); }

std::unique_ptr<Strategy> make_random_walk(std::uint64_t seed) {
  return std::make_unique<RandomWalk>(seed);
}

std::unique_ptr<Strategy> make_pct(std::uint64_t seed, int depth, std::uint64_t steps) {
  return std::make_unique<Pct>(seed, depth, steps);
}

}  // namespace raceproof::explore
