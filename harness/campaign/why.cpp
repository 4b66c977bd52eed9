#include "harness/campaign/why.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <functional>

#include "harness/campaign/why_refused.hpp"

namespace raceproof::campaign {

namespace {

/// The violating observation in words.
std::string describe(const trace::Trace& trace, const trace::ObservationRecord& record) {
  const auto name = trace.text(record.name);
  const auto client = text_field(trace, record, "client");
  if (name == "client_close") {
    const auto reason = text_field(trace, record, "reason");
    return fmt::format("{} was closed with {}{}", client, text_field(trace, record, "code"),
                       reason.empty() ? "" : " (" + reason + ")");
  }
  if (name == "client_http") {
    return fmt::format("{} got HTTP {}", client, text_field(trace, record, "status"));
  }
  if (name == "client_frame") {
    return fmt::format("{} received '{}'", client, text_field(trace, record, "type"));
  }
  if (name == "client_sent") {
    return fmt::format("{} sent '{}'", client, text_field(trace, record, "type"));
  }
  if (!client.empty()) return fmt::format("{} of {}", name, client);
  return std::string(name);
}

/// The first start-up or step of a client that failed; empty if none did.
std::string first_failure(const trace::Trace& trace) {
  for (const auto& record : trace.observations()) {
    const auto name = trace.text(record.name);
    if (name == "client_step_failed") return describe_failed_step(trace, record);
    if (name == "startup_phase" && text_field(trace, record, "status") == "failed") {
      return fmt::format("start-up failed in phase {}: {}", text_field(trace, record, "phase"),
                         text_field(trace, record, "reason"));
    }
  }
  return {};
}

/// Of an upgrade that was refused, the reason; else `before`.
std::string refusal_of(const trace::Trace& trace, const trace::ObservationRecord& record,
                       const std::string& before) {
  const auto name = trace.text(record.name);
  if (name == "upgrade_refused") return text_field(trace, record, "reason");
  return name == "balancer_refused" ? "no instance took the connection" : before;
}

/// The first such message that was lost after `from`, as the end of a sentence; empty if none was.
std::string first_loss(const trace::Trace& trace, const check::Pattern& awaited,
                       const trace::ObservationRecord& from) {
  if (awaited.kind != check::Pattern::Kind::frame) return {};
  for (const auto& record : trace.observations()) {
    if (&record < &from || trace.text(record.name) != "message_lost") continue;
    if (!awaited.name.empty() && awaited.name != text_field(trace, record, "type")) continue;
    return fmt::format("; '{}' for {} was lost ({})", text_field(trace, record, "type"),
                       text_field(trace, record, "user"), text_field(trace, record, "reason"));
  }
  return {};
}

/// Whether it may explain a failure: an answer of Redis, whatever it is, what went wrong at the
/// other backends, and on the way to the database.
bool is_telling(const trace::Trace& trace, const trace::ObservationRecord& record) {
  static constexpr std::string_view telling[] = {"redis_reply", "agent_fault", "auth_fault",
                                                 "db_fault"};
  const auto name = trace.text(record.name);
  if (name == "db_reply") return text_field(trace, record, "result") != "ok";
  // What the gateway met before it came to the database.
  if (name == "database_trouble") {
    return text_field(trace, record, "kind") == "exhausted" ||
           text_field(trace, record, "sqlstate").empty();
  }
  return std::ranges::find(telling, name) != std::end(telling);
}

/// As the end of a sentence.
std::string told(const trace::Trace& trace, const trace::ObservationRecord& record) {
  const auto field = [&](std::string_view key) { return text_field(trace, record, key); };
  const auto name = trace.text(record.name);
  if (name == "redis_reply") {
    return fmt::format("Redis answered {} -> {}", field("command"), field("reply"));
  }
  if (name == "db_reply") {
    return fmt::format("the database answered {} -> {}", field("kind"), field("result"));
  }
  if (name == "db_fault") {
    return fmt::format("the database's fault at {}: {}", field("kind"), field("fault"));
  }
  if (name == "database_trouble") {
    return fmt::format("the gateway met '{}' at step '{}'", field("reason"), field("step"));
  }
  const std::string_view service = name == "agent_fault" ? "agent" : "auth";
  return fmt::format("the {} service's fault at {}: {}", service, field("operation"),
                     field("fault"));
}

/// What a backend did that is nearest before; as the end of a sentence.
std::string nearest_telling(const Seen& seen) {
  const trace::ObservationRecord* nearest = nullptr;
  for (std::size_t i = 0; i < seen.past.end(); ++i) {
    const auto& record = seen.trace().observations()[i];
    if (is_telling(seen.trace(), record) && seen.is_in_chain(record)) nearest = &record;
  }
  if (nearest == nullptr) return {};
  return told(seen.trace(), *nearest) + at_time(nearest->time_ns);
}

/// What led to it, as the end of a sentence.
std::string cause_of(const Seen& seen) {
  const auto name = seen.trace().text(seen.what.name);
  const auto code = name == "client_close" ? seen.field(seen.what, "code") : std::string();
  if (code == "1006") return how_it_was_lost(seen);
  if (name == "client_close" || name == "client_http") {
    if (auto refused = how_it_was_refused(seen); !refused.empty()) return refused;
  }
  return code == "1008" ? which_rule_closed_it(seen) : nearest_telling(seen);
}

}  // namespace

std::string describe_failed_step(const trace::Trace& trace,
                                 const trace::ObservationRecord& record) {
  return fmt::format("{}: step {} expected {}, got {}", text_field(trace, record, "client"),
                     text_field(trace, record, "step"), text_field(trace, record, "expected"),
                     text_field(trace, record, "got"));
}

std::string explain(const trace::Trace& trace, const sim::StepLog& steps, const check::Check& check,
                    const check::Finding& finding) {
  if (finding.observation >= trace.observations().size()) {
    const std::string failed = first_failure(trace);
    return "it had not happened when the run ended" + (failed.empty() ? "" : "; " + failed);
  }
  if (!finding.why.empty()) return finding.why;
  const auto& violation = trace.observations()[finding.observation];
  std::string text = describe(trace, violation);
  if (check.kind == check::Check::Kind::leads_to) {
    text += check.within ? ", not followed in time by " : ", not followed by ";
    return text + check.to.text + first_loss(trace, check.to, violation);
  }
  const auto chain = check::causes_of(trace, violation.event);
  const Past past(trace, steps, finding.observation);
  const Seen seen{violation, past, chain};
  if (trace.text(violation.name) == "client_http") {
    std::string refusal;
    for (std::size_t i = 0; i < past.end(); ++i) {
      const auto& record = trace.observations()[i];
      if (seen.is_in_chain(record)) refusal = refusal_of(trace, record, refusal);
    }
    if (!refusal.empty()) text += " (" + refusal + ")";
  }
  const std::string cause = cause_of(seen);
  return cause.empty() ? text : text + " after " + cause;
}

}  // namespace raceproof::campaign
