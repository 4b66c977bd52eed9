// Where the token of a WebSocket upgrade is, and which subprotocol answers it. No I/O.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/auth/result.hpp"

namespace raceproof::gateway {

/// What the headers of an upgrade hold.
struct Credentials {
  std::string token;                         ///< empty unless `reason` is none
  AuthReason reason = AuthReason::no_token;  ///< none, no_token or malformed
  std::string_view problem = "no token";     ///< for people; empty when there is a token
  /// The subprotocol to answer with; empty for none.
  std::string subprotocol;
};

/// Looks for a token in the values of all Authorization headers (`Bearer TOKEN`, RFC 6750 section
/// 2.1), which come first, then in those of all Sec-WebSocket-Protocol headers: `jwt.TOKEN`, where
/// TOKEN is the JWT as it stands or in base64url, because a browser can send no header but that
/// one.
///
/// The subprotocol is the first one offered of `agent_chat`, `jwt` and `jwt-auth`, whether or not a
/// token was found: a server may only choose a name that the client offered (RFC 6455 section
/// 4.2.2), and `jwt.TOKEN` would put the token into an answer that proxies log. A client that
/// offers nothing but `jwt.TOKEN` is therefore answered without a subprotocol. RFC 6455 allows
/// that, and other clients go on; a browser does not (WHATWG WebSockets, "establish a WebSocket
/// connection"), so it has to offer a plain name beside the token: `new WebSocket(url,
/// ["agent_chat", "jwt." + token])`.
Credentials find_credentials(const std::vector<std::string_view>& authorization,
                             const std::vector<std::string_view>& protocols,
                             std::size_t token_bytes_max);

}  // namespace raceproof::gateway
