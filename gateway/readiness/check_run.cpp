#include "gateway/readiness/check_run.hpp"

namespace raceproof::gateway {

namespace {

Instant earlier(Instant a, Instant b) { return b < a ? b : a; }

}  // namespace

CheckRun::Action CheckRun::looked(const Look& look, Instant now, bool with_grace) {
  ++attempts_;
  if (before_grace_) {
    const Look first = *before_grace_;
    before_grace_.reset();
    // The mistake of the original: what was seen before the wait counts, whatever happened since.
    if (check_.grace.sampled == VerdictSampled::before_grace) return {Step::pass, now, {}};
    if (look.ok && look.epoch == first.epoch) return {Step::pass, now, {}};
    return last_look_ ? Action{Step::fail, now, "time is up"} : retry(now);
  }
  return look.ok ? succeeded(look, now, with_grace) : retry(now);
}

CheckRun::Action CheckRun::succeeded(const Look& look, Instant now, bool with_grace) {
  if (!with_grace || !check_.grace.period) return {Step::pass, now, {}};
  // The wait is not the check's own time, but it is the group's.
  const Instant limit = inherited_deadline();
  if (limit < now + *check_.grace.period) return {Step::fail, now, "no time left to wait"};
  before_grace_ = look;
  return {Step::grace, now + *check_.grace.period, {}};
}

CheckRun::Action CheckRun::retry(Instant now) {
  if (last_look_) return {Step::fail, now, "time is up"};
  if (check_.policy.retry_budget > 0 && attempts_ > check_.policy.retry_budget) {
    return {Step::fail, now, "no retry left"};
  }
  Instant deadline = inherited_deadline();
  if (check_.policy.deadline) deadline = earlier(deadline, begin_ + *check_.policy.deadline);
  const Instant next = now + check_.policy.retry_delay;
  last_look_ = deadline < next;
  return {Step::look_at, last_look_ ? deadline : next, {}};
}

Instant CheckRun::inherited_deadline() const {
  return earlier(limits_.evaluation_begin + limits_.evaluation_limit,
                 limits_.group_begin + limits_.group_limit);
}

}  // namespace raceproof::gateway
