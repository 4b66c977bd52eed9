#include "tests/gateway/websocket_client.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

namespace raceproof::gateway::testing {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using tcp = asio::ip::tcp;

namespace {

tcp::socket connect(asio::io_context& context, std::uint16_t port) {
  tcp::socket socket(context);
  socket.connect({asio::ip::make_address("127.0.0.1"), port});
  return socket;
}

/// How many whole answers `text` holds.
int whole_responses(std::string_view text) {
  int found = 0;
  for (;;) {
    const std::size_t head = text.find("\r\n\r\n");
    const std::size_t length = text.find("Content-Length: ");
    if (head == std::string_view::npos || length > head) return found;
    const std::size_t body = std::stoul(std::string(text.substr(length + 16, 8)));
    if (text.size() < head + 4 + body) return found;
    text.remove_prefix(head + 4 + body);
    ++found;
  }
}

}  // namespace

struct WebSocketClient::State {
  asio::io_context context;
  websocket::stream<tcp::socket> socket{context};
  websocket::response_type response;
  beast::flat_buffer buffer;
};

WebSocketClient::WebSocketClient(std::uint16_t port, std::string_view user)
    : state_(std::make_unique<State>()) {
  state_->socket.next_layer() = connect(state_->context, port);
  beast::error_code error;
  state_->socket.handshake(state_->response, "127.0.0.1", "/ws?user=" + std::string(user), error);
}
WebSocketClient::~WebSocketClient() = default;

int WebSocketClient::status() const { return static_cast<int>(state_->response.result_int()); }

std::string WebSocketClient::retry_after() const {
  const auto value = state_->response[beast::http::field::retry_after];
  return {value.data(), value.size()};
}

void WebSocketClient::send(std::string_view text) {
  state_->socket.text(true);
  beast::error_code ignored;
  state_->socket.write(asio::buffer(text), ignored);
}

void WebSocketClient::send_binary(std::string_view bytes) {
  state_->socket.binary(true);
  beast::error_code ignored;
  state_->socket.write(asio::buffer(bytes), ignored);
}

Received WebSocketClient::receive() {
  beast::error_code error;
  state_->buffer.clear();
  state_->socket.read(state_->buffer, error);
  if (!error) return {beast::buffers_to_string(state_->buffer.cdata()), 0, {}};
  if (error != websocket::error::closed) return {{}, 1006, error.message()};
  const auto& reason = state_->socket.reason();
  return {{}, reason.code, std::string(reason.reason.data(), reason.reason.size())};
}

void WebSocketClient::close() {
  beast::error_code ignored;
  state_->socket.close(websocket::close_code::normal, ignored);
}

std::string http_exchange(std::uint16_t port, std::string_view bytes, int responses) {
  asio::io_context context;
  tcp::socket socket = connect(context, port);
  beast::error_code error;
  asio::write(socket, asio::buffer(bytes), error);
  std::string received;
  char buffer[1024];
  while (!error && whole_responses(received) < responses) {
    const std::size_t size = socket.read_some(asio::buffer(buffer), error);
    received.append(buffer, size);
  }
  return received;
}

std::string http_get(std::uint16_t port, std::string_view path) {
  return http_exchange(port, "GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n\r\n");
}

}  // namespace raceproof::gateway::testing
