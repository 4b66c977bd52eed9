// WebSocket frames of one direction (RFC 6455 section 5.2) as lines.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/trace/decode/text.hpp"

namespace raceproof::trace {

/// Takes bytes in any split. Keeps at most `preview_max` bytes of a payload, whatever its length.
/// After a violation of the framing it says so once and ignores the rest.
class WebSocketDecoder {
 public:
  static constexpr std::size_t preview_max = 256;

  /// `from_client`: frames of this direction must be masked (section 5.1).
  explicit WebSocketDecoder(bool from_client) : from_client_(from_client) {}

  /// Lines: `ws text "..."`, `ws binary 12 bytes`, `ws close 1011 "reason"`, `ws ping`, ...
  void feed(std::string_view bytes, Lines& lines);

 private:
  enum class State { header, payload, dead };

  void feed_header(char byte, Lines& lines);
  void begin_payload(Lines& lines);
  [[nodiscard]] std::size_t header_size() const;
  [[nodiscard]] std::string violation() const;
  [[nodiscard]] std::string line() const;
  [[nodiscard]] unsigned header_byte(std::size_t index) const {
    return static_cast<unsigned char>(header_[index]);
  }
  [[nodiscard]] unsigned opcode() const { return header_byte(0) & 0x0FU; }
  [[nodiscard]] bool final_fragment() const { return (header_byte(0) & 0x80U) != 0; }
  [[nodiscard]] bool compressed() const { return (header_byte(0) & 0x40U) != 0; }
  [[nodiscard]] bool masked() const { return (header_byte(1) & 0x80U) != 0; }

  bool from_client_;
  State state_ = State::header;
  std::string header_;          // of the frame being read: 2 to 14 bytes
  std::uint64_t length_ = 0;    // of its payload
  std::uint64_t position_ = 0;  // in its payload
  std::string preview_;         // its first bytes, unmasked
};

}  // namespace raceproof::trace
