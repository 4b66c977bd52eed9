#include "fakes/http/connection.hpp"

#include <boost/asio/redirect_error.hpp>
#include <utility>

#include "fakes/http/listen_settings.hpp"

namespace raceproof::fakes::http {

Connection::Connection(Runtime& runtime, const Handler& handler, const DelayRange& connect,
                       Stream stream)
    : runtime_(runtime),
      handler_(handler),
      connect_(connect),
      strand_(stream.get_executor()),
      stream_(std::move(stream)),
      tasks_(runtime, strand_) {}

Awaitable<> Connection::run() {
  if (!ended_) tasks_.spawn("http connection", converse());
  co_await tasks_.join();
  stream_.close();
}

void Connection::end(bool reset) {
  if (std::exchange(ended_, true)) return;
  tasks_.cancel();
  if (reset) {
    stream_.reset();
  } else {
    stream_.close();
  }
}

Awaitable<> Connection::converse() {
  if (!is_constant_zero(connect_)) {
    const Duration delay = runtime_.draw(connect_, "http connect");
    co_await runtime_.sleep_for(delay, "http connect");
  }
  for (bool open = true; open && !ended_;) {
    const auto status = reader_.parse();
    if (status == RequestReader::Status::need_more) {
      open = co_await read_more();
    } else if (status == RequestReader::Status::request) {
      open = co_await answer_request();
    } else {
      Exchange exchange(stream_, false);
      co_await exchange.answer(reader_.failure_status(), R"({"error":"bad_request"})");
      open = false;
    }
  }
}

Awaitable<bool> Connection::read_more() {
  const auto room = reader_.prepare();
  ErrorCode error;
  const auto size = co_await stream_.async_read_some(asio::buffer(room.data(), room.size()),
                                                     asio::redirect_error(use_awaitable, error));
  reader_.commit(size);
  co_return !error;
}

/// Whether the connection goes on.
Awaitable<bool> Connection::answer_request() {
  Request request = reader_.take();
  Exchange exchange(stream_, request.keep_alive);
  try {
    Awaitable<> answering = handler_(std::move(request), exchange);
    co_await std::move(answering);
    if (!exchange.begun()) co_await exchange.answer(500, R"({"error":"no_answer"})");
  } catch (const boost::system::system_error&) {
    co_return false;  // the client has gone, or this connection is being ended
  }
  co_return exchange.complete();
}

}  // namespace raceproof::fakes::http
