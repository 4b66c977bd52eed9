// Which event is next in a symbolic run, and what the steps of a run do to each other.
#include <algorithm>

#include "harness/sim/world.hpp"

namespace raceproof::sim {

void World::later_than(std::uint32_t slot) {
  later_.clear();
  const Timed& event = slots_[slot];
  for (const std::uint32_t other : pending_) {
    if (other == slot) continue;
    const Timed& o = slots_[other];
    const bool tie_goes_to_other = o.sequence < event.sequence && line_of(o) == line_of(event);
    later_.push_back({time_.zone_point(o.point), tie_goes_to_other ? 1 : 0, o.point});
  }
}

std::uint32_t World::next_symbolic() {
  candidates_.clear();
  for (const std::uint32_t slot : pending_) {
    if (!is_head(slot)) continue;
    later_than(slot);
    if (time_.zone().can_fire(time_.zone_point(slots_[slot].point), later_)) {
      candidates_.push_back(slot);
    }
  }
  if (candidates_.empty()) return UINT32_MAX;
  const std::uint32_t chosen = candidates_[choose_among(candidates_)];
  later_than(chosen);
  time_.fire(slots_[chosen].point, later_);
  pending_.erase(std::find(pending_.begin(), pending_.end(), chosen));
  return chosen;
}

std::uint32_t World::next_in_local_time() {
  candidates_.clear();
  for (const std::uint32_t slot : pending_) {
    if (is_head(slot)) candidates_.push_back(slot);
  }
  if (candidates_.empty()) return UINT32_MAX;
  if (steps_->wants_timely) {
    steps_->timely.clear();
    for (const std::uint32_t slot : candidates_) {
      later_than(slot);
      steps_->timely.push_back(
          time_.zone().can_fire(time_.zone_point(slots_[slot].point), later_) ? 1 : 0);
    }
  }
  const std::uint32_t chosen = candidates_[choose_among(candidates_)];
  if (steps_->given_up) return UINT32_MAX;
  time_.fire_in_local_time(slots_[chosen].point);
  pending_.erase(std::find(pending_.begin(), pending_.end(), chosen));
  return chosen;
}

void World::touch_waiter(OperationId id) {
  // Of one that has completed nothing is known: its slot may be another's. Its own strand, which is
  // the one that may cancel, is touched anyway.
  const auto slot = slot_of(id);
  if (slot != UINT32_MAX && slots_[slot].strand != nullptr) touch(slots_[slot].strand->object);
}

std::size_t World::choose_within(ChoiceKind kind, std::span<const Meaning> alternatives) {
  const std::size_t chosen = decider_->choose(kind, alternatives);
  if (steps_ != nullptr) steps_->answered(chosen);
  return chosen;
}

void World::touched(std::span<StepLog::Predecessor> conflicts) {
  if (!local_time_ || steps_->untimed) return;
  const StepLog::Step& now = steps_->current();
  if (std::exchange(touches_first_, false)) stay_behind(now.point, now.sequence, conflicts);
  for (StepLog::Predecessor& conflict : conflicts) {
    const StepLog::Step& earlier = steps_->step(conflict.step);
    conflict.reversible = time_.may_precede(now.point, earlier.point, tie_margin(now, earlier));
    if (!time_.put_in_order(earlier.point, now.point, tie_margin(earlier, now))) {
      steps_->impossible = true;
    }
  }
}

void World::begin_step(std::uint32_t slot) {
  const Timed& timed = slots_[slot];
  step_identity_ = timed.identity;
  step_parts_ = 0;
  if (steps_ == nullptr) return;
  StepId behind = StepLog::none;
  if (timed.kind == TimedKind::delivery) {
    StepId& delivered = timed.connection->ends[timed.end].last_delivery;
    behind = std::exchange(delivered, static_cast<StepId>(steps_->size()));
  }
  steps_->begin_step(timed.identity, timed.armed_by, behind);
  StepLog::Step& step = steps_->current();
  step.point = timed.point;
  step.sequence = timed.sequence;
  step.line = line_of(timed);
  if (!local_time_) {
    steps_->let_go().clear();
    return;
  }
  if (!steps_->untimed) {
    note_overtaken(timed);
    touches_first_ = true;
  }
  for (const StepId gone : steps_->let_go()) time_.forget(steps_->step(gone).point);
  steps_->let_go().clear();
}

void World::note_overtaken(const Timed& now) {
  const Line line = line_of(now);
  for (const std::uint32_t slot : pending_) {
    const Timed& other = slots_[slot];
    if (other.sequence > now.sequence || line_of(other) != line) continue;
    overtaken_.push_back({steps_->current_id(), other.sequence});
    time_.keep(now.point);
  }
}

void World::stay_behind(PointId point, std::uint32_t sequence,
                        std::span<const StepLog::Predecessor> conflicts) {
  for (const Overtaken& pair : overtaken_) {
    if (pair.sequence != sequence) continue;
    // Of a direct conflict it is decided there, after whether it can be turned round.
    if (pair.by == steps_->current_id()) continue;
    if (std::ranges::find(conflicts, pair.by, &StepLog::Predecessor::step) != conflicts.end()) {
      continue;
    }
    if (!time_.put_in_order(steps_->step(pair.by).point, point, 1)) {
      steps_->impossible = true;
    }
  }
}

void World::cut_off(std::uint32_t slot, StepLog::Cancelled& cut) {
  const Timed& timed = slots_[slot];
  const StepLog::Step& now = steps_->current();
  StepLog::Step other;
  other.line = line_of(timed);
  other.sequence = timed.sequence;
  stay_behind(timed.point, timed.sequence, {});
  cut.reversible = time_.may_precede(timed.point, now.point, tie_margin(other, now));
  if (!time_.put_in_order(now.point, timed.point, tie_margin(now, other))) {
    steps_->impossible = true;
  }
}

void World::end_cuts_off() {
  if (steps_ == nullptr) return;
  touched(steps_->end_run());
  if (!local_time_) return;
  for (const std::uint32_t slot : pending_) {
    const Timed& timed = slots_[slot];
    StepLog::Cancelled cut{timed.identity, timed.armed_by, steps_->current_id(), true};
    if (!steps_->untimed) cut_off(slot, cut);
    steps_->cancelled(cut);
  }
}

}  // namespace raceproof::sim
