#include "adapters/postgres/canceller.hpp"

#include <boost/asio/post.hpp>
#include <memory>

namespace raceproof::postgres {

Canceller::~Canceller() {
  thread_.stop();
  thread_.join();
}

void Canceller::cancel(PGconn* connection) {
  const auto free = [](PGcancel* made) { PQfreeCancel(made); };
  std::unique_ptr<PGcancel, decltype(free)> request(PQgetCancel(connection), free);
  if (request == nullptr) return;  // the connection is gone, and what it ran with it
  if (waiting_.fetch_add(1) >= waiting_max) {
    --waiting_;
    return;
  }
  asio::post(thread_, [this, request = std::move(request)] {
    char reason[256];  // a request that fails leaves the statement to its own time limit
    (void)PQcancel(request.get(), reason, sizeof reason);
    --waiting_;
  });
}

}  // namespace raceproof::postgres
