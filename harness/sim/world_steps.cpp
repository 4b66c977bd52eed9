// The world's account of its steps: what they touch, what that says about their times, and what
// they cut off (step_log.hpp).
#include <algorithm>

#include "harness/sim/world.hpp"

namespace raceproof::sim {

Line World::line_of(const Timed& event) {
  if (event.kind == TimedKind::delivery) return {nullptr, &event.connection->ends[event.end]};
  return {event.armed_on, event.strand};
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
  step.first_event = static_cast<std::uint32_t>(trace_.events().size());
  step.sequence = timed.sequence;
  step.reach = timed.reach;
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

StepLog::Cancelled World::cancelled_now(const Timed& event) const {
  const ObjectId object = event.strand == nullptr ? UINT32_MAX : event.strand->object;
  return {event.identity, event.armed_by, steps_->current_id(), true,
          object,         event.reach,    event.point};
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
    StepLog::Cancelled cut = cancelled_now(timed);
    if (!steps_->untimed) cut_off(slot, cut);
    steps_->cancelled(cut);
  }
}

}  // namespace raceproof::sim
