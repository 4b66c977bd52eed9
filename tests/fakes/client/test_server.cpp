#include "tests/fakes/client/test_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include "runtime/beast.hpp"
#include "runtime/task.hpp"

namespace raceproof::fakes::client::test {

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;

namespace {

constexpr auto as_tuple = asio::as_tuple(use_awaitable);
using Socket = websocket::stream<Stream, false>;
using Request = http::request<http::string_body>;

Awaitable<> answer(Stream& stream, int status) {
  http::response<http::string_body> response(static_cast<http::status>(status), 11);
  response.keep_alive(false);
  response.set(http::field::retry_after, "1");
  response.body() = "status " + std::to_string(status);
  response.prepare_payload();
  co_await http::async_write(stream, response, as_tuple);
  ErrorCode ignored;
  stream.shutdown_send(ignored);
}

Awaitable<> echo(Socket& socket, Seen& seen) {
  beast::flat_buffer buffer;
  for (;;) {
    const auto [error, bytes] = co_await socket.async_read(buffer, as_tuple);
    if (error) break;
    seen.binary.push_back(socket.got_binary());
    seen.frames.push_back(beast::buffers_to_string(buffer.cdata()));
    buffer.consume(buffer.size());
    const std::string reply = R"({"type":"echo","text":"got it"})";
    co_await socket.async_write(asio::buffer(reply), as_tuple);
  }
  seen.closes.push_back(socket.reason().code);
}

}  // namespace

TestServer::TestServer(Runtime& runtime, std::vector<Behaviour> behaviours)
    : runtime_(runtime),
      strand_(runtime.make_strand("server")),
      behaviours_(std::move(behaviours)) {}

void TestServer::listen(std::uint16_t port, const std::string& host) {
  listener_ = runtime_.listen(strand_, {host, port});
  spawn(runtime_, strand_, "accept", accept_all());
}

Awaitable<> TestServer::accept_all() {
  for (;;) {
    Stream stream = co_await listener_.async_accept([this](std::string_view) { return strand_; });
    const Behaviour& next = behaviours_[std::min(accepted_++, behaviours_.size() - 1)];
    spawn(runtime_, strand_, "serve", serve(std::move(stream), next));
  }
}

Awaitable<> TestServer::serve(Stream stream, Behaviour behaviour) {
  beast::flat_buffer buffer;
  Request request;
  const auto [error, bytes] = co_await http::async_read(stream, buffer, request, as_tuple);
  if (error) co_return;
  seen_.paths.emplace_back(request.target());
  seen_.authorizations.emplace_back(request[http::field::authorization]);
  seen_.offers.emplace_back(request[http::field::sec_websocket_protocol]);
  seen_.traces.emplace_back(request["X-Trace"]);
  if (behaviour.kind == Behaviour::Kind::drop) co_return stream.reset();
  if (behaviour.kind == Behaviour::Kind::hang) {
    co_await runtime_.sleep_until(Instant::max());
  }
  if (behaviour.kind == Behaviour::Kind::refuse)
    co_return co_await answer(stream, behaviour.status);
  if (!websocket::is_upgrade(request)) co_return co_await answer(stream, 200);

  Socket socket(std::move(stream));
  if (!behaviour.subprotocol.empty()) {
    const std::string chosen = behaviour.subprotocol;
    socket.set_option(websocket::stream_base::decorator([chosen](websocket::response_type& made) {
      made.set(http::field::sec_websocket_protocol, chosen);
    }));
  }
  co_await socket.async_accept(request, as_tuple);
  for (const auto& frame : behaviour.frames) {
    co_await socket.async_write(asio::buffer(frame), as_tuple);
  }
  if (behaviour.deaf) co_await runtime_.sleep_until(Instant::max());
  if (behaviour.reset) co_return socket.next_layer().reset();
  if (behaviour.close != 0) {
    const websocket::close_reason reason(static_cast<websocket::close_code>(behaviour.close),
                                         behaviour.reason);
    co_await socket.async_close(reason, as_tuple);
    co_return;
  }
  co_await echo(socket, seen_);
}

}  // namespace raceproof::fakes::client::test
