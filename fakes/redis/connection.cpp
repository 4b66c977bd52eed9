// Reading and writing of one connection. See connection.hpp.
#include "fakes/redis/connection.hpp"

#include <boost/asio/redirect_error.hpp>

namespace raceproof::fakes::redis {

Awaitable<bool> Connection::read() {
  constexpr std::size_t bytes_at_least = 2048;
  const auto room = parser_.prepare(bytes_at_least);
  ErrorCode error;
  const auto size = co_await stream_.async_read_some(asio::buffer(room.data(), room.size()),
                                                     asio::redirect_error(use_awaitable, error));
  parser_.commit(size);
  co_return !error && !closed_;
}

void Connection::flush() {
  if (closed_) return;
  if (client_->outbox.size() > output_bytes_max) return reset();
  if (writing_ || client_->outbox.empty()) return;
  sending_.clear();
  std::swap(sending_, client_->outbox);
  sent_ = 0;
  writing_ = true;
  write_some();
}

void Connection::write_some() {
  stream_.async_write_some(
      asio::buffer(sending_.data() + sent_, sending_.size() - sent_),
      [self = shared_from_this()](ErrorCode error, std::size_t size) { self->wrote(error, size); });
}

void Connection::wrote(ErrorCode error, std::size_t size) {
  if (closed_) return;
  if (error) return close();
  sent_ += size;
  if (sent_ < sending_.size()) return write_some();
  writing_ = false;
  flush();
  if (!writing_ && closing_) close();
}

void Connection::close_when_sent() {
  closing_ = true;
  flush();
  if (!writing_) close();
}

void Connection::close() {
  if (std::exchange(closed_, true)) return;
  stream_.close();
}

void Connection::reset() {
  if (std::exchange(closed_, true)) return;
  stream_.reset();
}

}  // namespace raceproof::fakes::redis
