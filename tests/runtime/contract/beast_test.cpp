// Boost.Beast over `Stream`: HTTP, and WebSocket with its closing handshake.
#include "runtime/beast.hpp"

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include "runtime/task.hpp"
#include "tests/runtime/contract/connection.hpp"

namespace raceproof::contract {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using namespace asio::experimental::awaitable_operators;
using WebSocket = websocket::stream<Stream>;

/// Answers one GET with its target, then upgrades and echoes until the client sends "bye", and
/// closes with 1011. `ended` is how its last read ended.
Awaitable<> serve(Stream stream, ErrorCode& ended) {
  beast::flat_buffer buffer;
  http::request<http::string_body> request;
  co_await http::async_read(stream, buffer, request, use_awaitable);
  http::response<http::string_body> response(http::status::service_unavailable, request.version());
  response.set(http::field::retry_after, "1");
  response.body() = "path " + std::string(request.target());
  response.prepare_payload();
  co_await http::async_write(stream, response, use_awaitable);

  request = {};
  co_await http::async_read(stream, buffer, request, use_awaitable);
  EXPECT_TRUE(websocket::is_upgrade(request));
  WebSocket socket(std::move(stream));
  co_await socket.async_accept(request, use_awaitable);
  std::string last;
  while (last != "bye") {
    buffer.clear();
    co_await socket.async_read(buffer, use_awaitable);
    last = beast::buffers_to_string(buffer.data());
    socket.text(socket.got_text());
    co_await socket.async_write(buffer.data(), use_awaitable);
  }
  co_await socket.async_close({websocket::close_code::internal_error, "set-up failed"},
                              use_awaitable);
  buffer.clear();
  ended = co_await error_of(socket.async_read(buffer, use_awaitable));
}

/// Plays the client's part of `serve`; returns the close frame it got.
Awaitable<websocket::close_reason> talk(Stream stream, std::vector<std::string> messages) {
  http::request<http::empty_body> request(http::verb::get, "/health/ready", 11);
  request.set(http::field::host, "gateway");
  co_await http::async_write(stream, request, use_awaitable);
  beast::flat_buffer buffer;
  http::response<http::string_body> response;
  co_await http::async_read(stream, buffer, response, use_awaitable);
  EXPECT_EQ(response.result(), http::status::service_unavailable);
  EXPECT_EQ(response[http::field::retry_after], "1");
  EXPECT_EQ(response.body(), "path /health/ready");

  WebSocket socket(std::move(stream));
  co_await socket.async_handshake("gateway", "/ws", use_awaitable);
  for (const auto& message : messages) {
    co_await socket.async_write(asio::buffer(message), use_awaitable);
    buffer.clear();
    co_await socket.async_read(buffer, use_awaitable);
    EXPECT_TRUE(beast::buffers_to_string(buffer.data()) == message);
  }
  buffer.clear();
  const ErrorCode ended = co_await error_of(socket.async_read(buffer, use_awaitable));
  EXPECT_EQ(ended, websocket::error::closed);
  co_return socket.reason();
}

// Passing means: Beast's HTTP and WebSocket work over `Stream` unchanged, from the first byte to
// the close code, and both ends see the connection end in order.
TEST_P(BeastOverStream, SpeaksHttpAndWebSocket) {
  world_->run([this]() -> Awaitable<> {
    auto [client, server] = co_await make_connection(*world_);
    ErrorCode server_ended;
    const std::vector<std::string> messages = {"hello", std::string(200'000, 'x'), "", "bye"};
    const websocket::close_reason reason =
        co_await (talk(std::move(client), messages) && serve(std::move(server), server_ended));
    EXPECT_EQ(reason.code, websocket::close_code::internal_error);
    EXPECT_EQ(reason.reason, "set-up failed");
    EXPECT_TRUE(server_ended) << "the server read on after its close had completed";
  }());
}

// Passing means: a peer that vanishes without a close frame ends the read with end_of_stream or a
// reset, never with a hang.
TEST_P(BeastOverStream, NoticesAPeerThatVanishes) {
  world_->run([this]() -> Awaitable<> {
    for (const bool reset : {false, true}) {
      auto [client, server] = co_await make_connection(*world_);
      const auto handshake = [](Stream stream) -> Awaitable<std::unique_ptr<WebSocket>> {
        auto socket = std::make_unique<WebSocket>(std::move(stream));
        co_await socket->async_handshake("gateway", "/ws", use_awaitable);
        co_return socket;
      };
      const auto accept = [](Stream stream) -> Awaitable<std::unique_ptr<WebSocket>> {
        auto socket = std::make_unique<WebSocket>(std::move(stream));
        co_await socket->async_accept(use_awaitable);
        co_return socket;
      };
      auto [near, far] = co_await (handshake(std::move(client)) && accept(std::move(server)));
      if (reset) {
        near->next_layer().reset();
      } else {
        near->next_layer().close();
      }
      beast::flat_buffer buffer;
      const ErrorCode ended = co_await error_of(far->async_read(buffer, use_awaitable));
      EXPECT_EQ(ended,
                reset ? ErrorCode(asio::error::connection_reset) : ErrorCode(asio::error::eof))
          << ended.message();
    }
  }());
}

}  // namespace
}  // namespace raceproof::contract
