#include "harness/explore/reduction.hpp"

#include <algorithm>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

namespace raceproof::explore {

using sim::Access;
using sim::Identity;
using sim::StepId;
using sim::StepLog;

/// What a step touched, and how it answered the questions inside it.
struct Reduction::Footprint
    : boost::intrusive_ref_counter<Footprint, boost::thread_unsafe_counter> {
  Identity identity = 0;
  bool on_everything = false;  ///< it ended the run, or is not known
  std::vector<Access> accesses;
  std::vector<std::uint32_t> answers;
};

/// A node of a wake-up tree: a step, and what is to follow it.
struct Reduction::Branch {
  FootprintPtr step;
  Branches below;
};

/// A choice on the way to the current run: which step is next, or an answer inside a step.
struct Reduction::Node {
  bool is_step = true;
  std::uint32_t chosen = 0;
  // A step:
  StepId step = 0;
  Identity identity = 0;
  std::vector<FootprintPtr> sleep;  ///< visited from here, or asleep already
  FootprintPtr taken;               ///< of the chosen step, over all its answers
  Branches branches;                ///< to be visited from here
  // An answer:
  std::uint32_t alternatives = 0;
  std::uint32_t first = 0;       ///< the alternative that was followed first
  std::uint32_t next = 0;        ///< the others are followed in their order from here
  std::uint32_t continuing = 0;  ///< thread steps: the alternative that preempts nobody, if any
  bool can_continue = false;
  std::uint32_t preemptions = 0;  ///< before this choice
};

namespace {

bool dependent(std::span<const Access> a, std::span<const Access> b) {
  for (const Access& one : a) {
    for (const Access& other : b) {
      if (one.object == other.object && (one.write || other.write)) return true;
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
  preemptions_ = 0;
  running_ = UINT32_MAX;
  log_.wants_timely = !options_.untimed && length_ == 0;
}

std::size_t Reduction::choose(sim::ChoiceKind kind, std::span<const sim::Meaning> alternatives) {
  const bool is_step = kind == sim::ChoiceKind::next_event;
  if (is_step) {
    answers_in_step_ = 0;
    running_ = UINT32_MAX;
  }
  if (depth_ < length_) {
    Node& node = path_[depth_];
    if (is_step && node.chosen == UINT32_MAX) {
      const auto found = std::ranges::find(alternatives, node.identity, &sim::Meaning::identity);
      if (found == alternatives.end()) {
        log_.given_up = true;
        return 0;
      }
      node.chosen = static_cast<std::uint32_t>(found - alternatives.begin());
    }
    if (!is_step) {
      ++answers_in_step_;
      if (kind == sim::ChoiceKind::thread_step) count_thread_step(node, alternatives);
    }
    return took(node.chosen);
  }
  return is_step ? next_step(alternatives) : next_answer(kind, alternatives);
}

std::size_t Reduction::took(std::size_t chosen) {
  ++depth_;
  if (trail_ != nullptr) trail_->push_back({static_cast<std::uint32_t>(chosen), 0, false});
  log_.wants_timely = !options_.untimed && depth_ >= length_;
  return chosen;
}

Reduction::Node& Reduction::push_node() {
  if (length_ == path_.size()) path_.emplace_back();
  Node& node = path_[length_++];
  node.sleep.clear();
  node.taken = nullptr;
  node.branches.clear();
  return node;
}

std::size_t Reduction::next_step(std::span<const sim::Meaning> alternatives) {
  const StepId before = log_.current_id();
  note_footprint(before);
  Node& node = push_node();
  node.is_step = true;
  node.step = before + 1;
  if (before > 0) {
    const auto done = log_.accesses(before);
    for (const FootprintPtr& sleeper : path_[node_of_[before]].sleep) {
      if (!sleeper->on_everything && !dependent(sleeper->accesses, done)) {
        node.sleep.push_back(sleeper);
      }
    }
  }
  const auto asleep = [&](Identity identity) {
    return std::ranges::any_of(
        node.sleep, [&](const FootprintPtr& sleeper) { return sleeper->identity == identity; });
  };
  std::size_t chosen = alternatives.size();
  guiding_ = nullptr;
  node.branches = std::move(guide_);
  guide_.clear();
  while (!node.branches.empty() && chosen == alternatives.size()) {
    Branch branch = std::move(node.branches.front());
    node.branches.erase(node.branches.begin());
    const Identity wanted = branch.step->identity;
    if (asleep(wanted)) continue;
    const auto found = std::ranges::find(alternatives, wanted, &sim::Meaning::identity);
    chosen = static_cast<std::size_t>(found - alternatives.begin());
    if (found == alternatives.end()) continue;
    guiding_ = std::move(branch.step);
    guide_ = std::move(branch.below);
  }
  // Left to itself: anything; of timed runs, what can be the next in time. Of the events that are
  // left, the first in time is one that nothing else has to precede: if all that could be it are
  // asleep, then so is every class that goes on from here.
  for (std::size_t i = 0; i < alternatives.size() && chosen == alternatives.size(); ++i) {
    if (!options_.untimed && log_.timely[i] == 0) continue;
    if (!asleep(alternatives[i].identity)) chosen = i;
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
  return took(chosen);
}

void Reduction::count_thread_step(const Node& node, std::span<const sim::Meaning> alternatives) {
  preemptions_ = node.preemptions + (node.can_continue && node.chosen != node.continuing ? 1 : 0);
  running_ = alternatives[node.chosen].strand;
}

bool Reduction::within_bound(const Node& node, std::uint32_t alternative) {
  const bool preempts = node.can_continue && alternative != node.continuing;
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
  node.can_continue = false;
  if (kind == sim::ChoiceKind::thread_step) {
    const auto same = std::ranges::find(alternatives, running_, &sim::Meaning::strand);
    node.can_continue = same != alternatives.end();
    node.continuing = static_cast<std::uint32_t>(same - alternatives.begin());
  }
  node.chosen = node.can_continue ? node.continuing : 0;
  if (guiding_ && answers_in_step_ < guiding_->answers.size()) {
    const std::uint32_t guided = guiding_->answers[answers_in_step_];
    if (guided < node.alternatives) node.chosen = guided;
  }
  node.first = node.chosen;
  node.next = 0;
  ++answers_in_step_;
  if (kind == sim::ChoiceKind::thread_step) count_thread_step(node, alternatives);
  return took(node.chosen);
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
  both->on_everything |= now->on_everything;
  for (const Access& access : now->accesses) {
    const auto known = std::ranges::find(both->accesses, access.object, &Access::object);
    if (known == both->accesses.end()) {
      both->accesses.push_back(access);
    } else {
      known->write |= access.write;
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
  for (std::size_t i = node_of_[step] + 1; i < length_ && !path_[i].is_step; ++i) {
    made->answers.push_back(path_[i].chosen);
  }
  known = std::move(made);
  return known;
}

bool Reduction::next() {
  if (log_.learned()) {
    length_ = 0;
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
  if (log_.given_up) {
    ++blocked_;
  } else {
    note_footprint(log_.current_id());
    ++(log_.impossible ? impossible_ : classes_);
  }
  // An optimal reduction finds all it needs in runs that are complete.
  const bool complete_only = options_.untimed && options_.kind == ReductionOptions::Kind::optimal;
  if (!log_.given_up || !complete_only) reverse_races();
  const bool more = backtrack();
  begin_run();
  return more;
}

void Reduction::reverse_races() {
  for (StepId later = first_changed_; later < log_.size(); ++later) {
    const auto predecessors = log_.predecessors(later);
    for (const auto& [earlier, reversible] : predecessors) {
      if (earlier == 0 || !reversible) continue;
      const bool direct = std::ranges::none_of(predecessors, [&](const auto& other) {
        return log_.happens_before(earlier, other.step);
      });
      if (direct) reverse(earlier, later);
    }
  }
  for (const StepLog::Cancelled& event : log_.cancelled()) {
    if (event.by >= first_changed_ && event.armed_by != event.by && event.reversible) {
      reverse_cancellation(event);
    }
  }
}

void Reduction::reverse(StepId earlier, StepId later) {
  // What follows `earlier` without depending on it, then `later`.
  scratch_.clear();
  const StepId end = static_cast<StepId>(log_.size()) - (log_.impossible ? 1 : 0);
  for (StepId step = earlier + 1; step < end; ++step) {
    if (step != later && !log_.happens_before(earlier, step)) scratch_.push_back(step);
  }
  scratch_.push_back(later);
  Node& node = path_[node_of_[earlier]];
  if (options_.kind == ReductionOptions::Kind::source) {
    insert_initial(node, scratch_);
  } else {
    insert(node, scratch_);
  }
}

void Reduction::reverse_cancellation(const StepLog::Cancelled& event) {
  Node& node = path_[node_of_[event.by]];
  const auto is_it = [&](Identity identity) { return identity == event.identity; };
  for (const FootprintPtr& sleeper : node.sleep) {
    if (is_it(sleeper->identity)) return;
  }
  for (const Branch& branch : node.branches) {
    if (is_it(branch.step->identity)) return;
  }
  auto unknown = boost::intrusive_ptr<Footprint>(new Footprint);
  unknown->identity = event.identity;
  unknown->on_everything = true;
  node.branches.push_back({std::move(unknown), {}});
}

bool Reduction::is_initial(std::span<const StepId> sequence, std::size_t index) const {
  return std::ranges::none_of(sequence.first(index), [&](StepId before) {
    return log_.happens_before(before, sequence[index]);
  });
}

bool Reduction::is_independent(const Footprint& step, std::span<const StepId> sequence) const {
  return !step.on_everything && std::ranges::none_of(sequence, [&](StepId other) {
    return log_.step(other).last || dependent(step.accesses, log_.accesses(other));
  });
}

void Reduction::insert(Node& node, std::vector<StepId> rest) {
  const auto position = [&](Identity identity) {
    std::size_t i = 0;
    while (i < rest.size() && log_.step(rest[i]).identity != identity) ++i;
    return i;
  };
  for (const FootprintPtr& sleeper : node.sleep) {
    const std::size_t at = position(sleeper->identity);
    if (at < rest.size() ? is_initial(rest, at)
                         : options_.untimed && is_independent(*sleeper, rest)) {
      return;  // visited already, or asleep because it is visited elsewhere
    }
  }
  Branches* level = &node.branches;
  while (true) {
    Branch* fitting = nullptr;
    for (Branch& branch : *level) {
      const std::size_t at = position(branch.step->identity);
      if (at < rest.size()) {
        if (!is_initial(rest, at)) continue;
        // With other answers, it is followed when the step's alternatives are.
        if (footprint(rest[at])->answers != branch.step->answers) return;
        rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(at));
      } else if (!options_.untimed || !is_independent(*branch.step, rest)) {
        continue;
      }
      fitting = &branch;
      break;
    }
    if (fitting == nullptr) break;
    if (fitting->below.empty() || rest.empty()) return;
    level = &fitting->below;
  }
  append(*level, rest);
}

void Reduction::insert_initial(Node& node, std::span<const StepId> sequence) {
  for (std::size_t i = 0; i < sequence.size(); ++i) {
    if (!is_initial(sequence, i)) continue;
    const Identity identity = log_.step(sequence[i]).identity;
    const auto known = [&](const Identity& other) { return other == identity; };
    for (const FootprintPtr& sleeper : node.sleep) {
      if (known(sleeper->identity)) return;
    }
    for (const Branch& branch : node.branches) {
      if (known(branch.step->identity)) return;
    }
  }
  append(node.branches, sequence.first(1));
}

void Reduction::append(Branches& level, std::span<const StepId> sequence) {
  Branches* at = &level;
  for (const StepId step : sequence) {
    Branch& branch = at->emplace_back();
    branch.step = footprint(step);
    at = &branch.below;
  }
}

bool Reduction::backtrack() {
  while (length_ > 0) {
    Node& node = path_[length_ - 1];
    guide_.clear();
    guiding_ = nullptr;
    if (node.is_step) {
      if (node.taken) node.sleep.push_back(node.taken);
      node.taken = nullptr;
      if (!node.branches.empty()) {
        Branch branch = std::move(node.branches.front());
        node.branches.erase(node.branches.begin());
        node.identity = branch.step->identity;
        guiding_ = branch.step;
        guide_ = std::move(branch.below);
        node.chosen = UINT32_MAX;  // found by its identity when the run comes there
        first_changed_ = node.step;
        node_of_.resize(node.step + 1);
        footprints_.resize(std::min<std::size_t>(footprints_.size(), node.step));
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
