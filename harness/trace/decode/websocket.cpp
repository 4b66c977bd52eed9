// WebSocket frames of one direction as lines.
#include "harness/trace/decode/websocket.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace raceproof::trace {

namespace {

constexpr unsigned opcode_continuation = 0x0;
constexpr unsigned opcode_text = 0x1;
constexpr unsigned opcode_binary = 0x2;
constexpr unsigned opcode_close = 0x8;
constexpr unsigned opcode_ping = 0x9;
constexpr unsigned opcode_pong = 0xA;
constexpr std::uint64_t control_payload_max = 125;  // RFC 6455 section 5.5

bool is_control(unsigned opcode) { return (opcode & 0x8U) != 0; }

/// "closed: 1011 reason" as the frame states it (section 5.5.1).
std::string close_text(std::string_view payload) {
  if (payload.size() < 2) return "ws close without a code";
  const unsigned code =
      (static_cast<unsigned char>(payload[0]) << 8U) | static_cast<unsigned char>(payload[1]);
  if (payload.size() == 2) return fmt::format("ws close {}", code);
  return fmt::format("ws close {} {}", code, quoted(payload.substr(2)));
}

std::string with_payload(std::string_view kind, std::string_view payload) {
  return payload.empty() ? std::string(kind) : fmt::format("{} {}", kind, quoted(payload));
}

}  // namespace

void WebSocketDecoder::feed(std::string_view bytes, Lines& lines) {
  while (!bytes.empty() && state_ != State::dead) {
    if (state_ == State::header) {
      feed_header(bytes.front(), lines);
      bytes.remove_prefix(1);
      continue;
    }
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), length_ - position_));
    const std::size_t mask_at = header_.size() - 4;
    for (std::size_t i = 0; i < count && preview_.size() < preview_max; ++i) {
      const char key = masked() ? header_[mask_at + (position_ + i) % 4] : '\0';
      preview_ += static_cast<char>(bytes[i] ^ key);
    }
    position_ += count;
    bytes.remove_prefix(count);
    if (position_ == length_) {
      lines.push_back(line());
      header_.clear();
      state_ = State::header;
    }
  }
}

std::size_t WebSocketDecoder::header_size() const {
  if (header_.size() < 2) return 2;
  const unsigned short_length = header_byte(1) & 0x7FU;
  const std::size_t extended = short_length == 126 ? 2 : short_length == 127 ? 8 : 0;
  return 2 + extended + (masked() ? 4 : 0);
}

void WebSocketDecoder::feed_header(char byte, Lines& lines) {
  header_ += byte;
  if (header_.size() == header_size()) begin_payload(lines);
}

void WebSocketDecoder::begin_payload(Lines& lines) {
  const unsigned short_length = header_byte(1) & 0x7FU;
  const std::size_t extended = short_length == 126 ? 2 : short_length == 127 ? 8 : 0;
  length_ = extended == 0 ? short_length : 0;
  for (std::size_t i = 0; i < extended; ++i) length_ = (length_ << 8U) | header_byte(2 + i);
  position_ = 0;
  preview_.clear();
  if (const std::string problem = violation(); !problem.empty()) {
    lines.push_back("ws framing violated: " + problem);
    state_ = State::dead;
    return;
  }
  state_ = State::payload;
  if (length_ == 0) {
    lines.push_back(line());
    header_.clear();
    state_ = State::header;
  }
}

std::string WebSocketDecoder::violation() const {
  if ((header_byte(0) & 0x30U) != 0) return "reserved bits are set";
  const bool known =
      opcode() <= opcode_binary || (opcode() >= opcode_close && opcode() <= opcode_pong);
  if (!known) return fmt::format("opcode {} is reserved", opcode());
  if (is_control(opcode()) && !final_fragment()) return "a control frame is fragmented";
  if (is_control(opcode()) && length_ > control_payload_max) {
    return fmt::format("a control frame of {} bytes", length_);
  }
  if ((length_ >> 63U) != 0) return "a length with its highest bit set";
  return "";
}

std::string WebSocketDecoder::line() const {
  std::string text;
  const std::string size = fmt::format("{} bytes", length_);
  switch (opcode()) {
    case opcode_close:
      text = close_text(preview_);
      break;
    case opcode_ping:
      text = with_payload("ws ping", preview_);
      break;
    case opcode_pong:
      text = with_payload("ws pong", preview_);
      break;
    case opcode_binary:
      text = "ws binary " + size;
      break;
    case opcode_continuation:
      text = "ws continuation " + size;
      break;
    default:
      text = "ws text " + (compressed() ? size : quoted(preview_));
      break;
  }
  if (opcode() == opcode_text && length_ > preview_max && !compressed()) text += " of " + size;
  if (!final_fragment()) text += ", more follows";
  if (compressed()) text += ", compressed";
  if (masked() != from_client_) text += masked() ? ", masked" : ", not masked";
  return text;
}

}  // namespace raceproof::trace
