// The connections that the gateway keeps to its database, and who may use one when.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "gateway/database/errors.hpp"
#include "runtime/notice.hpp"
#include "runtime/signal.hpp"

namespace raceproof::gateway::database {

class Pool;

/// One session of the pool.
struct PooledSession {
  std::unique_ptr<Session> session;
  Duration age;           ///< in steps of the pool's `idle`
  bool rested = false;    ///< it has been idle since the last look
  bool outlived = false;  ///< it is as old as it may become
};

/// A session for one operation. Goes back to the pool when it is destroyed, unless the session is
/// broken, has been given up with `discard`, or is still in a transaction. On the pool's strand; in
/// the frame of a coroutine that is destroyed elsewhere (at the end of a process) it only closes.
class Lease {
 public:
  Lease() = default;
  Lease(std::shared_ptr<Pool> pool, std::shared_ptr<PooledSession> session);
  Lease(Lease&& other) noexcept { *this = std::move(other); }
  Lease& operator=(Lease&& other) noexcept;
  ~Lease();

  [[nodiscard]] Session& session() const { return *session_->session; }
  [[nodiscard]] bool has_session() const { return session_ != nullptr; }
  [[nodiscard]] bool usable() const { return session_ != nullptr && session_->session->usable(); }
  /// Between the beginning of a transaction and its known end.
  void set_in_transaction(bool value) { in_transaction_ = value; }
  /// The session must not be used again.
  void discard();

 private:
  friend class Pool;
  void give_back();

  std::weak_ptr<Pool> pool_;
  bool holds_ = false;  // a place in the pool; the session may still have to be opened
  std::shared_ptr<PooledSession> session_;
  bool in_transaction_ = false;
};

/// How the pool stands.
struct PoolFigures {
  std::int64_t in_use = 0;  ///< leased, or being opened
  std::int64_t idle = 0;
  std::int64_t waiting = 0;
};

/// Sessions from none up to `size`, opened when they are needed. Who comes first is served first: a
/// session that becomes free goes to the longest waiting, never past them. Everything on `strand`.
/// Observes pool{in_use, idle, waiting} after each change.
class Pool : public std::enable_shared_from_this<Pool> {
 public:
  /// `database` and `settings` must outlive the pool and what it leased.
  Pool(Runtime& runtime, Database& database, const DatabaseSettings& settings, Executor strand);

  /// A session that is not in a transaction. Throws DatabaseError: exhausted (53300) when none
  /// became free within `pool.wait`, connection (08001) when none could be opened within
  /// `connect_timeout`, or what the server said. Cancellable. With `checkout: shared` everybody
  /// gets the same session.
  Awaitable<Lease> acquire();
  /// Closes the sessions that lie idle: when one was lost, the others probably are.
  void discard_idle();
  /// Closes what lies unused for too long or has become too old; never returns. A session is
  /// looked at once in every `pool.idle`, so that no two times need be compared.
  Awaitable<> keep_house();
  /// Refuses everybody who waits or comes later, and closes what is idle, now or when it is given
  /// back.
  void stop();
  [[nodiscard]] PoolFigures figures() const;

 private:
  friend class Lease;
  struct Waiter;
  class InLine;

  Lease take();
  Awaitable<Lease> wait_for_lease();
  Awaitable<> open(Lease& lease);
  Awaitable<Lease> share();
  void give_back(std::shared_ptr<PooledSession> session, bool keep);
  void serve_waiting();
  [[nodiscard]] bool has_room() const;
  void look_at_idle();
  void changed();
  [[noreturn]] static void throw_stopped();

  Runtime& runtime_;
  Database& database_;
  const DatabaseSettings& settings_;
  Executor strand_;
  std::int64_t in_use_ = 0;
  std::vector<std::shared_ptr<PooledSession>> idle_;  // the one used last at the back
  std::deque<std::shared_ptr<Waiter>> waiting_;
  std::vector<std::weak_ptr<PooledSession>> leased_;  // so that they become older too
  Notice opened_;                                     // there is something to keep house for
  bool stopped_ = false;
  // Of `checkout: shared` only.
  std::shared_ptr<PooledSession> shared_;
  bool sharing_begins_ = false;
  Signal shared_opened_;
};

}  // namespace raceproof::gateway::database
