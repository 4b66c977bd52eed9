#include "harness/explore/reduction.hpp"

#include <algorithm>
#include <utility>

#include "harness/explore/reduction_tree.hpp"
#include "harness/sim/time_model.hpp"

namespace raceproof::explore {

using sim::Access;
using sim::Identity;
using sim::StepId;
using sim::StepLog;

namespace {

bool dependent(std::span<const Access> a, std::span<const Access> b) {
  for (const Access& one : a) {
    for (const Access& other : b) {
      if (one.object == other.object && (one.write || other.write)) return true;
    }
  }
  return false;
}

/// Whether the two could be dependent if they read something else than they did.
bool maybe_dependent(std::span<const Access> a, std::span<const Access> b) {
  for (const Access& one : a) {
    for (const Access& other : b) {
      if (one.object == other.object && (one.may_write || other.may_write)) return true;
    }
  }
  return false;
}

}  // namespace

Reduction::Reduction(const ReductionOptions& options) : options_(options) {
  log_.untimed = options.untimed;
  begin_run();
}

Reduction::~Reduction() = default;

void Reduction::begin_run() {
  depth_ = 0;
  answers_in_step_ = 0;
  at_step_ = 0;
  way_ = 0;
  preemptions_ = 0;
  log_.wants_timely = !options_.untimed && length_ <= 1;
}

std::size_t Reduction::choose(sim::ChoiceKind kind, std::span<const sim::Meaning> alternatives) {
  const bool is_step = kind == sim::ChoiceKind::next_event;
  if (is_step) answers_in_step_ = 0;
  if (depth_ < length_) {
    Node& node = path_[depth_];
    if (is_step && node.chosen == UINT32_MAX) {
      const auto found = std::ranges::find(alternatives, node.identity, &sim::Meaning::identity);
      const std::size_t chosen = node.identity == 0
                                     ? anything(node, alternatives)
                                     : static_cast<std::size_t>(found - alternatives.begin());
      if (chosen == alternatives.size()) {
        log_.given_up = true;
        return 0;
      }
      node.chosen = static_cast<std::uint32_t>(chosen);
      node.identity = alternatives[chosen].identity;
    }
    if (!is_step) {
      ++answers_in_step_;
      preemptions_ = node.preemptions + (node.preempts && node.chosen != 0 ? 1 : 0);
    }
    return took(kind, alternatives, node.chosen);
  }
  return is_step ? next_step(alternatives) : next_answer(kind, alternatives);
}

std::size_t Reduction::took(sim::ChoiceKind kind, std::span<const sim::Meaning> alternatives,
                            std::size_t chosen) {
  if (kind == sim::ChoiceKind::next_event) {
    at_step_ = depth_;
    way_ = 1;
  } else if (alternatives[chosen].identity == 0) {
    way_ = 0;  // comparisons of times have no names
  } else if (way_ != 0 && (kind != sim::ChoiceKind::timer_queued || chosen != 0)) {
    // A timer that was not queued is what it is where nobody asks.
    way_ = sim::mix(sim::mix(way_, alternatives[chosen].identity), chosen);
  }
  log_.in_vain = path_[at_step_].dozes(way_);
  ++depth_;
  if (trail_ != nullptr) trail_->push_back({static_cast<std::uint32_t>(chosen), 0, false});
  log_.wants_timely = !options_.untimed && depth_ + 1 >= length_;
  return chosen;
}

Reduction::Node& Reduction::push_node() {
  if (length_ == path_.size()) path_.emplace_back();
  Node& node = path_[length_++];
  node.sleep.clear();
  node.dozing.clear();
  node.taken = nullptr;
  node.branches.clear();
  node.anything = false;
  if (!node.tried.empty()) node.tried = {};  // not clear(), which visits what once was full
  return node;
}

std::size_t Reduction::next_step(std::span<const sim::Meaning> alternatives) {
  const StepId before = log_.current_id();
  note_footprint(before);
  Node& node = push_node();
  node.is_step = true;
  node.step = before + 1;
  if (before > 0) {
    const auto stays = [done = log_.accesses(before)](const FootprintPtr& sleeper) {
      return !sleeper->on_everything && !dependent(sleeper->accesses, done);
    };
    const Node& last = path_[node_of_[before]];
    std::ranges::copy_if(last.dozing, std::back_inserter(node.dozing), stays);
    for (const FootprintPtr& sleeper : last.sleep) {
      if (stays(sleeper)) {
        node.sleep.push_back(sleeper);
      } else {
        std::ranges::copy_if(sleeper->ways, std::back_inserter(node.dozing), stays);
      }
    }
  }
  std::size_t chosen = alternatives.size();
  guiding_ = nullptr;
  node.branches = std::move(guide_);
  node.anything = guide_anything_;
  guide_.clear();
  guide_anything_ = false;
  while (!node.branches.empty() && chosen == alternatives.size()) {
    Branch branch = std::move(node.branches.front());
    node.branches.erase(node.branches.begin());
    const Identity wanted = branch.step->identity;
    if (node.asleep(wanted)) continue;
    const auto found = std::ranges::find(alternatives, wanted, &sim::Meaning::identity);
    chosen = static_cast<std::size_t>(found - alternatives.begin());
    if (found == alternatives.end()) continue;
    follow(std::move(branch));
  }
  if (chosen == alternatives.size()) {
    node.anything = false;
    chosen = anything(node, alternatives);
  }
  if (chosen == alternatives.size()) {
    --length_;
    log_.given_up = true;
    return 0;
  }
  node.chosen = static_cast<std::uint32_t>(chosen);
  node.identity = alternatives[chosen].identity;
  node_of_.resize(before + 1);
  node_of_.push_back(static_cast<std::uint32_t>(length_ - 1));
  return took(sim::ChoiceKind::next_event, alternatives, chosen);
}

void Reduction::follow(Branch branch) {
  guiding_ = std::move(branch.step);
  guide_ = std::move(branch.below);
  guide_anything_ = branch.anything;
}

/// What a node left to itself takes: whatever is not asleep; of timed runs, what can be the next in
/// time. Of the events that are left, the first in time is one that nothing else has to precede: if
/// all that could be it are asleep, then so is every class that goes on from here.
std::size_t Reduction::anything(const Node& node,
                                std::span<const sim::Meaning> alternatives) const {
  for (std::size_t i = 0; i < alternatives.size(); ++i) {
    if (!options_.untimed && log_.timely[i] == 0) continue;
    if (!node.asleep(alternatives[i].identity)) return i;
  }
  return alternatives.size();
}

bool Reduction::within_bound(const Node& node, std::uint32_t alternative) {
  const bool preempts = node.preempts && alternative != 0;
  if (node.preemptions + (preempts ? 1 : 0) <= options_.preemptions) return true;
  bounded_ = true;
  return false;
}

std::size_t Reduction::next_answer(sim::ChoiceKind kind,
                                   std::span<const sim::Meaning> alternatives) {
  Node& node = push_node();
  node.is_step = false;
  node.alternatives = static_cast<std::uint32_t>(alternatives.size());
  node.preemptions = preemptions_;
  node.preempts = kind == sim::ChoiceKind::thread_step;
  node.chosen = 0;
  if (guiding_ && answers_in_step_ < guiding_->answers.size()) {
    const std::uint32_t guided = guiding_->answers[answers_in_step_];
    if (guided < node.alternatives && within_bound(node, guided)) node.chosen = guided;
  }
  node.first = node.chosen;
  node.next = 0;
  ++answers_in_step_;
  preemptions_ += node.preempts && node.chosen != 0 ? 1 : 0;
  return took(kind, alternatives, node.chosen);
}

void Reduction::note_footprint(StepId step) {
  if (step == 0 || step < first_changed_) return;
  Node& node = path_[node_of_[step]];
  const FootprintPtr& now = footprint(step);
  if (!node.taken) {
    node.taken = now;
    return;
  }
  // Other answers, perhaps other objects.
  auto both = boost::intrusive_ptr<Footprint>(new Footprint(*node.taken));
  if (both->ways.empty()) both->ways.push_back(node.taken);
  both->ways.push_back(now);
  both->on_everything |= now->on_everything;
  for (const Access& access : now->accesses) {
    const auto known = std::ranges::find(both->accesses, access.object, &Access::object);
    if (known == both->accesses.end()) {
      both->accesses.push_back(access);
    } else {
      known->write |= access.write;
      known->may_write |= access.may_write;
    }
  }
  node.taken = std::move(both);
}

const Reduction::FootprintPtr& Reduction::footprint(StepId step) {
  if (footprints_.size() <= step) footprints_.resize(step + 1);
  FootprintPtr& known = footprints_[step];
  if (known) return known;
  auto made = boost::intrusive_ptr<Footprint>(new Footprint);
  made->identity = log_.step(step).identity;
  made->on_everything = log_.step(step).last;
  const auto accesses = log_.accesses(step);
  made->accesses.assign(accesses.begin(), accesses.end());
  if (step == log_.current_id()) made->way = way_;
  for (std::size_t i = node_of_[step] + 1; i < length_ && !path_[i].is_step; ++i) {
    made->answers.push_back(path_[i].chosen);
  }
  known = std::move(made);
  return known;
}

bool Reduction::next() {
  if (log_.learned()) {
    length_ = 0;
    guide_anything_ = false;
    node_of_.clear();
    footprints_.clear();
    guide_.clear();
    guiding_ = nullptr;
    first_changed_ = 1;
    classes_ = blocked_ = impossible_ = 0;
    bounded_ = false;
    restarted_ = true;
    begin_run();
    return true;
  }
  (void)log_.class_hash();  // hashes of all steps
  if (log_.given_up) {
    ++blocked_;
  } else {
    ++(log_.impossible ? impossible_ : classes_);
  }
  if (!log_.given_up || log_.in_vain) note_footprint(log_.current_id());
  // An optimal reduction finds all it needs in runs that are complete.
  const bool complete_only = merges() && options_.kind == ReductionOptions::Kind::optimal;
  if (!log_.given_up || !complete_only) reverse_races();
  const bool more = backtrack();
  begin_run();
  return more;
}

void Reduction::reverse_races() {
  // Where sequences merge, what follows a race does not matter: a race is looked at once. Elsewhere
  // it does: whether a branch covers the reversed race is known only of what follows in the same
  // run.
  const StepId first = merges() ? first_changed_ : 1;
  for (StepId later = first; later < log_.size(); ++later) {
    const auto predecessors = log_.predecessors(later);
    for (const auto& [earlier, reversible] : predecessors) {
      if (earlier == 0) continue;
      const bool direct = std::ranges::none_of(predecessors, [&](const auto& other) {
        return log_.happens_before(earlier, other.step);
      });
      if (!direct) continue;
      if (reversible) {
        reverse(earlier, later);
      } else {
        overtake(earlier, later);
      }
    }
  }
  for (const StepLog::Cancelled& event : log_.cancelled()) {
    if (event.by < first || event.armed_by == event.by) continue;
    if (event.reversible) {
      reverse_cancellation(event, event.by);
    } else {
      overtake(event);
    }
  }
}

// What forbids that `later` comes before `earlier` may be the order of other steps. Perhaps it can
// come before those, and before `earlier` with them.
void Reduction::overtake(StepId earlier, StepId later) {
  const StepLog::Step& step = log_.step(later);
  for (StepId other = earlier; --other > step.armed_by;) {
    const bool enabled = !log_.happens_before(other, step.armed_by) &&
                         (step.behind == StepLog::none ||
                          (step.behind != other && !log_.happens_before(other, step.behind)));
    if (enabled && log_.happens_before(other, later) &&
        dependent(log_.accesses(other), log_.accesses(later)) &&
        log_.may_ever_precede(step.armed_by, step.reach, other)) {
      reverse(other, later, true);
    }
  }
}

/// Whether times exist for what precedes `earlier`, or does not depend on it, and then the event at
/// `point` before it.
bool Reduction::can_overtake(StepId earlier, std::uint32_t point) {
  happened_.assign(log_.time->point_count(), false);
  happened_[0] = true;
  const auto end = log_.size() - (log_.impossible ? 1 : 0);
  for (StepId step = 1; step < end; ++step) {
    const bool stays = step < earlier || (step > earlier && !log_.happens_before(earlier, step));
    if (stays && log_.step(step).point != point) happened_[log_.step(step).point] = true;
  }
  return log_.time->may_follow(happened_, point, log_.step(earlier).point);
}

void Reduction::overtake(const StepLog::Cancelled& event) {
  for (StepId other = event.by; --other > event.armed_by;) {
    if (log_.happens_before(other, event.by) && !log_.happens_before(other, event.armed_by) &&
        log_.touched(other, event.object) &&
        log_.may_ever_precede(event.armed_by, event.reach, other)) {
      reverse_cancellation(event, other, true);
    }
  }
}

void Reduction::reverse(StepId earlier, StepId later, bool overtakes) {
  Sequence sequence = independent_of(earlier);
  std::erase(sequence.steps, later);
  sequence.last = later;
  sequence.last_identity = log_.step(later).identity;
  Node& node = path_[node_of_[earlier]];
  if (!is_new(node, sequence)) return;
  if (overtakes && !can_overtake(earlier, log_.step(later).point)) return;
  insert(node, std::move(sequence));
}

void Reduction::reverse_cancellation(const StepLog::Cancelled& event, StepId earlier,
                                     bool overtakes) {
  Sequence sequence = independent_of(earlier);
  sequence.last = StepLog::none;
  sequence.last_identity = event.identity;
  Node& node = path_[node_of_[earlier]];
  if (!is_new(node, sequence)) return;
  if (overtakes && !can_overtake(earlier, event.point)) return;
  insert(node, std::move(sequence));
}

/// Whether `sequence` has not been tried at `node`. Races of the part that runs share come back
/// with each of them.
bool Reduction::is_new(Node& node, const Sequence& sequence) const {
  Identity key = sequence.last_identity;
  for (const StepId step : sequence.steps) key = sim::mix(key, log_.step(step).hash);
  return node.tried.insert(key).second;
}

/// What comes after `step` without depending on it.
Reduction::Sequence Reduction::independent_of(StepId step) const {
  Sequence sequence;
  const StepId end = static_cast<StepId>(log_.size()) - (log_.impossible ? 1 : 0);
  for (StepId other = step + 1; other < end; ++other) {
    if (!log_.happens_before(step, other)) sequence.steps.push_back(other);
  }
  return sequence;
}

bool Reduction::is_independent(const Footprint& step, const Sequence& sequence) const {
  const auto independent_of_step = [&](StepId other) {
    return !log_.step(other).last && !dependent(step.accesses, log_.accesses(other));
  };
  if (step.on_everything || !std::ranges::all_of(sequence.steps, independent_of_step)) return false;
  if (!sequence.has_last) return true;
  return sequence.last != StepLog::none && !log_.step(sequence.last).last &&
         !maybe_dependent(step.accesses, log_.accesses(sequence.last));
}

/// Whether every run that begins with `sequence` can begin with `step` just as well, because it is
/// part of the sequence and nothing in the sequence has to precede it. Of the last step of a
/// sequence, what it touches in its new place is known only if it has been there (`known_here`), or
/// if steps always touch the same.
bool Reduction::is_initial(const Footprint& step, const Sequence& sequence, bool known_here) const {
  if (sequence.has_last && step.identity == sequence.last_identity) {
    if (sequence.steps.empty()) return true;
    if (known_here) {
      Sequence others = sequence;
      others.has_last = false;
      return is_independent(step, others);
    }
    return options_.fixed_footprints && sequence.last != StepLog::none &&
           std::ranges::none_of(sequence.steps, [&](StepId before) {
             return log_.happens_before(before, sequence.last);
           });
  }
  for (const StepId candidate : sequence.steps) {
    if (log_.step(candidate).identity == step.identity) {
      return std::ranges::none_of(
          sequence.steps, [&](StepId before) { return log_.happens_before(before, candidate); });
    }
  }
  return false;
}

bool Reduction::contains(const Sequence& sequence, Identity identity) const {
  return (sequence.has_last && sequence.last_identity == identity) ||
         std::ranges::any_of(sequence.steps,
                             [&](StepId step) { return log_.step(step).identity == identity; });
}

void Reduction::insert(Node& node, Sequence rest) {
  for (const FootprintPtr& sleeper : node.sleep) {
    const bool visited = contains(rest, sleeper->identity)
                             ? is_initial(*sleeper, rest, true)
                             : merges() && is_independent(*sleeper, rest);
    if (visited) return;  // from here, or elsewhere if it was asleep already
  }
  if (options_.kind == ReductionOptions::Kind::source) {
    insert_initial(node, rest);
    return;
  }
  Branches* level = &node.branches;
  while (true) {
    Branch* fitting = nullptr;
    for (Branch& branch : *level) {
      if (contains(rest, branch.step->identity)) {
        if (!is_initial(*branch.step, rest, false)) continue;
        if (!take(*branch.step, rest)) return;
      } else if (!merges() || !is_independent(*branch.step, rest)) {
        continue;
      }
      fitting = &branch;
      break;
    }
    if (fitting == nullptr) break;
    const bool used_up = rest.steps.empty() && !rest.has_last;
    if (merges() && (fitting->below.empty() || used_up)) return;
    // Nothing may be left to what a branch finds by itself: the way there can lead through classes
    // that are asleep.
    if (fitting->below.empty() || used_up) fitting->anything = true;
    if (used_up) return;
    level = &fitting->below;
  }
  append(*level, rest);
}

/// Takes `step` out of the sequence. False if it answered otherwise there: it is then followed when
/// the step's other answers are.
bool Reduction::take(const Footprint& step, Sequence& sequence) {
  if (sequence.has_last && sequence.last_identity == step.identity) {
    sequence.has_last = false;
    return true;
  }
  const auto at = std::ranges::find_if(sequence.steps, [&](StepId candidate) {
    return log_.step(candidate).identity == step.identity;
  });
  const bool same = footprint(*at)->answers == step.answers;
  sequence.steps.erase(at);
  return same;
}

/// Source sets: it is enough that some step with which the sequence can begin is visited.
void Reduction::insert_initial(Node& node, const Sequence& sequence) {
  for (const Branch& branch : node.branches) {
    if (is_initial(*branch.step, sequence, false)) return;
  }
  Sequence first;
  first.has_last = sequence.steps.empty();
  if (first.has_last) {
    first.last = sequence.last;
    first.last_identity = sequence.last_identity;
  } else {
    first.steps.push_back(sequence.steps.front());
  }
  append(node.branches, first);
}

void Reduction::append(Branches& level, const Sequence& sequence) {
  Branches* at = &level;
  for (const StepId step : sequence.steps) {
    Branch& branch = at->emplace_back();
    branch.step = footprint(step);
    at = &branch.below;
  }
  if (!sequence.has_last) return;
  if (sequence.last != StepLog::none) {
    at->push_back({footprint(sequence.last), {}, false});
    return;
  }
  auto unknown = boost::intrusive_ptr<Footprint>(new Footprint);
  unknown->identity = sequence.last_identity;
  unknown->on_everything = true;
  at->push_back({std::move(unknown), {}, false});
}

/// The next run takes another step at `node`: by its identity, or 0 for anything.
void Reduction::retake(Node& node) {
  node.chosen = UINT32_MAX;  // its position is known when the run comes there
  first_changed_ = node.step;
  node_of_.resize(node.step + 1);
  footprints_.resize(std::min<std::size_t>(footprints_.size(), node.step));
}

bool Reduction::backtrack() {
  while (length_ > 0) {
    Node& node = path_[length_ - 1];
    guide_.clear();
    guide_anything_ = false;
    guiding_ = nullptr;
    if (node.is_step) {
      if (node.taken) node.sleep.push_back(node.taken);
      node.taken = nullptr;
      while (!node.branches.empty()) {
        Branch branch = std::move(node.branches.front());
        node.branches.erase(node.branches.begin());
        if (node.asleep(branch.step->identity)) continue;
        node.identity = branch.step->identity;
        follow(std::move(branch));
        retake(node);
        return true;
      }
      if (std::exchange(node.anything, false)) {
        node.identity = 0;
        retake(node);
        return true;
      }
    } else {
      while (node.next < node.alternatives &&
             (node.next == node.first || !within_bound(node, node.next))) {
        ++node.next;
      }
      if (node.next < node.alternatives) {
        node.chosen = node.next++;
        std::size_t owner = length_ - 1;
        while (owner > 0 && !path_[owner].is_step) --owner;
        first_changed_ = path_[owner].is_step ? path_[owner].step : 1;
        node_of_.resize(first_changed_ + (path_[owner].is_step ? 1 : 0));
        footprints_.resize(std::min<std::size_t>(footprints_.size(), first_changed_));
        return true;
      }
    }
    --length_;
  }
  return false;
}

}  // namespace raceproof::explore
