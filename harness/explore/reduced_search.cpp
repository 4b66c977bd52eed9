// The reduction as a strategy: one piece of work, which carries it from worker to worker.
#include <fmt/format.h>

#include "harness/explore/reduction.hpp"
#include "harness/explore/strategy.hpp"

namespace raceproof::explore {

namespace {

class Reduced final : public Strategy {
 public:
  Reduced(const ReductionOptions& options, std::vector<std::string> blocking)
      : options_(options), blocking_(std::move(blocking)) {}
  [[nodiscard]] std::string name() const override {
    return options_.kind == ReductionOptions::Kind::optimal ? "optimal partial-order reduction"
                                                            : "source-set partial-order reduction";
  }
  [[nodiscard]] sim::TimeMode time() const override { return sim::TimeMode::symbolic; }
  [[nodiscard]] bool exhaustive() const override { return true; }
  [[nodiscard]] bool independent() const override { return false; }
  [[nodiscard]] std::string bound() const override {
    if (!bounded_) return {};
    return fmt::format("{} preemption{}", options_.preemptions,
                       options_.preemptions == 1 ? "" : "s");
  }
  [[nodiscard]] bool outdated() const override { return outdated_; }

  [[nodiscard]] std::vector<Piece> begin(std::uint64_t) const override {
    Piece piece;
    piece.reduction = std::make_shared<Reduction>(options_);
    declare_blocking(piece.reduction->log());
    return {piece};
  }

  [[nodiscard]] std::vector<Piece> work(Piece piece, std::uint64_t runs_max,
                                        const Run& run) const override {
    Reduction& reduction = *piece.reduction;
    RunKey key;
    for (std::uint64_t done = 0; done < runs_max; ++done) {
      reduction.keep_path_in(key.path);
      if (!run(reduction, key)) return {};
      const bool more = reduction.next();
      bounded_ = reduction.bounded();
      if (reduction.restarted()) {
        outdated_ = true;
        return {};
      }
      if (!more) return {};
    }
    return {std::move(piece)};
  }

  [[nodiscard]] std::unique_ptr<sim::Decider> repeat(RunKey& key) const override {
    auto decider = std::make_unique<ReducedPath>(key.path, options_.untimed);
    declare_blocking(decider->log());
    return decider;
  }

 private:
  void declare_blocking(sim::StepLog& log) const {
    for (const auto& process : blocking_) log.declare_blocking(process);
  }

  ReductionOptions options_;
  std::vector<std::string> blocking_;
  mutable bool bounded_ = false;  // there is only one piece, and so one worker at a time
  mutable bool outdated_ = false;
};

}  // namespace

std::unique_ptr<Strategy> make_reduction(const ReductionOptions& options,
                                         std::vector<std::string> blocking) {
  return std::make_unique<Reduced>(options, std::move(blocking));
}

}  // namespace raceproof::explore
