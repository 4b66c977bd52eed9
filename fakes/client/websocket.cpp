#include "fakes/client/websocket.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket.hpp>

#include "runtime/beast.hpp"

namespace raceproof::fakes::client {

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;

namespace {

constexpr auto as_tuple = asio::as_tuple(use_awaitable);
/// RFC 6455 section 5.5: a control frame carries 125 bytes, two of them the code.
constexpr std::size_t max_reason = 123;
constexpr int no_status = 1005;

}  // namespace

class Connection::Impl {
 public:
  Impl(Stream stream, ConnectionEvents& events) : events_(events), socket_(std::move(stream)) {
    socket_.control_callback([this](websocket::frame_type kind, beast::string_view) {
      if (kind == websocket::frame_type::close) report_close();
    });
  }

  Awaitable<Answer> upgrade(const UpgradeRequest& asked) {
    std::string offered;
    for (const auto& protocol : asked.subprotocols) {
      offered += (offered.empty() ? "" : ", ") + protocol;
    }
    socket_.set_option(websocket::stream_base::decorator([&](websocket::request_type& request) {
      if (!asked.bearer.empty()) {
        request.set(http::field::authorization, "Bearer " + asked.bearer);
      }
      if (!offered.empty()) request.set(http::field::sec_websocket_protocol, offered);
      for (const auto& [name, value] : asked.headers) request.set(name, value);
    }));
    websocket::response_type response;
    const auto [error] =
        co_await socket_.async_handshake(response, asked.host, asked.target, as_tuple);
    Answer answer{error, static_cast<int>(response.result_int()), {}};
    if (error == websocket::error::upgrade_declined) answer.error = {};
    if (error) co_return answer.error ? Answer{error, 0, {}} : answer;
    answer.status = switching_protocols;
    answer.subprotocol = std::string(response[http::field::sec_websocket_protocol]);
    const auto& known = asked.subprotocols;
    if (!answer.subprotocol.empty() &&
        std::find(known.begin(), known.end(), answer.subprotocol) == known.end()) {
      co_return Answer{make_error_code(boost::system::errc::protocol_error), 0, {}};
    }
    co_return answer;
  }

  void read_next() {
    socket_.async_read(buffer_, [this](ErrorCode error, std::size_t) {
      if (error) {
        // A close frame that answers ours may have been read without the callback.
        if (!close_reported_ && socket_.reason().code != websocket::close_code::none)
          report_close();
        return events_.on_end(close_reported_ ? ErrorCode() : error);
      }
      const auto data = buffer_.cdata();
      events_.on_frame({static_cast<const char*>(data.data()), data.size()});
      buffer_.consume(buffer_.size());
      reading_ = !paused_;
      if (reading_) read_next();
    });
  }

  void start_reading() {
    reading_ = true;
    read_next();
  }

  void pause_reading(bool paused) {
    paused_ = paused;
    if (paused || reading_) return;
    start_reading();
  }

  Awaitable<ErrorCode> send(std::string_view text, bool binary) {
    socket_.binary(binary);
    const auto [error, bytes] = co_await write(text);
    co_return error;
  }

  Awaitable<ErrorCode> close(int code, std::string_view reason) {
    const websocket::close_reason wanted(static_cast<websocket::close_code>(code),
                                         reason.substr(0, std::min(reason.size(), max_reason)));
    const auto [error] = co_await send_close(wanted);
    if (!error && !close_reported_) report_close();
    co_return error;
  }

  void reset() { socket_.next_layer().reset(); }

 private:
  Awaitable<std::tuple<ErrorCode, std::size_t>> write(std::string_view text) {
    return socket_operation<ErrorCode, std::size_t>([this, text](auto handler) {
      socket_.async_write(asio::buffer(text.data(), text.size()), std::move(handler));
    });
  }
  Awaitable<std::tuple<ErrorCode>> send_close(websocket::close_reason reason) {
    return socket_operation<ErrorCode>(
        [this, reason](auto handler) { socket_.async_close(reason, std::move(handler)); });
  }

  void report_close() {
    close_reported_ = true;
    const auto& reason = socket_.reason();
    const int code = reason.code == websocket::close_code::none ? no_status : reason.code;
    events_.on_close(code, {reason.reason.data(), reason.reason.size()});
  }

  ConnectionEvents& events_;
  beast::flat_buffer buffer_;
  bool close_reported_ = false;
  bool reading_ = false;
  bool paused_ = false;
  websocket::stream<Stream, false> socket_;  // the first to go, as it keeps operations on the rest
};

Connection::Connection(Stream stream, ConnectionEvents& events)
    : impl_(std::make_unique<Impl>(std::move(stream), events)) {}
Connection::~Connection() = default;

Awaitable<Answer> Connection::upgrade(const UpgradeRequest& request) {
  return impl_->upgrade(request);
}
void Connection::start_reading() { impl_->start_reading(); }
void Connection::pause_reading(bool paused) { impl_->pause_reading(paused); }
Awaitable<ErrorCode> Connection::send(std::string_view text, bool binary) {
  return impl_->send(text, binary);
}
Awaitable<ErrorCode> Connection::close(int code, std::string_view reason) {
  return impl_->close(code, reason);
}
void Connection::reset() { impl_->reset(); }

Awaitable<Answer> http_get(Stream& stream, const std::string& host, const std::string& path) {
  http::request<http::empty_body> request(http::verb::get, path, 11);
  request.set(http::field::host, host);
  request.keep_alive(false);
  if (const auto [error, bytes] = co_await http::async_write(stream, request, as_tuple); error) {
    co_return Answer{error, 0, {}};
  }
  beast::flat_buffer buffer;
  http::response<http::string_body> response;
  const auto [error, bytes] = co_await http::async_read(stream, buffer, response, as_tuple);
  if (error) co_return Answer{error, 0, {}};
  co_return Answer{{}, static_cast<int>(response.result_int()), {}};
}

}  // namespace raceproof::fakes::client
