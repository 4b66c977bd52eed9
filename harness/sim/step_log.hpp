// What the steps of a run do to each other: the raw material of partial-order reduction.
//
// A step is one event in time together with every handler that it makes ready; step 0 is the set-up
// of the run. Two steps are dependent if they touch the same object and at least one of them
// writes. Objects are strands, ends of connections, listeners, shared cells, and (where threads
// block or processes stall) whole processes. Steps and objects carry identities that do not depend
// on the order in which independent steps run: a step is named by the step that armed it and how
// many that one had armed before, an object by its name or by the step that made it. So the same
// step can be recognised in another run, and equal runs (up to the order of independent steps) have
// equal hashes: Mazurkiewicz traces ("Concurrent program schemes and their interpretations", 1977).
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace raceproof::sim {

class TimeModel;

/// Position of a step in its run.
using StepId = std::uint32_t;
/// Name of a step, or of an object, that is the same in every run that has it.
using Identity = std::uint64_t;
/// An object's number in one log.
using ObjectId = std::uint32_t;

/// Folds a number, or a text, into an identity (the finaliser of SplitMix64).
[[nodiscard]] constexpr Identity mix(Identity identity, std::uint64_t part) {
  std::uint64_t z = identity ^ (part + 0x9e3779b97f4a7c15ULL + (identity << 6) + (identity >> 2));
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}
[[nodiscard]] Identity mix(Identity identity, std::string_view part);

/// The object that a process is as a whole.
[[nodiscard]] inline Identity process_identity(std::string_view name) { return mix(3, name); }

/// Where an event was armed from, and what for: two of one line keep their order at ties. Events of
/// one line are armed by steps that are dependent, so that their order is the same in every run of
/// a class.
struct Line {
  const void* from = nullptr;
  const void* to = nullptr;
  friend bool operator==(const Line&, const Line&) = default;
};

/// How long after the step that armed it an event can happen, whatever the order of other steps.
struct Reach {
  std::int64_t low_ns = 0;
  std::int64_t high_ns = INT64_MAX / 8;
};

struct Access {
  ObjectId object = 0;
  bool write = true;
  bool may_write = true;  ///< writes, or would have, had it read something else
  friend bool operator==(const Access&, const Access&) = default;
};

/// Not thread-safe: one per world. What is known of a run is valid until the next begins.
class StepLog {
 public:
  /// No step.
  static constexpr StepId none = UINT32_MAX;

  /// What a step conflicts with directly: an earlier step that touched the same object.
  struct Predecessor {
    StepId step = 0;
    /// The two could happen the other way round in time (always, where time is not looked at).
    bool reversible = true;
  };
  struct Step {
    Identity identity = 0;
    StepId armed_by = 0;   ///< the step that armed the event
    StepId behind = none;  ///< a step that it can never overtake (bytes behind bytes)
    std::uint32_t point = 0;
    std::uint32_t first_event = 0;  ///< of the trace; the step has all from there to the next one's
    std::uint32_t sequence = 0;     ///< order of arming, decides ties among equal `line`
    Line line;                      ///< what is armed on one line keeps its order at ties
    Reach reach;                    ///< after the step that armed it
    bool last = false;              ///< ended the run: depends on everything
    std::uint64_t answers = 0;      ///< hash of the choices made inside the step
    std::uint32_t holds = 0;        ///< objects that this step touched last
    std::uint32_t first_access = 0, accesses = 0;
    std::uint32_t first_predecessor = 0, predecessors = 0;
    std::uint64_t hash = 0;  ///< of the step and everything that happens before it
  };
  /// An event that was armed and then cancelled.
  struct Cancelled {
    Identity identity = 0;
    StepId armed_by = 0;
    StepId by = 0;
    bool reversible = true;  ///< it could have happened before it was cancelled
    ObjectId object = 0;     ///< its strand
    Reach reach;
    std::uint32_t point = 0;
  };

  // --- for the world ----------------------------------------------------------------------------
  void begin_run();
  StepId begin_step(Identity identity, StepId armed_by, StepId behind);
  [[nodiscard]] Step& current() { return steps_.back(); }
  [[nodiscard]] StepId current_id() const { return static_cast<StepId>(steps_.size() - 1); }
  [[nodiscard]] ObjectId object(Identity key);
  /// The current step touches `object`. Returns the conflicts that are new with it, until the next
  /// call.
  /// `may_write`: it would have written, had it read something else (a failed exchange).
  std::span<Predecessor> touch(ObjectId object, bool write, bool may_write = false);
  /// Whether the current step has written `object`: to touch it again changes nothing.
  [[nodiscard]] bool writes(ObjectId object) const {
    return objects_[object].last_write == current_id() && objects_[object].run == run_;
  }
  /// The current step ends the run, cutting off what has not happened: it conflicts with every
  /// step that nothing else comes after.
  std::span<Predecessor> end_run();
  void cancelled(const Cancelled& event) { cancelled_.push_back(event); }
  /// A choice made inside the current step. Not for comparisons of times: on the clock nobody asks
  /// for those; what matters of them shows in what happens next.
  void answered(std::uint64_t answer) { current().answers = mix(current().answers, answer + 1); }
  /// Steps that no longer are the last to touch anything; the caller empties the list.
  std::vector<StepId>& let_go() { return let_go_; }

  /// A thread of the process (by the identity of its name) blocks, or the process stalls or dies.
  /// Whether an arrival is taken up then depends on when: all steps of the process are dependent.
  /// Known from the first such run on; `learned` says that this run taught it.
  void blocks(Identity process);
  [[nodiscard]] bool may_block(Identity process) const;
  void declare_blocking(std::string_view process);
  [[nodiscard]] bool learned() const { return learned_; }

  // --- wishes of a search -----------------------------------------------------------------------
  /// The search wants to know which of the events offered next can be the next in time.
  bool wants_timely = false;
  std::vector<std::uint8_t> timely;
  /// The search gives this run up (nothing new can come of it).
  bool given_up = false;
  /// If the current step ends with what it has been asked so far, the run is to be given up.
  bool in_vain = false;
  /// Delays restrict nothing: any order of what is armed is taken to be possible.
  bool untimed = false;
  /// The run's times contradict each other: no such run exists.
  bool impossible = false;
  /// Symbolic runs: what the run has required of its times.
  const TimeModel* time = nullptr;

  // --- afterwards -------------------------------------------------------------------------------
  [[nodiscard]] std::size_t size() const { return steps_.size(); }
  [[nodiscard]] const Step& step(StepId id) const { return steps_[id]; }
  [[nodiscard]] std::span<const Access> accesses(StepId id) const {
    return std::span(accesses_).subspan(steps_[id].first_access, steps_[id].accesses);
  }
  [[nodiscard]] std::span<const Predecessor> predecessors(StepId id) const {
    return std::span(predecessors_).subspan(steps_[id].first_predecessor, steps_[id].predecessors);
  }
  [[nodiscard]] const std::vector<Cancelled>& cancelled() const { return cancelled_; }
  /// Whether `earlier` happens before `later` (and is another step).
  [[nodiscard]] bool happens_before(StepId earlier, StepId later) const {
    return (before_[later * words_ + earlier / 64] >> (earlier % 64) & 1) != 0;
  }
  /// Whether an event armed by `armed_by` can happen before `earlier` does in any run at all, as
  /// far as delays say.
  [[nodiscard]] bool may_ever_precede(StepId armed_by, Reach reach, StepId earlier) const;
  [[nodiscard]] bool touched(StepId step, ObjectId object) const {
    return std::ranges::any_of(accesses(step),
                               [&](const Access& access) { return access.object == object; });
  }
  /// Hash of the run up to the order of independent steps.
  [[nodiscard]] std::uint64_t class_hash();

 private:
  struct Object {
    Identity key = 0;
    std::uint64_t run = 0;  ///< the run that `last_write` and `readers` belong to
    StepId last_write = none;
    std::vector<StepId> readers;
  };

  void join(StepId earlier);
  void conflict(StepId earlier);
  void hold(StepId step) { ++steps_[step].holds; }
  void release(StepId step);
  void finish_step();

  std::vector<Step> steps_;
  std::vector<Access> accesses_;
  std::vector<Predecessor> predecessors_;
  std::vector<Cancelled> cancelled_;
  std::vector<StepId> let_go_;
  std::vector<std::uint64_t> before_;
  std::size_t words_ = 2;
  std::vector<Object> objects_;
  std::unordered_map<Identity, ObjectId> known_;
  std::vector<Identity> blocking_;
  std::uint64_t run_ = 0;
  bool learned_ = false;
};

}  // namespace raceproof::sim
