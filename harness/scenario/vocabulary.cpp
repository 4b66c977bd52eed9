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
      {"request_failed", {"peer", "path", "reason"}},
      {"http_response", {"peer", "path", "status"}},
      {"upgrade_refused", {"peer", "status", "reason"}},
      {"upgrade_failed", {"peer", "reason"}},
      {"auth_result", {"status", "reason", "user", "cached"}},
      {"auth_trouble", {"step", "reason"}},
      {"session_accepted", {"peer", "user"}},
      {"session_degraded", {"peer", "user"}},
      {"session_setup", {"peer", "user"}},
      {"session_established", {"peer", "user"}},
      {"session_setup_failed", {"peer", "user", "step", "reason"}},
      {"session_closing", {"peer", "user", "code"}},
      {"session_closed", {"peer", "user", "code", "reason"}},
      {"transition", {"machine", "id", "from", "to"}},
      {"event_leaves", {"run", "type", "transaction"}},
      {"agent_event_lost", {"run", "type", "user"}},
      {"agent_run_refused", {"user", "run", "code"}},
      {"bridge_trouble", {"step", "run", "reason"}},
      {"event_relayed", {"run", "type", "user", "delivery"}},
      {"late_completion", {"run", "state"}},
      {"agent_event", {"type", "user", "run", "delivery"}},
      {"message_lost", {"user", "type", "reason"}},
      {"user_connections", {"user", "count"}},
      {"slow_consumer", {"peer", "user", "frames", "bytes"}},
      {"ws_rejected", {"peer", "user", "code"}},
      {"ws_sent", {"peer", "type", "user"}},
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
      // The fake agent service.
      {"agent_listening", {"port"}},
      {"agent_connection", {"connection"}},
      {"agent_disconnection", {"connection"}},
      {"agent_outage_begin", {}},
      {"agent_outage_end", {}},
      {"agent_request", {"operation", "run", "user"}},
      {"agent_step", {"run", "user", "step"}},
      {"agent_fault", {"operation", "run", "user", "fault"}},
      // The fake database.
      {"db_listening", {"port"}},
      {"db_connection", {"session", "connection"}},
      {"db_disconnection", {"session", "left", "state", "rows"}},
      {"db_outage_begin", {}},
      {"db_outage_end", {}},
      {"db_request", {"session", "kind"}},
      {"db_reply", {"session", "kind", "result"}},
      {"db_fault", {"session", "kind", "fault"}},
      {"db_lock_wait", {"session", "for"}},
      {"db_deadlock", {"session"}},
      {"db_committed", {"session", "transaction"}},
      {"db_rolled_back", {"session", "transaction"}},
      {"db_row", {"transaction", "table", "key", "change"}},
      // The load balancer.
      {"balancer_listening", {"port"}},
      {"balancer_routed", {"client", "instance"}},
      {"balancer_refused", {"client", "status"}},
      {"balancer_ended", {"client", "instance"}},
      {"balancer_crowded", {"connections"}},
      // The fake auth service.
      {"auth_listening", {"port"}},
      {"auth_connection", {"connection"}},
      {"auth_disconnection", {"connection"}},
      {"auth_outage_begin", {}},
      {"auth_outage_end", {}},
      {"auth_request", {"operation", "user"}},
      {"auth_answer", {"operation", "user", "status", "valid"}},
      {"auth_fault", {"operation", "user", "fault"}},
      // The scripted clients.
      {"client_connecting", {"client", "attempt"}},
      {"client_http", {"client", "path", "status"}},
      {"client_open", {"client", "user", "subprotocol"}},
      {"client_sent", {"client", "type", "text"}},
      {"client_frame", {"client", "type", "text", "user", "run", "tool", "recovered"}},
      {"client_close", {"client", "code", "reason", "local"}},
      {"client_error", {"client", "reason"}},
      {"client_step_failed", {"client", "step", "kind", "expected", "got"}},
      {"client_done", {"client", "ok"}},
      // The simulation itself.
      {"process_left",
       {"process", "timers", "connects", "reads", "writes", "accepts", "streams", "listeners",
        "handlers", "names"}},
      {"backend_left", {"backend", "process", "connection", "subscriptions", "state", "rows"}},
      {"unfinished", {"client", "end", "stuck", "waits"}},
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
  return {"redis connected", "redis subscribed",   "redis scripts_loaded", "redis operational",
          "auth usable",     "database connected", "gateway ready"};
}

}  // namespace raceproof::scenario
