// Ends a run when all who take part in it are done.
#pragma once

#include <cassert>
#include <vector>

#include "harness/sim/world.hpp"

namespace raceproof::sim {

/// The last of the parties ends the run. Each is on a strand of its own, and which of them is the
/// last is up to their order: the one memory that they share. While more than one other party is
/// left, whoever leaves does the same in any order. With one other left it does not: the two decide
/// which of them ends the run, and what that cuts off. So the last but one reads what the last one
/// writes, and nobody else depends on anybody: the order of those who left before distinguishes no
/// classes. Lives within one run, as `Shared` does.
class Latch {
 public:
  Latch(World& world, std::size_t parties) : world_(world), here_(parties, true), left_(parties) {}
  Latch(const Latch&) = delete;
  Latch& operator=(const Latch&) = delete;

  /// `party`, counted from 0, is done; without effect if it was before. Callable from handlers.
  void leave(std::size_t party) {
    assert(party < here_.size());
    if (!here_[party]) return;
    here_[party] = false;
    if (--left_ == 0) {
      world_.stop();
      return;
    }
    world_.touch(object(party), true);
    if (left_ > 1) return;
    for (std::size_t last = 0; last < here_.size(); ++last) {
      if (here_[last]) world_.touch(object(last), false);
    }
  }
  /// Who is not done, as seen from outside the run.
  [[nodiscard]] bool is_here(std::size_t party) const { return here_[party]; }
  [[nodiscard]] std::size_t left() const { return left_; }

 private:
  [[nodiscard]] ObjectId object(std::size_t party) { return world_.object(mix(10, party)); }

  World& world_;
  std::vector<bool> here_;
  std::size_t left_;
};

}  // namespace raceproof::sim
