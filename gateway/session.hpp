// One WebSocket session: accept, set-up, messages, close (RFC 6455; close codes of domain.md
// section 4).
#pragma once

#include <memory>
#include <string>

#include "gateway/agent.hpp"
#include "gateway/figures.hpp"
#include "gateway/http.hpp"
#include "gateway/readiness/readiness.hpp"
#include "gateway/redis_manager.hpp"
#include "gateway/settings.hpp"
#include "runtime/runtime.hpp"

namespace raceproof::gateway {

/// The components that connections use. Calls into them go by `call`.
struct Services {
  Runtime& runtime;
  const Settings& settings;
  const Figures& figures;
  Readiness& readiness;
  RedisManager& redis;
  Agent& agent;
};

/// Close codes that the gateway uses (RFC 6455 section 7.4.1).
namespace close_code {
inline constexpr std::uint16_t normal = 1000;
inline constexpr std::uint16_t going_away = 1001;
inline constexpr std::uint16_t protocol_error = 1002;
inline constexpr std::uint16_t unsupported_data = 1003;
inline constexpr std::uint16_t no_status = 1005;
inline constexpr std::uint16_t abnormal = 1006;
inline constexpr std::uint16_t bad_payload = 1007;
inline constexpr std::uint16_t too_big = 1009;
inline constexpr std::uint16_t internal_error = 1011;
}  // namespace close_code

/// A session on its connection's strand. No read on it is ever cancelled, because Beast would then
/// lose the connection and the close code with it: whoever wants to end it closes beside the read.
class Session {
 public:
  virtual ~Session() = default;

  /// Serves the session to its end. `verdict` is the readiness that the connect was admitted with.
  virtual Awaitable<> run(UpgradeRequest request, Verdict verdict) = 0;
  /// Asks the session to close with 1001 "going away".
  virtual void stop() = 0;
  /// Cuts the connection.
  virtual void abort() = 0;
};

/// Takes the connection over after its upgrade request. `services` must outlive the session.
std::unique_ptr<Session> make_session(Services& services, Stream stream, std::string user);

}  // namespace raceproof::gateway
