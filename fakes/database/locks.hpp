// The lock manager: who holds which lock on a table, a row or a transaction, who waits for it in
// which order, and who has to give way when waiting would never end. As PostgreSQL 15 does it
// (src/backend/storage/lmgr: lock.c, proc.c, deadlock.c).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "fakes/database/statement.hpp"
#include "runtime/notice.hpp"

namespace raceproof::fakes::database {

/// What can be locked. A transaction holds the lock on itself while it is in progress, so that
/// whoever waits for its end waits for that lock; the lock on a row is held only while its holder
/// waits for that row, and gives those behind it their place.
struct LockTag {
  enum class Kind : std::uint8_t { table, row, transaction };
  Kind kind = Kind::table;
  std::int64_t table = 0;  ///< 0 for a transaction
  std::int64_t id = 0;     ///< of the row or transaction; 0 for a table
  friend auto operator<=>(const LockTag&, const LockTag&) = default;
};

/// Whether two sessions cannot hold these modes on one thing (the manual, table 13.2).
bool conflict(LockMode a, LockMode b);

class Locks;

/// Who can hold locks: one session. Used on the strand of the locks.
class LockOwner {
 public:
  explicit LockOwner(std::int64_t session) : session_(session) {}
  LockOwner(const LockOwner&) = delete;
  LockOwner& operator=(const LockOwner&) = delete;

  [[nodiscard]] std::int64_t session() const { return session_; }
  [[nodiscard]] bool waits() const { return waiting_ != nullptr; }

 private:
  friend class Locks;
  struct Wait;
  struct Held {
    LockTag tag;
    LockMode mode;
  };
  std::int64_t session_;
  std::vector<Held> held_;
  std::shared_ptr<Wait> waiting_;
};

class Locks {
 public:
  /// A wait that lasts `deadlock_timeout` looks, once, whether it would never end. Who waited goes
  /// on `wake` after it got the lock.
  Locks(Runtime& runtime, Executor strand, Duration deadlock_timeout, DelayRange wake);
  ~Locks();
  Locks(const Locks&) = delete;
  Locks& operator=(const Locks&) = delete;

  /// Takes a lock, behind those who wait for one that conflicts. Throws Error: 40P01 when the wait
  /// would never end, 57014 when it was cancelled.
  Awaitable<> acquire(LockOwner& owner, LockTag tag, LockMode mode);
  /// Takes a lock if that needs no wait.
  bool try_acquire(LockOwner& owner, LockTag tag, LockMode mode);
  void release(LockOwner& owner, LockTag tag, LockMode mode);
  void release_all(LockOwner& owner);
  /// Ends the owner's wait with 57014; without effect if there is none.
  void cancel(LockOwner& owner);

 private:
  using Wait = LockOwner::Wait;
  using WaitPointer = std::shared_ptr<Wait>;
  struct Holder {
    LockOwner* owner;
    LockMode mode;
  };
  struct Lock {
    std::vector<Holder> holders;
    std::vector<WaitPointer> queue;
  };
  /// `waiter` stands behind `before` in a queue, and for no other reason has to wait for it.
  struct SoftEdge {
    WaitPointer waiter;
    WaitPointer before;
  };

  [[nodiscard]] static bool conflicts_with_holders(const Lock& lock, const LockOwner& owner,
                                                   LockMode mode);
  [[nodiscard]] static bool conflicts_with_waiters(const Lock& lock, LockMode mode);
  void grant(Lock& lock, LockOwner& owner, LockTag tag, LockMode mode);
  bool enqueue(Lock& lock, const WaitPointer& wait);
  void leave_queue(const WaitPointer& wait);
  void wake(LockTag tag);
  bool can_go_on(const WaitPointer& start, int depth);
  bool finds_cycle(const WaitPointer& start, std::vector<SoftEdge>& soft);
  bool leads_back(const WaitPointer& from, const WaitPointer& start,
                  std::vector<const Wait*>& visited, std::vector<SoftEdge>& soft);

  Runtime& runtime_;
  Executor strand_;
  Duration deadlock_timeout_;
  DelayRange wake_;
  std::map<LockTag, Lock> locks_;
};

}  // namespace raceproof::fakes::database
