// One WebSocket session: accept, set-up, messages, close (RFC 6455; close codes of domain.md
// section 4).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/connections/connection_manager.hpp"
#include "gateway/http.hpp"
#include "gateway/readiness/readiness.hpp"
#include "gateway/services.hpp"
#include "runtime/runtime.hpp"

namespace raceproof::gateway {

/// Close codes that the gateway uses (RFC 6455 section 7.4.1, and its registry for 1013).
namespace close_code {
inline constexpr std::uint16_t normal = 1000;
inline constexpr std::uint16_t going_away = 1001;
inline constexpr std::uint16_t protocol_error = 1002;
inline constexpr std::uint16_t unsupported_data = 1003;
inline constexpr std::uint16_t no_status = 1005;
inline constexpr std::uint16_t abnormal = 1006;
inline constexpr std::uint16_t bad_payload = 1007;
inline constexpr std::uint16_t policy_violation = 1008;
inline constexpr std::uint16_t too_big = 1009;
inline constexpr std::uint16_t internal_error = 1011;
inline constexpr std::uint16_t try_again_later = 1013;
}  // namespace close_code

/// How a connect was let in.
struct Admission {
  std::string user;
  /// What the server answers with; empty for none.
  std::string subprotocol;
  /// The readiness that it was admitted with.
  Verdict verdict;
  /// Accepted only to be closed with this; 0 for a session that is to live.
  std::uint16_t refuse_with = 0;
  std::string refuse_reason;
};

/// What a session has been, for the figures.
struct SessionEnd {
  bool accepted = false;
  bool established = false;
  std::uint16_t code = 0;
  std::int64_t received = 0;
  std::int64_t sent = 0;
  std::int64_t rejected = 0;  ///< frames that were malformed, unknown, forbidden or too many
};

/// A session on its connection's strand. No read on it is ever cancelled, because Beast would then
/// lose the connection and the close code with it: whoever wants to end it closes beside the read.
class Session : public UserSession {
 public:
  /// Serves the session to its end.
  virtual Awaitable<SessionEnd> run(UpgradeRequest request, Admission admission) = 0;
  /// Asks the session to close with 1001 "going away".
  virtual void stop() = 0;
  /// Cuts the connection.
  virtual void abort() = 0;
};

/// Takes the connection over after its upgrade request. `services` must outlive the session.
std::shared_ptr<Session> make_session(Services& services, Stream stream);

}  // namespace raceproof::gateway
