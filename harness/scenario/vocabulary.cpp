#include "harness/scenario/vocabulary.hpp"

namespace raceproof::scenario {

std::span<const ObservationKind> known_observations() {
  static const std::vector<ObservationKind> kinds{
      // The gateway.
      {"environment", {"name", "gcp"}},
      {"listening", {"port"}},
      {"startup_phase", {"phase", "status", "took", "reason"}},
      {"state", {"subject", "property", "value"}},
      {"readiness_check", {"check", "ok", "attempt", "reason"}},
      {"readiness_verdict", {"ready", "reason"}},
      {"grace_period_begin", {"check", "duration"}},
      {"grace_period_end", {"check", "duration"}},
      {"redis_message", {"channel", "message"}},
      {"redis_trouble", {"connection", "step", "reason"}},
      {"pool", {"in_use", "idle", "waiting"}},
      {"transaction", {"id", "number", "attempt", "status"}},
      {"transaction_retry", {"id", "attempt", "kind"}},
      {"migration", {"version", "name"}},
      {"database_trouble", {"step", "kind", "sqlstate", "reason"}},
      {"accept_failed", {"reason"}},
      {"connection_failed", {"peer", "reason"}},
      {"http_response", {"peer", "path", "status"}},
      {"upgrade_refused", {"peer", "status", "reason"}},
      {"upgrade_failed", {"peer", "reason"}},
      {"session_accepted", {"peer", "user"}},
      {"session_degraded", {"peer", "user"}},
      {"session_setup", {"peer", "user"}},
      {"session_established", {"peer", "user"}},
      {"session_setup_failed", {"peer", "user", "step", "reason"}},
      {"session_closed", {"peer", "user", "code", "reason"}},
      {"ws_sent", {"peer", "type"}},
      {"ws_received", {"peer", "type"}},
      {"shutdown_begin", {}},
      {"shutdown_end", {}},
      // The fake Redis.
      {"redis_listening", {"port"}},
      {"redis_loaded", {}},
      {"redis_connection", {"connection"}},
      {"redis_disconnection", {"connection"}},
      {"redis_outage_begin", {}},
      {"redis_outage_end", {}},
      {"redis_fault", {"connection", "fault", "command"}},
      {"redis_command", {"connection", "command"}},
      {"redis_reply", {"connection", "command", "reply"}},
      // The scripted clients.
      {"client_connecting", {"client", "attempt"}},
      {"client_http", {"client", "path", "status"}},
      {"client_open", {"client"}},
      {"client_sent", {"client", "type", "text"}},
      {"client_frame", {"client", "type", "text"}},
      {"client_close", {"client", "code", "reason", "local"}},
      {"client_error", {"client", "reason"}},
      {"client_step_failed", {"client", "step", "kind", "expected", "got"}},
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
          "database connected", "gateway ready"};
}

}  // namespace raceproof::scenario
