// Recognises the protocol of a connection and hands its bytes to the decoder of that protocol.
#include "harness/trace/decode/decoder.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "harness/trace/decode/http.hpp"
#include "harness/trace/decode/resp.hpp"
#include "harness/trace/decode/websocket.hpp"

namespace raceproof::trace {

namespace {

enum class Protocol { http, resp, unrecognised };

constexpr std::size_t first_line_max = 8192;  // longest first line waited for
constexpr std::size_t held_max = 65536;       // bytes kept while the protocol is open

/// The protocol a client speaks that began with `bytes`; none while that is still open.
std::optional<Protocol> recognise_client(std::string_view bytes) {
  if (bytes.front() == '*') return Protocol::resp;
  const bool letter = std::isalpha(static_cast<unsigned char>(bytes.front())) != 0;
  if (!letter || bytes.size() > first_line_max) return Protocol::unrecognised;
  const std::size_t end = bytes.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const bool http = bytes.substr(0, end).find(" HTTP/1.") != std::string_view::npos;
  return http ? Protocol::http : Protocol::resp;  // an inline command
}

std::optional<Protocol> recognise_server(std::string_view bytes) {
  constexpr std::string_view http = "HTTP/";
  if (std::string_view("+-:$*").find(bytes.front()) != std::string_view::npos) {
    return Protocol::resp;
  }
  if (bytes.starts_with(http)) return Protocol::http;
  if (http.starts_with(bytes)) return std::nullopt;
  return Protocol::unrecognised;
}

}  // namespace

class ConnectionDecoder::Impl {
 public:
  Lines feed(bool from_client, std::string_view bytes) {
    Lines lines;
    Direction& direction = from_client ? client_ : server_;
    std::string held = std::exchange(direction.held, {});
    if (!protocol_) {
      for (std::size_t i = 0; i < bytes.size() && !protocol_; ++i) {
        held += bytes[i];
        protocol_ = from_client ? recognise_client(held) : recognise_server(held);
        if (protocol_) bytes.remove_prefix(i + 1);
      }
      if (!protocol_) {
        direction.held = std::move(held);
        return lines;
      }
      if (*protocol_ == Protocol::unrecognised) {
        lines.push_back("protocol not recognised: " + quoted(held, 32));
      }
    }
    if (!held.empty()) decode(direction, held, lines);
    decode(direction, bytes, lines);
    return lines;
  }

 private:
  struct Direction {
    Direction(bool from_client, HttpExchange& exchange)
        : http(from_client, exchange), websocket(from_client), resp(from_client) {}

    HttpDecoder http;
    WebSocketDecoder websocket;
    RespDecoder resp;
    std::string held;      // bytes whose protocol is still open
    bool ignored = false;  // too many of them
  };

  void decode(Direction& direction, std::string_view bytes, Lines& lines) {
    if (direction.ignored || bytes.empty()) return;
    if (*protocol_ == Protocol::resp) return direction.resp.feed(bytes, lines);
    if (*protocol_ == Protocol::unrecognised) return;
    if (direction.held.empty()) bytes.remove_prefix(direction.http.feed(bytes, lines));
    if (exchange_.switched) return direction.websocket.feed(bytes, lines);
    hold(direction, bytes, lines);
  }

  /// Keeps what a client sent after asking for an upgrade until the server's answer tells what it
  /// is.
  static void hold(Direction& direction, std::string_view bytes, Lines& lines) {
    const std::size_t room = held_max - direction.held.size();
    direction.held += bytes.substr(0, room);
    if (bytes.size() > room) {
      lines.emplace_back("too many bytes before the upgrade was answered; not decoded further");
      direction.ignored = true;
    }
  }

  std::optional<Protocol> protocol_;
  HttpExchange exchange_;
  Direction client_{true, exchange_};
  Direction server_{false, exchange_};
};

ConnectionDecoder::ConnectionDecoder() : impl_(std::make_unique<Impl>()) {}
ConnectionDecoder::~ConnectionDecoder() = default;
ConnectionDecoder::ConnectionDecoder(ConnectionDecoder&&) noexcept = default;
ConnectionDecoder& ConnectionDecoder::operator=(ConnectionDecoder&&) noexcept = default;

std::vector<std::string> ConnectionDecoder::client_to_server(std::string_view bytes) {
  return impl_->feed(true, bytes);
}
std::vector<std::string> ConnectionDecoder::server_to_client(std::string_view bytes) {
  return impl_->feed(false, bytes);
}

}  // namespace raceproof::trace
