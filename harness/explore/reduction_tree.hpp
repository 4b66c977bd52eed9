// What a reduction remembers at each choice on the way to its latest run. Not for others to
// include.
#pragma once

#include <algorithm>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <vector>

#include "harness/explore/reduction.hpp"

namespace raceproof::explore {

/// What a step touched, and how it answered the questions inside it.
struct Reduction::Footprint
    : boost::intrusive_ref_counter<Footprint, boost::thread_unsafe_counter> {
  sim::Identity identity = 0;
  bool on_everything = false;  ///< it ended the run, or is not known
  std::vector<sim::Access> accesses;
  std::vector<std::uint32_t> answers;
  sim::Identity way = 0;  ///< hash of its answers and of what was asked; 0: not known
  /// Of a step over all its answers, if there were several: what it touched in each of these ways.
  std::vector<FootprintPtr> ways;
};

/// A node of a wake-up tree: a step, and what is to follow it.
struct Reduction::Branch {
  FootprintPtr step;
  Branches below;
  bool anything = false;  ///< beside what is below, whatever else may follow
};

/// A choice on the way to the current run: which step is next, or an answer inside a step.
struct Reduction::Node {
  bool is_step = true;
  std::uint32_t chosen = 0;
  // A step:
  sim::StepId step = 0;
  sim::Identity identity = 0;
  std::vector<FootprintPtr> sleep;                 ///< visited from here, or asleep already
  std::vector<FootprintPtr> dozing;                ///< ways of steps that are awake in other ways
  FootprintPtr taken;                              ///< of the chosen step, over all its answers
  Branches branches;                               ///< to be visited from here
  bool anything = false;                           ///< then, whatever else there is
  boost::unordered_flat_set<sim::Identity> tried;  ///< sequences that were to be visited from here
  // An answer:
  std::uint32_t alternatives = 0;
  std::uint32_t first = 0;        ///< the alternative that was followed first
  std::uint32_t next = 0;         ///< the others are followed in their order from here
  bool preempts = false;          ///< every alternative but the first interrupts a thread
  std::uint32_t preemptions = 0;  ///< before this choice

  [[nodiscard]] bool asleep(sim::Identity wanted) const {
    return std::ranges::any_of(
        sleep, [&](const FootprintPtr& sleeper) { return sleeper->identity == wanted; });
  }
  /// Whether the chosen step is asleep if it goes this way and no further.
  [[nodiscard]] bool dozes(sim::Identity way) const {
    return way != 0 && std::ranges::any_of(dozing, [&](const FootprintPtr& sleeper) {
             return sleeper->identity == identity && sleeper->way == way;
           });
  }
};

}  // namespace raceproof::explore
