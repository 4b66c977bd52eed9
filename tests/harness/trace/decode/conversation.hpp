// Conversations as test data: bytes with a direction, and the lines a decoder makes of them.
#pragma once

#include <string>
#include <vector>

#include "harness/trace/decode/decoder.hpp"

namespace raceproof::trace {

struct Said {
  bool by_client;
  std::string bytes;
};
using Conversation = std::vector<Said>;

/// All lines, in order, prefixed by "> " (client) or "< " (server); the bytes are fed in pieces of
/// at most `piece` bytes.
inline Lines decode(const Conversation& conversation, std::size_t piece = std::string::npos) {
  ConnectionDecoder decoder;
  Lines lines;
  for (const auto& [by_client, bytes] : conversation) {
    for (std::size_t at = 0; at < bytes.size();) {
      const std::string part = bytes.substr(at, piece);
      for (const auto& line :
           by_client ? decoder.client_to_server(part) : decoder.server_to_client(part)) {
        lines.push_back((by_client ? "> " : "< ") + line);
      }
      at += part.size();
    }
  }
  return lines;
}

/// A frame as RFC 6455 section 5.2 lays it out, with a fixed mask where one is asked for.
inline std::string frame(unsigned first_byte, const std::string& payload, bool masked) {
  std::string bytes(1, static_cast<char>(first_byte));
  const unsigned mask_bit = masked ? 0x80U : 0U;
  if (payload.size() < 126) {
    bytes += static_cast<char>(mask_bit | payload.size());
  } else {
    bytes += static_cast<char>(mask_bit | 126U);
    bytes += static_cast<char>(payload.size() >> 8U);
    bytes += static_cast<char>(payload.size() & 0xFFU);
  }
  const std::string key = "\x37\xfa\x21\x3d";
  if (masked) bytes += key;
  for (std::size_t i = 0; i < payload.size(); ++i) {
    bytes += static_cast<char>(masked ? payload[i] ^ key[i % 4] : payload[i]);
  }
  return bytes;
}

inline const std::string upgrade_request =
    "GET /ws HTTP/1.1\r\nHost: gateway\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer secret\r\n\r\n";
inline const std::string upgrade_response =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";

}  // namespace raceproof::trace
