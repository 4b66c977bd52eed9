// What the two ends of a connection say to each other, as lines for the replay view: HTTP messages,
// WebSocket frames, RESP commands and replies. Free of I/O: bytes in, lines out.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/trace/decode/text.hpp"

namespace raceproof::trace {

/// Both directions of one connection. The protocol is recognised from the first bytes and may
/// change once, from HTTP to WebSocket. Bytes are given in the order in which they were delivered;
/// how they are split makes no difference to the lines, and no bytes whatever make it fail: what
/// cannot be decoded is said once, and that direction is ignored from there on.
class ConnectionDecoder {
 public:
  ConnectionDecoder();
  ~ConnectionDecoder();
  ConnectionDecoder(ConnectionDecoder&&) noexcept;
  ConnectionDecoder& operator=(ConnectionDecoder&&) noexcept;

  /// The lines that `bytes` completed; often none, sometimes several.
  std::vector<std::string> client_to_server(std::string_view bytes);
  std::vector<std::string> server_to_client(std::string_view bytes);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace raceproof::trace
