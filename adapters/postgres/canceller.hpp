// Asks the server to end statements that nobody waits for any more.
#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <libpq-fe.h>

namespace raceproof::postgres {

namespace asio = boost::asio;

/// `PQcancel` (libpq 15) opens a connection and waits for the server to close it again, so it runs
/// on a thread of its own. Safe to use from any thread.
class Canceller {
 public:
  Canceller() = default;
  Canceller(const Canceller&) = delete;
  Canceller& operator=(const Canceller&) = delete;
  /// Drops the requests that wait, and waits for the one that is under way.
  ~Canceller();

  /// Asks for the end of what `connection` runs; `connection` may be finished at once. Without
  /// effect while too many requests wait: the server then notices only that its client has gone.
  void cancel(PGconn* connection);

 private:
  static constexpr int waiting_max = 64;

  std::atomic<int> waiting_ = 0;
  asio::thread_pool thread_{1};
};

}  // namespace raceproof::postgres
