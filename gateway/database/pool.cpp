#include "gateway/database/pool.hpp"

#include <algorithm>
#include <utility>

#include "runtime/time_limit.hpp"

namespace raceproof::gateway::database {

Lease::Lease(std::shared_ptr<Pool> pool, std::shared_ptr<PooledSession> session)
    : pool_(std::move(pool)), holds_(true), session_(std::move(session)) {}

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this == &other) return *this;
  give_back();
  pool_ = std::move(other.pool_);
  holds_ = std::exchange(other.holds_, false);
  session_ = std::move(other.session_);
  in_transaction_ = std::exchange(other.in_transaction_, false);
  return *this;
}

Lease::~Lease() { give_back(); }

void Lease::discard() {
  if (session_) session_->session->close();
  in_transaction_ = true;  // no longer fit for anybody
}

void Lease::give_back() {
  const auto pool = pool_.lock();
  pool_.reset();
  auto session = std::move(session_);
  if (!std::exchange(holds_, false) || pool == nullptr) return;
  if (!pool->runtime_.running_on(pool->strand_)) return;
  pool->give_back(std::move(session), !in_transaction_);
}

/// Somebody who waits for a session or a place.
struct Pool::Waiter {
  Waiter(Runtime& runtime, Executor strand) : served(runtime, std::move(strand)) {}
  Notice served;
  Lease lease;
};

/// A place in the line, left when the waiting coroutine goes on or ends.
class Pool::InLine {
 public:
  InLine(Pool& pool, std::shared_ptr<Waiter> waiter)
      : pool_(pool.weak_from_this()), waiter_(std::move(waiter)) {}
  InLine(const InLine&) = delete;
  InLine& operator=(const InLine&) = delete;
  ~InLine() {
    const auto pool = pool_.lock();
    if (pool == nullptr || !pool->runtime_.running_on(pool->strand_)) return;
    if (std::erase(pool->waiting_, waiter_) > 0) pool->changed();
  }

 private:
  std::weak_ptr<Pool> pool_;
  std::shared_ptr<Waiter> waiter_;
};

Pool::Pool(Runtime& runtime, Database& database, const DatabaseSettings& settings, Executor strand)
    : runtime_(runtime),
      database_(database),
      settings_(settings),
      strand_(std::move(strand)),
      opened_(runtime, strand_),
      shared_opened_(runtime, strand_) {}

Awaitable<Lease> Pool::acquire() {
  const auto self = shared_from_this();
  if (stopped_) throw_stopped();
  if (settings_.checkout == PoolCheckout::shared) co_return co_await share();
  Lease lease;
  if (waiting_.empty() && has_room()) {
    lease = take();
  } else {
    lease = co_await wait_for_lease();
  }
  if (!lease.has_session()) co_await open(lease);
  co_return lease;
}

/// An idle session that still works, or else the right to open one.
Lease Pool::take() {
  std::shared_ptr<PooledSession> session;
  while (session == nullptr && !idle_.empty()) {
    session = std::move(idle_.back());
    idle_.pop_back();
    if (session->session->usable()) {
      leased_.push_back(session);
    } else {
      session->session->close();
      session.reset();
    }
  }
  ++in_use_;
  changed();
  return Lease(shared_from_this(), std::move(session));
}

Awaitable<Lease> Pool::wait_for_lease() {
  const auto waiter = std::make_shared<Waiter>(runtime_, strand_);
  waiting_.push_back(waiter);
  const InLine in_line(*this, waiter);
  changed();
  const Instant limit = runtime_.now() + settings_.pool.wait;
  const bool in_time = co_await waiter->served.wait_until(limit, "free database session");
  if (stopped_) throw_stopped();
  if (!in_time) {
    throw DatabaseError(ErrorKind::exhausted, "53300",
                        "no database session became free in time (" +
                            std::to_string(settings_.pool.size) + " in use)");
  }
  co_return std::move(waiter->lease);
}

/// Fills the place that `lease` holds.
Awaitable<> Pool::open(Lease& lease) {
  std::optional<std::unique_ptr<Session>> session;
  try {
    session = co_await within(runtime_, settings_.connect_timeout, "database connect limit",
                              database_.connect(strand_));
  } catch (const Error& error) {
    throw DatabaseError(error, settings_.classify);
  }
  if (!session) {
    throw DatabaseError(ErrorKind::connection, "08001", "no connection within the time limit");
  }
  lease.session_ = std::make_shared<PooledSession>();
  lease.session_->session = std::move(*session);
  if (stopped_) throw_stopped();
  leased_.push_back(lease.session_);
  opened_.notify();
}

/// The mistake of `checkout: shared`: one session for everybody, opened by whoever comes first.
Awaitable<Lease> Pool::share() {
  while (sharing_begins_) co_await shared_opened_.wait("shared database session");
  ++in_use_;
  Lease lease(shared_from_this(), nullptr);
  if (shared_ == nullptr || !shared_->session->usable()) {
    sharing_begins_ = true;
    std::exception_ptr failure;
    try {
      co_await open(lease);
      shared_ = lease.session_;
    } catch (...) {
      failure = std::current_exception();
    }
    sharing_begins_ = false;
    shared_opened_.notify_all();
    if (failure) std::rethrow_exception(failure);
  }
  lease.session_ = shared_;
  changed();
  co_return lease;
}

/// Takes back a place, and the session in it if it can be used again.
void Pool::give_back(std::shared_ptr<PooledSession> session, bool keep) {
  --in_use_;
  std::erase_if(leased_, [&](const auto& leased) { return leased.lock() == session; });
  // A shared session stays until it is found broken.
  if (session != nullptr && settings_.checkout == PoolCheckout::exclusive) {
    if (keep && !stopped_ && !session->outlived && session->session->usable()) {
      session->rested = false;
      idle_.push_back(std::move(session));
    } else {
      session->session->close();
    }
  }
  changed();
  serve_waiting();
}

void Pool::serve_waiting() {
  while (!waiting_.empty() && has_room()) {
    const auto waiter = std::move(waiting_.front());
    waiting_.pop_front();
    waiter->lease = take();
    waiter->served.notify();
  }
}

/// Whether somebody could be served now: there is an idle session, or one may be opened.
bool Pool::has_room() const { return in_use_ < settings_.pool.size; }

void Pool::discard_idle() {
  for (const auto& session : idle_) session->session->close();
  idle_.clear();
  changed();
}

Awaitable<> Pool::keep_house() {
  for (;;) {
    if (idle_.empty() && leased_.empty()) co_await opened_.wait("database sessions");
    opened_.clear();
    co_await runtime_.sleep_for(settings_.pool.idle, "database housekeeping");
    look_at_idle();
  }
}

void Pool::look_at_idle() {
  const auto grow_older = [this](PooledSession& session) {
    session.age += settings_.pool.idle;
    session.outlived = !(session.age < settings_.pool.lifetime);
  };
  for (const auto& leased : leased_) {
    if (const auto session = leased.lock()) grow_older(*session);
  }
  std::erase_if(idle_, [&](const std::shared_ptr<PooledSession>& session) {
    grow_older(*session);
    const bool close = session->outlived || std::exchange(session->rested, true);
    if (close) session->session->close();
    return close;
  });
  changed();
}

void Pool::stop() {
  stopped_ = true;
  discard_idle();
  if (shared_) shared_->session->close();
  const auto refused = std::exchange(waiting_, {});
  for (const auto& waiter : refused) waiter->served.notify();
  changed();
}

PoolFigures Pool::figures() const {
  return {in_use_, static_cast<std::int64_t>(idle_.size()),
          static_cast<std::int64_t>(waiting_.size())};
}

void Pool::changed() {
  const PoolFigures now = figures();
  runtime_.observe("pool", {{"in_use", now.in_use}, {"idle", now.idle}, {"waiting", now.waiting}});
}

void Pool::throw_stopped() {
  throw DatabaseError(ErrorKind::transaction, "57P03", "the database is being shut down");
}

}  // namespace raceproof::gateway::database
