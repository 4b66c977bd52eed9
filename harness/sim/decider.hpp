// The one source of nondeterminism: whoever implements `Decider` decides everything that a run does
// not determine itself.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "harness/sim/step_log.hpp"
#include "harness/trace/trace.hpp"

namespace raceproof::sim {

enum class ChoiceKind : std::uint8_t {
  next_event,    ///< which pending event happens next (symbolic), or which of those due now
                 ///< (concrete)
  comparison,    ///< whether a comparison of times is true; alternatives: false, true
  timer_queued,  ///< whether a timer due now was already queued when it was cancelled: no, yes
  thread_step,   ///< N threads: which of them takes the next step; the first alternative is the one
                 ///< that took the last, every other interrupts it
  thread_start,  ///< the same where the last step was the thread's last, or there was none
};
std::string_view name_of(ChoiceKind kind);

/// What an alternative means, independent of its position: the `ordinal`-th event called `label` on
/// `strand`, counted from 0.
struct Meaning {
  trace::StrandId strand = 0;
  trace::LabelId label = 0;
  std::uint32_t ordinal = 0;
  /// The same in every run that has this event (step_log.hpp), whatever independent events do;
  /// ordinals count in the order of one run.
  Identity identity = 0;
  friend bool operator==(const Meaning&, const Meaning&) = default;
};

/// Decides. Called by the world in the course of a run, on its thread; must be a function of what
/// it has been asked so far. Names behind the ids are in the world's trace.
class Decider {
 public:
  virtual ~Decider() = default;
  /// Picks one of two or more alternatives: returns its index.
  virtual std::size_t choose(ChoiceKind kind, std::span<const Meaning> alternatives) = 0;
  /// Picks a delay in [low_ns, high_ns], low_ns < high_ns. Not asked in symbolic runs, which keep
  /// the whole range.
  virtual std::int64_t draw(std::int64_t low_ns, std::int64_t high_ns, const Meaning& meaning) = 0;
  /// A search over classes of orders instead of orders has a log. Its symbolic runs are in *local
  /// time*: any pending event may be next, whatever its time, and only dependent steps restrict
  /// each other's times ("Partial order reductions for timed systems", Bengtsson et al., CONCUR
  /// 1998). Such a decider is asked for the next event even if there is only one.
  virtual StepLog* local_time() { return nullptr; }
};

}  // namespace raceproof::sim
