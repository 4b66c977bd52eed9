// The JSON that travels: bodies of HTTP answers, frames to and from clients. No I/O.
#pragma once

#include <string>
#include <string_view>

namespace raceproof::gateway {

/// A frame from a client, understood or not.
struct ClientMessage {
  enum class Type { chat, ping, cancel, unknown, malformed };
  Type type = Type::malformed;
  /// The chat's text; the type's name if it is unknown; what is wrong if it is malformed.
  std::string text;
  std::string thread;  ///< the conversation that a chat belongs to; empty for the user's own
  std::string run;     ///< the run that is to be cancelled
  std::string user;    ///< whom the frame claims to speak for; empty for the connection's user
};
std::string_view to_string(ClientMessage::Type type);

/// Reads {"type": "chat", "text": "...", "thread_id": "..."}, {"type": "cancel", "run_id": "..."}
/// or
/// {"type": "ping"}; each may have a "user_id".
ClientMessage parse_client_message(std::string_view frame);

/// {"type": type}
std::string message(std::string_view type);
/// {"type": type, key: value}
std::string message(std::string_view type, std::string_view key, std::string_view value);
/// {"type": "session_established", "session": ..., "user": ..., "user_id": the same}: every frame
/// that is meant for one user names him so.
std::string session_established_message(std::string_view session, std::string_view user);
/// {"type": "error", "code": code, "message": text}
std::string error_message(std::string_view code, std::string_view text);

/// {"status": status}, with "reason" and "phase" where they are not empty.
std::string health_body(std::string_view status, std::string_view reason = {},
                        std::string_view phase = {});
/// {"error": code, "message": text}
std::string error_body(std::string_view code, std::string_view text);

}  // namespace raceproof::gateway
