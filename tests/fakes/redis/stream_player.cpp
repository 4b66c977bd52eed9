// See stream_player.hpp.
#include "tests/fakes/redis/stream_player.hpp"

#include <boost/asio/redirect_error.hpp>

namespace raceproof::fakes::redis::test {
namespace {

Awaitable<> write_all(Stream& stream, std::string bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    ErrorCode error;
    const auto size =
        co_await stream.async_write_some(asio::buffer(bytes.data() + sent, bytes.size() - sent),
                                         asio::redirect_error(use_awaitable, error));
    if (error) co_return;  // closed by the server: the reading shows it
    sent += size;
  }
}

Awaitable<> receive(Stream& stream, Collector& collector) {
  std::vector<char> buffer(65536);
  while (!collector.complete()) {
    ErrorCode error;
    const auto size = co_await stream.async_read_some(asio::buffer(buffer),
                                                      asio::redirect_error(use_awaitable, error));
    if (error)
      collector.end();
    else
      collector.feed({buffer.data(), size});
  }
}

}  // namespace

Awaitable<> play_over_streams(Runtime& runtime, Endpoint server, const Conversation& conversation,
                              std::vector<std::string>& answers) {
  std::vector<Stream> streams;
  for (int i = 0; i < conversation.connections; ++i) {
    streams.push_back(co_await runtime.connect(server));
  }
  for (const auto& step : conversation.steps) {
    Collector collector(step, answers.size());
    Stream& stream = streams[static_cast<std::size_t>(step.connection)];
    co_await write_all(stream, collector.request());
    co_await receive(stream, collector);
    answers.push_back(collector.answer());
  }
}

}  // namespace raceproof::fakes::redis::test
