#include "gateway/resp/connection.hpp"

#include <utility>

namespace raceproof::gateway::resp {

/// Shared between the waiting command and the dialogue, because either may end first.
struct Connection::Pending {
  Pending(Runtime& runtime, Executor strand) : over(runtime, std::move(strand)) {}
  Notice over;
  Answer answer{Answer::Status::timed_out, {}};
};

std::string Answer::describe() const {
  switch (status) {
    case Status::replied:
      return reply.describe();
    case Status::timed_out:
      return "time-out";
    case Status::lost:
      break;
  }
  return "connection lost";
}

Connection::Connection(Runtime& runtime, Stream stream, Conversation::MessageHandler on_message)
    : runtime_(runtime), stream_(std::move(stream)), conversation_(std::move(on_message)) {}

void Connection::start(LostHandler on_lost) {
  on_lost_ = std::move(on_lost);
  read();
}

Awaitable<Answer> Connection::command(std::string request, Instant deadline, const char* what) {
  if (closed_) co_return Answer{};
  auto pending = std::make_shared<Pending>(runtime_, stream_.get_executor());
  conversation_.sent([pending](std::optional<Reply> reply) {
    pending->answer.status = reply ? Answer::Status::replied : Answer::Status::lost;
    if (reply) pending->answer.reply = std::move(*reply);
    pending->over.notify();
  });
  queued_ += request;
  flush();
  co_await pending->over.wait_until(deadline, what);
  co_return std::move(pending->answer);
}

void Connection::close() {
  on_lost_ = nullptr;
  end();
}

void Connection::read() {
  stream_.async_read_some(
      asio::buffer(input_), [self = shared_from_this()](ErrorCode error, std::size_t size) {
        if (self->closed_) return;
        if (error) return self->lose(error.message());
        if (auto problem = self->conversation_.received({self->input_.data(), size})) {
          return self->lose(std::move(*problem));
        }
        if (!self->closed_) self->read();
      });
}

void Connection::flush() {
  if (writing_ || queued_.empty()) return;
  writing_ = true;
  in_flight_.clear();
  std::swap(in_flight_, queued_);
  written_ = 0;
  write_rest();
}

void Connection::write_rest() {
  stream_.async_write_some(asio::buffer(in_flight_) + written_,
                           [self = shared_from_this()](ErrorCode error, std::size_t size) {
                             if (self->closed_) return;
                             if (error) return self->lose(error.message());
                             self->written_ += size;
                             if (self->written_ < self->in_flight_.size()) {
                               return self->write_rest();
                             }
                             self->writing_ = false;
                             self->flush();
                           });
}

void Connection::lose(std::string reason) {
  reason_ = std::move(reason);
  auto on_lost = std::exchange(on_lost_, nullptr);
  end();
  if (on_lost) on_lost();
}

void Connection::end() {
  if (std::exchange(closed_, true)) return;
  stream_.close();
  conversation_.end();
}

}  // namespace raceproof::gateway::resp
