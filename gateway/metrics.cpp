#include "gateway/metrics.hpp"

#include <cstdio>

namespace raceproof::gateway {

void ConnectionTotals::add(const ConnectionEnd& end) {
  ++connections;
  if (!end.upgrade_asked) return;
  ++upgrades;
  if (end.refused_with != 0) ++refused[end.refused_with];
  const SessionEnd& session = end.session;
  if (!session.accepted) return;
  ++accepted;
  if (session.established) ++established;
  received += session.received;
  sent += session.sent;
  rejected += session.rejected;
  ++closed[session.code];
}

void MetricsText::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_.append("# HELP ").append(name).append(1, ' ').append(help).append(1, '\n');
  text_.append("# TYPE ").append(name).append(1, ' ').append(type).append(1, '\n');
}

void MetricsText::begin_sample(const Labels& labels) {
  text_ += name_;
  char mark = '{';
  for (const auto& [key, value] : labels) {
    text_.append(1, mark).append(key).append("=\"");
    for (const char c : value) {
      if (c == '\\' || c == '"') text_ += '\\';
      text_.append(c == '\n' ? std::string_view("\\n") : std::string_view(&c, 1));
    }
    text_ += '"';
    mark = ',';
  }
  if (!labels.empty()) text_ += '}';
  text_ += ' ';
}

void MetricsText::sample(const Labels& labels, std::int64_t value) {
  begin_sample(labels);
  text_.append(std::to_string(value)).append(1, '\n');
}

void MetricsText::sample_seconds(const Labels& labels, Duration value) {
  begin_sample(labels);
  char number[32];
  std::snprintf(number, sizeof number, "%.9g\n", static_cast<double>(value.to_ns()) / 1e9);
  text_ += number;
}

void write(MetricsText& text, const ConnectionTotals& totals) {
  text.family("gateway_connections_total", "counter", "TCP connections that have ended.");
  text.sample({}, totals.connections);
  text.family("gateway_upgrades_total", "counter", "WebSocket upgrades asked for.");
  text.sample({}, totals.upgrades);
  text.family("gateway_upgrades_refused_total", "counter",
              "WebSocket upgrades answered with an HTTP status instead.");
  for (const auto& [status, count] : totals.refused) {
    text.sample({{"status", std::to_string(status)}}, count);
  }
  text.family("gateway_sessions_accepted_total", "counter",
              "Sessions that have ended and whose upgrade was accepted.");
  text.sample({}, totals.accepted);
  text.family("gateway_sessions_established_total", "counter",
              "Sessions that have ended and whose set-up had succeeded.");
  text.sample({}, totals.established);
  text.family("gateway_session_closes_total", "counter",
              "Sessions that have ended, by close code; 1011 is a failed set-up.");
  for (const auto& [code, count] : totals.closed) {
    text.sample({{"code", std::to_string(code)}}, count);
  }
  text.family("gateway_frames_received_total", "counter", "Frames of sessions that have ended.");
  text.sample({}, totals.received);
  text.family("gateway_frames_sent_total", "counter", "Frames to sessions that have ended.");
  text.sample({}, totals.sent);
  text.family("gateway_frames_rejected_total", "counter",
              "Frames that were malformed, unknown, forbidden or too many.");
  text.sample({}, totals.rejected);
}

void write(MetricsText& text, const ConnectionFigures& figures) {
  text.family("gateway_user_connections", "gauge", "Connections of users at present.");
  text.sample({}, static_cast<std::int64_t>(figures.connections));
  text.family("gateway_users", "gauge", "Users who are connected at present.");
  text.sample({}, static_cast<std::int64_t>(figures.users));
  text.family("gateway_user_connects_total", "counter", "Connections of users since the start.");
  text.sample({}, static_cast<std::int64_t>(figures.connected_total));
  text.family("gateway_user_connects_refused_total", "counter",
              "Connections beyond the limit of their user.");
  text.sample({}, static_cast<std::int64_t>(figures.refused_total));
  text.family("gateway_messages_total", "counter", "Messages for users, by what became of them.");
  text.sample({{"delivery", "delivered"}}, static_cast<std::int64_t>(figures.delivered_total));
  text.sample({{"delivery", "queued"}}, static_cast<std::int64_t>(figures.queued_total));
  text.sample({{"delivery", "lost"}}, static_cast<std::int64_t>(figures.lost_total));
  text.family("gateway_messages_lost_total", "counter", "Messages lost, by reason.");
  for (std::size_t i = 0; i < loss_reasons.size(); ++i) {
    text.sample({{"reason", std::string(loss_reasons[i])}},
                static_cast<std::int64_t>(figures.lost[i]));
  }
  text.family("gateway_queue_depth", "gauge", "What waits, by queue.");
  text.sample({{"queue", "kept_messages"}}, static_cast<std::int64_t>(figures.queued));
  text.family("gateway_absent_users", "gauge",
              "Users who are not connected and for whom messages are kept.");
  text.sample({}, static_cast<std::int64_t>(figures.absent_users));
}

void write(MetricsText& text, const std::vector<CheckFigures>& checks) {
  text.family("gateway_readiness_check_ok", "gauge", "Whether the last look of a check was good.");
  for (const CheckFigures& check : checks) {
    text.sample({{"check", std::string(check.name)}}, check.ok ? 1 : 0);
  }
  text.family("gateway_readiness_check_seconds", "gauge",
              "From the first look of a check to the first time that it passed.");
  for (const CheckFigures& check : checks) {
    if (check.passed) text.sample_seconds({{"check", std::string(check.name)}}, check.took);
  }
}

void write(MetricsText& text, const AuthFigures& figures) {
  text.family("gateway_authentications_total", "counter", "Tokens judged, by outcome.");
  text.sample({{"status", "accepted"}}, figures.accepted_total);
  text.sample({{"status", "rejected"}}, figures.rejected_total);
  text.sample({{"status", "unavailable"}}, figures.unavailable_total);
  text.family("gateway_auth_cached_tokens", "gauge", "Accepted tokens that are remembered.");
  text.sample({}, figures.cached_tokens);
  text.family("gateway_auth_breakers", "gauge", "Circuit breakers that are not closed, by state.");
  text.sample({{"state", "open"}}, figures.breakers_open);
  text.sample({{"state", "half_open"}}, figures.breakers_half_open);
}

void write(MetricsText& text, const BridgeFigures& figures) {
  text.family("gateway_agent_bridge_state", "gauge", "1 for the state that the bridge is in.");
  for (const BridgeState state :
       {BridgeState::uninitialized, BridgeState::initializing, BridgeState::active,
        BridgeState::degraded, BridgeState::failed}) {
    text.sample({{"state", std::string(to_string(state))}}, state == figures.state ? 1 : 0);
  }
  text.family("gateway_agent_runs", "gauge", "Runs of agents at present.");
  text.sample({}, static_cast<std::int64_t>(figures.runs));
}

void write(MetricsText& text, const database::PoolFigures& figures) {
  text.family("gateway_database_sessions", "gauge", "Sessions with the database, by use.");
  text.sample({{"use", "in_use"}}, figures.in_use);
  text.sample({{"use", "idle"}}, figures.idle);
  text.family("gateway_database_waiting", "gauge", "Operations that wait for a session.");
  text.sample({}, figures.waiting);
}

}  // namespace raceproof::gateway
