// See locks.hpp.
#include "fakes/database/locks.hpp"

#include <algorithm>

#include "fakes/database/settings.hpp"

namespace raceproof::fakes::database {

/// One session's place in a queue.
struct LockOwner::Wait {
  Wait(Runtime& runtime, const Executor& strand, LockOwner& who, LockTag what, LockMode how)
      : owner(who), tag(what), mode(how), wakeup(runtime, strand) {}

  enum class State { waiting, granted, cancelled };
  LockOwner& owner;
  LockTag tag;
  LockMode mode;
  State state = State::waiting;
  Notice wakeup;
};

bool conflict(LockMode a, LockMode b) {
  // One row for each mode, one bit for each mode that it conflicts with, the weakest lowest.
  static constexpr std::array<unsigned, 8> conflicts = {
      0b10000000, 0b11000000, 0b11110000, 0b11111000,
      0b11101100, 0b11111100, 0b11111110, 0b11111111,
  };
  return ((conflicts.at(static_cast<std::size_t>(a)) >> static_cast<unsigned>(b)) & 1U) != 0;
}

namespace {

const char* wait_name(const LockTag& tag) {
  switch (tag.kind) {
    case LockTag::Kind::table:
      return "database table lock";
    case LockTag::Kind::row:
      return "database row lock";
    case LockTag::Kind::transaction:
      return "database transaction's end";
  }
  return "";
}

std::string_view kind_name(const LockTag& tag) {
  switch (tag.kind) {
    case LockTag::Kind::table:
      return "table";
    case LockTag::Kind::row:
      return "row";
    case LockTag::Kind::transaction:
      return "transaction";
  }
  return "";
}

}  // namespace

Locks::Locks(Runtime& runtime, Executor strand, Duration deadlock_timeout, DelayRange wake)
    : runtime_(runtime),
      strand_(std::move(strand)),
      deadlock_timeout_(deadlock_timeout),
      wake_(wake) {}

Locks::~Locks() = default;

bool Locks::conflicts_with_holders(const Lock& lock, const LockOwner& owner, LockMode mode) {
  return std::any_of(lock.holders.begin(), lock.holders.end(), [&](const Holder& holder) {
    return holder.owner != &owner && conflict(holder.mode, mode);
  });
}

bool Locks::conflicts_with_waiters(const Lock& lock, LockMode mode) {
  return std::any_of(lock.queue.begin(), lock.queue.end(),
                     [&](const WaitPointer& wait) { return conflict(wait->mode, mode); });
}

void Locks::grant(Lock& lock, LockOwner& owner, LockTag tag, LockMode mode) {
  lock.holders.push_back({&owner, mode});
  owner.held_.push_back({tag, mode});
}

bool Locks::try_acquire(LockOwner& owner, LockTag tag, LockMode mode) {
  Lock& lock = locks_[tag];
  const bool held = std::any_of(
      lock.holders.begin(), lock.holders.end(),
      [&](const Holder& holder) { return holder.owner == &owner && holder.mode == mode; });
  if (!held && (conflicts_with_waiters(lock, mode) || conflicts_with_holders(lock, owner, mode))) {
    return false;
  }
  grant(lock, owner, tag, mode);
  return true;
}

Awaitable<> Locks::acquire(LockOwner& owner, LockTag tag, LockMode mode) {
  if (try_acquire(owner, tag, mode)) co_return;
  const auto wait = std::make_shared<Wait>(runtime_, strand_, owner, tag, mode);
  if (enqueue(locks_[tag], wait)) co_return;
  runtime_.observe("db_lock_wait", {{"session", owner.session()}, {"for", kind_name(tag)}});
  owner.waiting_ = wait;
  std::exception_ptr interrupted;
  try {
    // Waits again only for the first time-out; what ends the wait otherwise is granted or
    // cancelled.
    bool told = co_await wait->wakeup.wait_until(runtime_.wait_origin() + deadlock_timeout_,
                                                 "database deadlock_timeout");
    if (!told && wait->state == Wait::State::waiting) {
      if (!can_go_on(wait, 0)) {
        runtime_.observe("db_deadlock", {{"session", owner.session()}});
        throw Error("40P01", "deadlock detected");
      }
      while (wait->state == Wait::State::waiting) {
        told = co_await wait->wakeup.wait_until(Instant::max(), wait_name(tag));
      }
    }
    if (wait->state == Wait::State::cancelled) {
      throw Error("57014", "canceling statement due to user request");
    }
  } catch (...) {
    interrupted = std::current_exception();
  }
  owner.waiting_ = nullptr;
  if (interrupted) {
    leave_queue(wait);
    std::rethrow_exception(interrupted);
  }
  if (!is_constant_zero(wake_)) {
    co_await runtime_.sleep_for(runtime_.draw(wake_, "database wake"), "database wake");
  }
}

/// Puts the wait where it belongs; true if it was granted at once after all (proc.c, ProcSleep):
/// who already holds what a waiter has to wait for goes before that waiter.
bool Locks::enqueue(Lock& lock, const WaitPointer& wait) {
  const auto holds_against = [&](const LockOwner& holder, LockMode wanted) {
    return std::any_of(lock.holders.begin(), lock.holders.end(), [&](const Holder& held) {
      return held.owner == &holder && conflict(held.mode, wanted);
    });
  };
  bool conflict_ahead = false;
  auto place = lock.queue.begin();
  for (; place != lock.queue.end(); ++place) {
    const Wait& other = **place;
    if (holds_against(wait->owner, other.mode)) {  // it must wait for us
      if (holds_against(other.owner, wait->mode)) {
        runtime_.observe("db_deadlock", {{"session", wait->owner.session()}});
        throw Error("40P01", "deadlock detected");
      }
      if (!conflict_ahead && !conflicts_with_holders(lock, wait->owner, wait->mode)) {
        grant(lock, wait->owner, wait->tag, wait->mode);
        return true;
      }
      break;
    }
    conflict_ahead = conflict_ahead || conflict(other.mode, wait->mode);
  }
  lock.queue.insert(place, wait);
  return false;
}

void Locks::leave_queue(const WaitPointer& wait) {
  const auto found = locks_.find(wait->tag);
  if (found == locks_.end()) return;
  if (std::erase(found->second.queue, wait) > 0) {
    wake(wait->tag);
  } else if (wait->state == Wait::State::granted) {
    release(wait->owner, wait->tag, wait->mode);
  }
}

void Locks::release(LockOwner& owner, LockTag tag, LockMode mode) {
  const auto found = locks_.find(tag);
  if (found == locks_.end()) return;
  auto& holders = found->second.holders;
  const auto holder = std::find_if(holders.begin(), holders.end(), [&](const Holder& held) {
    return held.owner == &owner && held.mode == mode;
  });
  if (holder == holders.end()) return;
  holders.erase(holder);
  const auto held = std::find_if(
      owner.held_.begin(), owner.held_.end(),
      [&](const LockOwner::Held& entry) { return entry.tag == tag && entry.mode == mode; });
  owner.held_.erase(held);
  wake(tag);
}

void Locks::release_all(LockOwner& owner) {
  while (!owner.held_.empty()) {
    const auto last = owner.held_.back();
    release(owner, last.tag, last.mode);
  }
}

/// Grants whatever can be granted, in the order of the queue.
void Locks::wake(LockTag tag) {
  const auto found = locks_.find(tag);
  Lock& lock = found->second;
  std::vector<WaitPointer> left;
  for (const auto& wait : std::exchange(lock.queue, {})) {
    const bool behind = std::any_of(left.begin(), left.end(), [&](const WaitPointer& ahead) {
      return conflict(ahead->mode, wait->mode);
    });
    if (behind || conflicts_with_holders(lock, wait->owner, wait->mode)) {
      left.push_back(wait);
      continue;
    }
    grant(lock, wait->owner, tag, wait->mode);
    wait->state = Wait::State::granted;
    wait->wakeup.notify();
  }
  lock.queue = std::move(left);
  if (lock.holders.empty() && lock.queue.empty()) locks_.erase(found);
}

void Locks::cancel(LockOwner& owner) {
  const auto wait = owner.waiting_;
  if (!wait || wait->state != Wait::State::waiting) return;
  wait->state = Wait::State::cancelled;
  std::erase(locks_[wait->tag].queue, wait);
  wake(wait->tag);
  wait->wakeup.notify();
}

// --- deadlocks ----------------------------------------------------------------------------------

/// Whether the wait can end, if need be after two waiters of a queue have changed places
/// (deadlock.c): waiting behind somebody is no reason for an error.
bool Locks::can_go_on(const WaitPointer& start, int depth) {
  constexpr int depth_max = 8;
  std::vector<SoftEdge> soft;
  if (!finds_cycle(start, soft)) return true;
  if (depth == depth_max) return false;
  for (const auto& edge : soft) {
    auto& queue = locks_[edge.waiter->tag].queue;
    const auto before = queue;
    std::erase(queue, edge.waiter);
    queue.insert(std::find(queue.begin(), queue.end(), edge.before), edge.waiter);
    if (can_go_on(edge.before, depth + 1) && can_go_on(start, depth + 1)) {
      wake(edge.waiter->tag);
      return true;
    }
    locks_[edge.waiter->tag].queue = before;
  }
  return false;
}

bool Locks::finds_cycle(const WaitPointer& start, std::vector<SoftEdge>& soft) {
  std::vector<const Wait*> visited;
  return leads_back(start, start, visited, soft);
}

bool Locks::leads_back(const WaitPointer& from, const WaitPointer& start,
                       std::vector<const Wait*>& visited, std::vector<SoftEdge>& soft) {
  if (std::find(visited.begin(), visited.end(), from.get()) != visited.end()) {
    return from == start;
  }
  visited.push_back(from.get());
  if (from->state != Wait::State::waiting) return false;
  const Lock& lock = locks_[from->tag];
  for (const auto& holder : lock.holders) {
    const auto& next = holder.owner->waiting_;
    if (holder.owner == &from->owner || !conflict(holder.mode, from->mode) || !next) continue;
    if (leads_back(next, start, visited, soft)) return true;
  }
  for (const auto& ahead : lock.queue) {
    if (ahead == from) break;
    if (!conflict(ahead->mode, from->mode)) continue;
    if (leads_back(ahead, start, visited, soft)) {
      soft.push_back({from, ahead});
      return true;
    }
  }
  return false;
}

}  // namespace raceproof::fakes::database
