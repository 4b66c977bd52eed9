#include "harness/scenario/vocabulary.hpp"

namespace raceproof::scenario {

std::span<const ObservationKind> known_observations() {
  static const std::vector<ObservationKind> kinds{
      // The gateway.
      {"startup_phase", {"phase", "status"}},
      {"state", {"subject", "property", "value"}},
      {"readiness_check", {"check", "ok", "attempt", "reason"}},
      {"readiness_verdict", {"ready", "reason"}},
      {"grace_period_begin", {"duration"}},
      {"grace_period_end", {"duration"}},
      {"upgrade_refused", {"status", "reason"}},
      {"session_accepted", {"peer", "user"}},
      {"session_setup", {"peer", "user"}},
      {"session_established", {"peer", "user"}},
      {"session_setup_failed", {"peer", "user", "step", "reason"}},
      {"session_closed", {"peer", "user", "code", "reason"}},
      {"ws_sent", {"peer", "type"}},
      {"ws_received", {"peer", "type"}},
      {"http_response", {"path", "status"}},
      // The fake Redis.
      {"redis_command", {"connection", "command"}},
      {"redis_reply", {"connection", "command", "reply"}},
      // The scripted clients.
      {"client_connecting", {"client", "attempt"}},
      {"client_http", {"client", "status"}},
      {"client_open", {"client"}},
      {"client_frame", {"client", "type", "text"}},
      {"client_close", {"client", "code", "reason"}},
      {"client_error", {"client", "reason"}},
      {"client_step_failed", {"client", "step", "expected", "got"}},
      {"client_done", {"client", "ok"}},
  };
  return kinds;
}

std::vector<std::string> known_observation_names() {
  std::vector<std::string> names;
  for (const ObservationKind& kind : known_observations()) names.emplace_back(kind.name);
  return names;
}

const ObservationKind* find_observation(std::string_view name) {
  for (const ObservationKind& kind : known_observations()) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

std::vector<std::string> known_facts() {
  return {"redis connected", "redis subscribed", "redis scripts_loaded", "redis operational",
          "gateway ready"};
}

}  // namespace raceproof::scenario
