#include "benchmarks/load/client.hpp"

#include <boost/asio/post.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <utility>

namespace raceproof::load {

namespace {

// The example of RFC 6455 section 1.3, key and answer.
constexpr std::string_view websocket_key = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view websocket_accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

constexpr std::array<unsigned char, 4> masking_key{0x52, 0x61, 0x63, 0x65};
constexpr std::size_t answer_bytes_max = 8192;
constexpr std::uint64_t frame_bytes_max = 1 << 20;

// Opcodes (RFC 6455 section 5.2).
constexpr unsigned opcode_text = 0x1;
constexpr unsigned opcode_close = 0x8;
constexpr unsigned opcode_ping = 0x9;
constexpr unsigned opcode_pong = 0xA;

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

std::string masked_frame(unsigned opcode, std::string_view payload) {
  std::string frame(1, static_cast<char>(0x80U | opcode));
  const auto append = [&frame](std::size_t value, int bytes) {
    while (bytes-- > 0) frame += static_cast<char>(value >> (8 * bytes) & 0xFF);
  };
  if (payload.size() < 126) {
    append(0x80 | payload.size(), 1);
  } else if (payload.size() < 65536) {
    append(0x80 | 126, 1);
    append(payload.size(), 2);
  } else {
    append(0x80 | 127, 1);
    append(payload.size(), 8);
  }
  frame.append(masking_key.begin(), masking_key.end());
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame += static_cast<char>(static_cast<unsigned char>(payload[i]) ^ masking_key[i % 4]);
  }
  return frame;
}

std::string close_frame(unsigned code) {
  return masked_frame(opcode_close, std::string{static_cast<char>(code >> 8 & 0xFF),
                                                static_cast<char>(code & 0xFF)});
}

/// "closed with 1011 (reason)", from a close frame's payload.
std::string close_text(std::string_view payload) {
  if (payload.size() < 2) return "closed without a code";
  return "closed with " + std::to_string(byte_at(payload, 0) << 8U | byte_at(payload, 1)) + " (" +
         std::string(payload.substr(2)) + ")";
}

}  // namespace

std::string text_frame(std::string_view text) { return masked_frame(opcode_text, text); }

std::string upgrade_request(std::string_view host, std::string_view path, std::string_view token) {
  std::string request = "GET ";
  request.append(path).append(" HTTP/1.1\r\nHost: ").append(host);
  request.append("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13");
  request.append("\r\nSec-WebSocket-Key: ").append(websocket_key);
  if (!token.empty()) request.append("\r\nAuthorization: Bearer ").append(token);
  return request.append("\r\n\r\n");
}

Client::Client(asio::io_context& context, std::size_t number, Events& events)
    : number_(number), events_(events), socket_(context) {}

void Client::start(const asio::ip::tcp::endpoint& server, const asio::ip::address& source,
                   std::string request) {
  started_at_ = Clock::now();
  request_ = std::move(request);
  boost::system::error_code error;
  socket_.open(server.protocol(), error);
  // The port is chosen at the connect, where only the pair of addresses has to be free.
  const int yes = 1;
  (void)::setsockopt(socket_.native_handle(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes,
                     sizeof yes);
  if (!error) socket_.set_option(asio::ip::tcp::no_delay(true), error);
  if (!error) socket_.bind({source, 0}, error);
  if (error) {
    asio::post(socket_.get_executor(), [self = shared_from_this(), error] {
      self->end("cannot open a socket: " + error.message());
    });
    return;
  }
  socket_.async_connect(server, [self = shared_from_this()](boost::system::error_code failure) {
    if (self->ended()) return;
    if (failure) return self->end("connect: " + failure.message());
    self->state_ = State::upgrading;
    self->write(self->request_, 0);
    self->read();
  });
}

void Client::send(const std::string& frame) { write(frame, 0); }

void Client::close() {
  if (state_ != State::open) return;
  state_ = State::closing;
  request_ = close_frame(1000);
  write(request_, 0);
}

void Client::abort(std::string_view problem) { end(problem); }

/// Nearly always the system takes all of it at once, without a wait.
void Client::write(const std::string& bytes, std::size_t from) {
  socket_.async_write_some(
      asio::buffer(bytes) + from,
      [self = shared_from_this(), &bytes, from](boost::system::error_code error, std::size_t size) {
        if (self->ended()) return;
        if (error) return self->end("write: " + error.message());
        if (from + size < bytes.size()) self->write(bytes, from + size);
      });
}

void Client::read() {
  socket_.async_read_some(
      asio::buffer(chunk_),
      [self = shared_from_this()](boost::system::error_code error, std::size_t size) {
        if (self->ended()) return;
        if (error) {
          return self->end("connection ended without a close frame: " + error.message());
        }
        self->received(size);
      });
}

void Client::received(std::size_t size) {
  input_.append(chunk_.data(), size);
  bool go_on = state_ != State::upgrading || take_answer();
  while (go_on && state_ != State::upgrading && !ended()) go_on = take_frame();
  if (!ended()) read();
}

/// Whether the HTTP answer is complete and accepted.
bool Client::take_answer() {
  const std::size_t header_end = input_.find("\r\n\r\n");
  if (header_end == std::string::npos) {
    if (input_.size() > answer_bytes_max) end("the answer to the upgrade is too long");
    return false;
  }
  const std::string header = input_.substr(0, header_end + 2);
  if (!header.starts_with("HTTP/1.1 101 ")) {
    end("upgrade refused: " + header.substr(0, header.find('\r')));
    return false;
  }
  if (header.find(websocket_accept) == std::string::npos) {
    end("Sec-WebSocket-Accept is missing or wrong");
    return false;
  }
  input_.erase(0, header_end + 4);
  state_ = State::open;
  events_.on_open(*this);
  return true;
}

/// Takes one frame; false when there is no whole one.
bool Client::take_frame() {
  const std::string_view bytes = input_;
  if (bytes.size() < 2) return false;
  const bool final = (byte_at(bytes, 0) & 0x80U) != 0;
  const unsigned opcode = byte_at(bytes, 0) & 0x0FU;
  std::uint64_t length = byte_at(bytes, 1);  // a mask bit would make it too long
  std::size_t header = 2;
  if (length == 126 || length == 127) {
    header = length == 126 ? 4 : 10;
    if (bytes.size() < header) return false;
    length = 0;
    for (std::size_t i = 2; i < header; ++i) length = length << 8U | byte_at(bytes, i);
  } else if (length > 127) {
    return end("a masked frame from the server"), false;
  }
  if (length > frame_bytes_max || message_.size() + length > frame_bytes_max) {
    return end("a message that is too long"), false;
  }
  if (bytes.size() < header + length) return false;
  const std::string_view payload = bytes.substr(header, length);
  if (opcode >= opcode_close) {
    const bool go_on = take_control(opcode, payload);
    input_.erase(0, header + length);
    return go_on;
  }
  if (final && message_.empty()) {
    events_.on_message(*this, payload);
  } else {
    message_.append(payload);
    if (final) events_.on_message(*this, std::exchange(message_, {}));
  }
  input_.erase(0, header + length);
  return true;
}

bool Client::take_control(unsigned opcode, std::string_view payload) {
  if (opcode == opcode_ping) {
    request_ = masked_frame(opcode_pong, payload);
    write(request_, 0);
    return true;
  }
  if (opcode != opcode_close) return true;
  if (state_ == State::closing) return end({}), false;
  const std::string problem = close_text(payload);
  // The answer to a close frame; whether it arrives changes nothing any more.
  boost::system::error_code ignored;
  socket_.write_some(asio::buffer(close_frame(1000)), ignored);
  return end(problem), false;
}

void Client::end(std::string_view problem) {
  if (ended()) return;
  state_ = State::ended;
  boost::system::error_code ignored;
  socket_.close(ignored);
  events_.on_end(*this, problem);
}

}  // namespace raceproof::load
