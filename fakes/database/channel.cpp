// See channel.hpp.
#include "fakes/database/channel.hpp"

namespace raceproof::fakes::database {

Channel::Channel(Runtime& runtime, Stream stream)
    : stream_(std::move(stream)), arrived_(runtime, stream_.get_executor()) {}

void Channel::start(Interrupt on_cancel) {
  on_cancel_ = std::move(on_cancel);
  read();
}

Awaitable<std::optional<Message>> Channel::receive(const char* what) {
  const auto self = shared_from_this();
  while (messages_.empty() && !closed_) {
    (void)co_await arrived_.wait_until(Instant::max(), what);
  }
  std::optional<Message> message;
  if (!messages_.empty()) {
    message = std::move(messages_.front());
    messages_.pop_front();
  }
  co_return message;
}

Awaitable<> Channel::ended() {
  const auto self = shared_from_this();
  while (!closed_) {
    messages_.clear();
    (void)co_await arrived_.wait_until(Instant::max(), "database connection's end");
  }
}

void Channel::send(const Message& message) {
  if (!is_open()) return;
  queued_ += encode(message);
  flush();
}

void Channel::close() {
  closing_ = true;
  if (!writing_) end();
}

void Channel::reset() {
  if (!closed_) stream_.reset();
  end();
}

void Channel::read() {
  stream_.async_read_some(asio::buffer(input_),
                          [self = shared_from_this()](ErrorCode error, std::size_t size) {
                            if (self->closed_) return;
                            self->reader_.feed({self->input_.data(), size});
                            self->left_ = static_cast<bool>(error);
                            if (!self->take() || error) return self->end();
                            self->read();
                          });
}

/// Takes what is complete; whether the conversation can go on.
bool Channel::take() {
  while (auto message = reader_.next()) {
    if (!message->empty() && message->front() == "cancel") {
      if (on_cancel_) on_cancel_();
      continue;
    }
    messages_.push_back(std::move(*message));
    arrived_.notify();
  }
  return !reader_.broken() && messages_.size() <= waiting_max;
}

void Channel::flush() {
  if (writing_ || queued_.empty()) return;
  writing_ = true;
  in_flight_.clear();
  std::swap(in_flight_, queued_);
  written_ = 0;
  write_rest();
}

void Channel::write_rest() {
  stream_.async_write_some(asio::buffer(in_flight_) + written_,
                           [self = shared_from_this()](ErrorCode error, std::size_t size) {
                             if (self->closed_) return;
                             if (error) return self->end();
                             self->written_ += size;
                             if (self->written_ < self->in_flight_.size()) {
                               return self->write_rest();
                             }
                             self->writing_ = false;
                             self->flush();
                             if (!self->writing_ && self->closing_) self->end();
                           });
}

void Channel::end() {
  if (std::exchange(closed_, true)) return;
  on_cancel_ = nullptr;
  stream_.close();
  arrived_.notify();
}

}  // namespace raceproof::fakes::database
