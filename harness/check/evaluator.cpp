#include "harness/check/evaluator.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace raceproof::check {

namespace {

using trace::FieldType;
using trace::ObservationRecord;
using trace::Trace;

std::string value_as_text(const Trace& trace, const trace::FieldRecord& field) {
  switch (field.type) {
    case FieldType::boolean:
      return field.number != 0 ? "true" : "false";
    case FieldType::text:
      return std::string(trace.value_text(field));
    default:
      return std::to_string(field.number);
  }
}

bool has_number(const Trace& trace, const ObservationRecord& record, std::string_view key,
                std::int64_t number) {
  const auto* field = trace.find(record, key);
  return field != nullptr && field->type == FieldType::integer && field->number == number;
}

bool has_text(const Trace& trace, const ObservationRecord& record, std::string_view key,
              std::string_view text) {
  const auto* field = trace.find(record, key);
  return field != nullptr && field->type == FieldType::text && trace.value_text(*field) == text;
}

std::string_view text_of(const Trace& trace, const ObservationRecord& record,
                         std::string_view key) {
  const auto* field = trace.find(record, key);
  return field == nullptr || field->type != FieldType::text ? std::string_view()
                                                            : trace.value_text(*field);
}

}  // namespace

std::vector<trace::EventId> causes_of(const Trace& trace, trace::EventId event) {
  std::vector<trace::EventId> chain = {event};
  while (event != 0) {
    event = trace.events()[event].cause;  // always an earlier event
    chain.push_back(event);
  }
  return chain;
}

bool is_caused_by(const Trace& trace, trace::EventId event, const CausedBy& cause) {
  const auto chain = causes_of(trace, event);  // descending
  return std::ranges::any_of(trace.observations(), [&](const ObservationRecord& record) {
    if (!std::ranges::binary_search(chain, record.event, std::greater<>())) return false;
    const auto name = trace.text(record.name);
    if (!cause.observation.empty()) return name == cause.observation;
    return name == "redis_reply" &&
           command_matches(cause.command, text_of(trace, record, "command")) &&
           reply_matches(cause.reply, text_of(trace, record, "reply"));
  });
}

void Evaluator::follow_state(const Trace& trace, const ObservationRecord& record) {
  if (trace.text(record.name) != "state") return;
  const auto* value = trace.find(record, "value");
  if (value == nullptr) return;
  facts_[{std::string(text_of(trace, record, "subject")),
          std::string(text_of(trace, record, "property"))}] = value->number != 0;
}

bool Evaluator::holds(const StateExpression& expression) const {
  using Kind = StateExpression::Kind;
  const auto operand_holds = [this](const StateExpression& operand) { return holds(operand); };
  switch (expression.kind) {
    case Kind::negation:
      return !holds(expression.operands.front());
    case Kind::all:
      return std::ranges::all_of(expression.operands, operand_holds);
    case Kind::any:
      return std::ranges::any_of(expression.operands, operand_holds);
    case Kind::fact:
      break;
  }
  const auto fact = facts_.find(std::pair(expression.subject, expression.property));
  return fact != facts_.end() && fact->second;
}

/// Whether the event is one that the pattern speaks of, leaving `while` and `caused_by` aside.
bool Evaluator::is_about(const Pattern& pattern, const Trace& trace,
                         const ObservationRecord& record) const {
  const auto name = trace.text(record.name);
  switch (pattern.kind) {
    case Pattern::Kind::close:
      if (name != "client_close" || !has_number(trace, record, "code", pattern.code)) return false;
      break;
    case Pattern::Kind::http:
      if (name != "client_http" || !has_number(trace, record, "status", pattern.code)) return false;
      break;
    case Pattern::Kind::frame:
      if (name != "client_frame") return false;
      if (!pattern.name.empty() && !has_text(trace, record, "type", pattern.name)) return false;
      break;
    case Pattern::Kind::observe:
      if (name != pattern.name) return false;
      break;
    case Pattern::Kind::state:
      return true;
    case Pattern::Kind::invariant:
      return false;
  }
  for (const auto& [key, expected] : pattern.where) {
    const auto* field = trace.find(record, key);
    if (field == nullptr || value_as_text(trace, *field) != expected) return false;
  }
  if (pattern.clients.empty()) return true;
  return std::ranges::any_of(pattern.clients, [&](const std::string& client) {
    return has_text(trace, record, "client", client);
  });
}

bool Evaluator::matches(const Pattern& pattern, const Trace& trace,
                        const ObservationRecord& record) const {
  if (pattern.during && !holds(*pattern.during)) return false;
  return !pattern.caused_by || is_caused_by(trace, record.event, *pattern.caused_by);
}

bool Evaluator::same_client(const Trace& trace, const ObservationRecord& a,
                            const ObservationRecord& b) {
  const auto first = text_of(trace, a, "client");
  const auto second = text_of(trace, b, "client");
  return first.empty() || second.empty() || first == second;
}

Evaluator::Evaluator(const std::vector<Check>& checks) : checks_(checks) {
  for (std::size_t c = 0; c < checks.size(); ++c) {
    const bool invariant = checks[c].pattern.kind == Pattern::Kind::invariant;
    (invariant ? about_invariants_ : about_events_).push_back(c);
  }
}

const std::vector<Finding>& Evaluator::evaluate(
    const Trace& trace, const LongestBetween& longest,
    const std::function<std::int64_t(Duration)>& value_of) {
  const auto& observations = trace.observations();
  findings_.assign(checks_.size(), Finding{false, false, 0, observations.size(), {}});
  facts_.clear();
  open_.clear();

  const auto mark = [&](std::size_t check, std::size_t observation, bool violated, bool seen) {
    Finding& finding = findings_[check];
    const bool first =
        (violated && !finding.violated) || (seen && !finding.seen && !finding.violated);
    finding.violated |= violated;
    finding.seen |= seen;
    if (!first) return;
    finding.observation = observation;
    if (observation < observations.size()) finding.event = observations[observation].event;
  };
  const auto too_late = [&](const Check& check, trace::EventId from, trace::EventId to) {
    return check.within && longest(from, to) > value_of(*check.within);
  };

  for (std::size_t i = 0; i < observations.size(); ++i) {
    const ObservationRecord& record = observations[i];
    follow_state(trace, record);
    for (const std::size_t c : about_events_) {
      const Check& check = checks_[c];
      const bool about = is_about(check.pattern, trace, record);
      switch (check.kind) {
        case Check::Kind::never:
          if (about && matches(check.pattern, trace, record)) mark(c, i, true, true);
          break;
        case Check::Kind::always:
          if (about) mark(c, i, !matches(check.pattern, trace, record), true);
          break;
        case Check::Kind::sometimes:
          if (about && matches(check.pattern, trace, record)) mark(c, i, false, true);
          break;
        case Check::Kind::eventually:
          if (about && !findings_[c].seen && matches(check.pattern, trace, record)) {
            mark(c, i, too_late(check, 0, record.event), true);
          }
          break;
        case Check::Kind::leads_to:
          // An event may be what an earlier one leads to, and lead on itself.
          if (is_about(check.to, trace, record) && matches(check.to, trace, record)) {
            std::erase_if(open_, [&](const Open& open) {
              const auto& from = observations[open.observation];
              if (open.check != c || !same_client(trace, from, record)) return false;
              if (too_late(check, from.event, record.event)) mark(c, open.observation, true, true);
              return true;
            });
          }
          if (about && matches(check.pattern, trace, record)) {
            open_.push_back({c, i});
            mark(c, i, false, true);
          }
          break;
      }
    }
  }
  for (const Open& open : open_) mark(open.check, open.observation, true, true);
  for (std::size_t c = 0; c < checks_.size(); ++c) {
    if (checks_[c].kind == Check::Kind::eventually && !findings_[c].seen) {
      mark(c, observations.size(), true, false);
    }
  }
  judge_invariants(trace);
  return findings_;
}

void Evaluator::judge_invariants(const Trace& trace) {
  if (about_invariants_.empty()) return;
  const Violations& violations = invariants_.judge(trace);
  for (const std::size_t c : about_invariants_) {
    const auto& violation = violations[static_cast<std::size_t>(checks_[c].pattern.invariant)];
    if (!violation) continue;
    Finding& finding = findings_[c];
    finding.seen = true;
    finding.violated = checks_[c].kind == Check::Kind::never;
    finding.observation = violation->observation;
    finding.event = trace.observations()[violation->observation].event;
    finding.why = violation->why;
  }
}

}  // namespace raceproof::check
