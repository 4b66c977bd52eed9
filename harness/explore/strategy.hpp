// What a search is to the conductor: pieces of work in a canonical order, each of which performs
// runs.
//
// Workers take pieces in that order; a piece that is too large hands back what it did not do. What
// a search found is read off in canonical order, so nothing but the time depends on the number of
// workers, and a budget cuts the search at the same run everywhere.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/explore/decisions.hpp"
#include "harness/explore/reduction.hpp"
#include "harness/sim/time_model.hpp"

namespace raceproof::explore {

/// A piece of work: some runs by number (sampling), the subtree below a path (enumeration), or what
/// is left of a reduction.
struct Piece {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  std::vector<PathDecider::Step> path;
  /// The choices before this depth are the piece's; those from it on are to be enumerated.
  std::size_t fixed = 0;
  std::shared_ptr<Reduction> reduction = nullptr;  ///< of a reduction
};

/// How a run can be repeated: a path (enumeration) or its number (sampling).
struct RunKey {
  std::uint64_t number = 0;
  std::vector<PathDecider::Step> path;
};

class Strategy {
 public:
  virtual ~Strategy() = default;
  /// In the words of a report: "enumeration", "random walk", "pct (depth 3)".
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual sim::TimeMode time() const = 0;
  /// Whether finishing means that every order has been seen.
  [[nodiscard]] virtual bool exhaustive() const = 0;
  /// Whether runs are independent draws, as estimates of probability need.
  [[nodiscard]] virtual bool independent() const = 0;

  [[nodiscard]] virtual std::vector<Piece> begin(std::uint64_t budget) const = 0;
  /// Performs at most `runs_max` runs of `piece`: `run` is called with the decider and the key of
  /// each, in canonical order, and returns false to stop early. The key's path is complete when the
  /// run has ended. Returns what is left, in order.
  using Run = std::function<bool(sim::Decider&, const RunKey&)>;
  [[nodiscard]] virtual std::vector<Piece> work(Piece piece, std::uint64_t runs_max,
                                                const Run& run) const = 0;
  /// What finishing is subject to, in the words of a report: "2 preemptions"; empty if nothing is.
  /// Of the search so far: a reduction that met no bound has none.
  [[nodiscard]] virtual std::string bound() const { return {}; }
  /// What the search has learnt makes its earlier runs worthless: it has to begin again.
  [[nodiscard]] virtual bool outdated() const { return false; }
  /// The decider that repeats a run.
  [[nodiscard]] virtual std::unique_ptr<sim::Decider> repeat(RunKey& key) const = 0;
};

/// The one usual order.
std::unique_ptr<Strategy> make_baseline();
/// Independent seeded random walks over orders and delays.
std::unique_ptr<Strategy> make_random_walk(std::uint64_t seed);
/// PCT over symbolic time; `steps` is the expected number of choices of a run.
std::unique_ptr<Strategy> make_pct(std::uint64_t seed, int depth, std::uint64_t steps);
/// Limits of a search that is complete up to them.
struct SearchBounds {
  /// Choices that are not the usual one, each counted by its distance from it (Emmi, Qadeer,
  /// Rakamaric, "Delay-bounded scheduling", POPL 2011). Enumeration only.
  std::uint32_t delays = UINT32_MAX;
  /// Times that a thread is interrupted although it could go on (Musuvathi, Qadeer, "Iterative
  /// context bounding", PLDI 2007); several threads only.
  std::uint32_t preemptions = UINT32_MAX;
};

/// Plain zone enumeration: every order that the ranges allow, depth first, without reduction.
std::unique_ptr<Strategy> make_enumeration(const SearchBounds& bounds = {});
/// One run of each class of orders (reduction.hpp). `blocking` names processes that are known to
/// block; others are learnt (`outdated`).
std::unique_ptr<Strategy> make_reduction(const ReductionOptions& options,
                                         std::vector<std::string> blocking);

}  // namespace raceproof::explore
