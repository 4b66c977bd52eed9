#include "harness/campaign/why_refused.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <optional>

namespace raceproof::campaign {

namespace {

using trace::EventId;
using trace::EventKind;
using trace::ObservationRecord;

/// The latest observation of the past for which `is` holds; null if there is none.
template <class Is>
const ObservationRecord* latest_in_past(const Seen& seen, Is is) {
  const auto& observations = seen.trace().observations();
  for (std::size_t i = seen.past.end(); i-- > 0;) {
    if (is(observations[i]) && seen.past.has(i)) return &observations[i];
  }
  return nullptr;
}

std::string_view name_of(const Seen& seen, const ObservationRecord& record) {
  return seen.trace().text(record.name);
}

/// The nearest observation of that name that it goes back to.
const ObservationRecord* nearest_in_chain(const Seen& seen, std::string_view name) {
  return latest_in_past(seen, [&](const ObservationRecord& record) {
    return name_of(seen, record) == name && seen.is_in_chain(record);
  });
}

std::string at_event(const Seen& seen, EventId event) {
  return at_time(seen.trace().events()[event].time_ns);
}

/// The latest end of a stream that arrived where the client runs.
std::optional<EventId> last_end_of_stream(const Seen& seen) {
  const auto& events = seen.trace().events();
  for (EventId id = seen.what.event + 1; id-- > 0;) {
    if (events[id].kind != EventKind::arrival || events[id].strand != seen.what.strand) continue;
    const auto label = seen.trace().text(events[id].label);
    if (label == "end of file" || label == "reset") return id;
  }
  return std::nullopt;
}

/// The event in time that `event`, of another process than `from`, is part of: what that process
/// did it on. An end of stream that was passed on leads further back.
EventId what_it_acted_on(const trace::Trace& trace, EventId event) {
  const auto& events = trace.events();
  while (event != 0 && events[event].kind == EventKind::handler) event = events[event].cause;
  if (events[event].kind != EventKind::arrival) return event;
  const auto label = trace.text(events[event].label);
  const bool passed_on = label == "end of file" || label == "reset";
  return passed_on ? what_it_acted_on(trace, events[event].cause) : event;
}

/// The latest event of that kind of accident in the past.
std::optional<EventId> latest_accident(const Seen& seen, std::string_view label) {
  const auto& events = seen.trace().events();
  for (EventId id = seen.what.event + 1; id-- > 0;) {
    if (events[id].kind != EventKind::process) continue;
    if (seen.trace().text(events[id].label) == label && seen.past.has_step_of(id)) return id;
  }
  return std::nullopt;
}

std::string was_killed(const Seen& seen, EventId kill) {
  const auto& event = seen.trace().events()[kill];
  return fmt::format("{} was killed{}", process_of(seen.trace(), event.strand),
                     at_event(seen, kill));
}

/// Of an end that was kept back: which says when it arrived, and not who sent it.
std::string told_late(const Seen& seen, EventId mended) {
  const auto kill = latest_accident(seen, "kill");
  const auto cut = latest_accident(seen, "partition begins");
  return fmt::format("{}, which a link that was cut{} kept back until it healed{}",
                     kill ? was_killed(seen, *kill) : "the other end gave the connection up",
                     cut ? at_event(seen, *cut) : "", at_event(seen, mended));
}

/// What the refusal of a token goes back to.
std::string who_refused(const Seen& seen, const ObservationRecord& result) {
  if (const auto* answer = nearest_in_chain(seen, "auth_answer")) {
    return fmt::format("the auth service answered {} with {}, {}valid{}",
                       seen.field(*answer, "operation"), seen.field(*answer, "status"),
                       seen.field(*answer, "valid") == "1" ? "" : "not ", at_time(answer->time_ns));
  }
  if (seen.field(result, "cached") == "1") {
    return fmt::format("an earlier answer about it, remembered{}", at_time(result.time_ns));
  }
  return fmt::format("the gateway's own look at the token{}", at_time(result.time_ns));
}

std::string which_fault(const Seen& seen) {
  if (const auto* fault = nearest_in_chain(seen, "auth_fault")) {
    return fmt::format("the auth service's fault at {}: {}{}", seen.field(*fault, "operation"),
                       seen.field(*fault, "fault"), at_time(fault->time_ns));
  }
  const auto* trouble = latest_in_past(seen, [&](const ObservationRecord& record) {
    return name_of(seen, record) == "auth_trouble";
  });
  if (trouble == nullptr) return {};
  return fmt::format("the gateway's attempt at '{}' failed ({}){}", seen.field(*trouble, "step"),
                     seen.field(*trouble, "reason"), at_time(trouble->time_ns));
}

std::string which_breaker(const Seen& seen) {
  const auto* opened = latest_in_past(seen, [&](const ObservationRecord& record) {
    return name_of(seen, record) == "transition" && seen.field(record, "machine") == "breaker" &&
           seen.field(record, "to") == "open";
  });
  if (opened == nullptr) return {};
  std::size_t failures = 0;
  const ObservationRecord* last = nullptr;
  const auto& observations = seen.trace().observations();
  for (std::size_t i = 0; i < seen.past.end(); ++i) {
    const bool failed = name_of(seen, observations[i]) == "auth_result" &&
                        seen.field(observations[i], "status") != "accepted";
    if (!failed || !seen.past.has(i)) continue;
    ++failures;
    last = &observations[i];
    if (last > opened) break;  // the one that opened it is told behind that
  }
  std::string text = fmt::format("the breaker of {} had opened{}", seen.field(*opened, "id"),
                                 at_time(opened->time_ns));
  if (last != nullptr) {
    text += fmt::format(", on {} refusal{} (the last: {})", failures, failures == 1 ? "" : "s",
                        seen.field(*last, "reason"));
  }
  return text;
}

/// Of that peer's frames, those that were refused.
std::string refused_frames(const Seen& seen, const std::string& peer) {
  std::size_t refused = 0;
  const ObservationRecord* last = nullptr;
  const auto& observations = seen.trace().observations();
  for (std::size_t i = 0; i < seen.past.end(); ++i) {
    if (name_of(seen, observations[i]) != "ws_rejected") continue;
    if (seen.field(observations[i], "peer") != peer || !seen.past.has(i)) continue;
    ++refused;
    last = &observations[i];
  }
  if (last == nullptr) return {};
  return fmt::format("{} refused frame{}, the last as {}{}", refused, refused == 1 ? "" : "s",
                     seen.field(*last, "code"), at_time(last->time_ns));
}

/// Of that user's connections, how many were counted, and how many of those were over.
std::string counted_connections(const Seen& seen, const std::string& user) {
  const auto is_of_user = [&](const ObservationRecord& record, std::string_view name) {
    return name_of(seen, record) == name && seen.field(record, "user") == user;
  };
  const auto* counted = latest_in_past(seen, [&](const ObservationRecord& record) {
    return is_of_user(record, "user_connections");
  });
  if (counted == nullptr) return {};
  std::int64_t open = 0;
  const auto& observations = seen.trace().observations();
  for (std::size_t i = 0; i < seen.past.end(); ++i) {
    if (!seen.past.has(i)) continue;
    if (is_of_user(observations[i], "session_established")) ++open;
    if (is_of_user(observations[i], "session_closed")) --open;
  }
  const std::int64_t count = std::stoll(seen.field(*counted, "count"));
  std::string text = fmt::format("{} connection{} of {} {} counted{}", count, count == 1 ? "" : "s",
                                 user, count == 1 ? "was" : "were", at_time(counted->time_ns));
  if (open >= 0 && open < count) text += fmt::format(", {} of them already over", count - open);
  return text;
}

}  // namespace

bool Seen::is_in_chain(const ObservationRecord& record) const {
  return std::ranges::binary_search(chain, record.event, std::greater<>());
}

std::string at_time(std::int64_t time_ns) {
  return time_ns < 0 ? "" : fmt::format(" at {:.3f} ms", static_cast<double>(time_ns) / 1e6);
}

std::string how_it_was_lost(const Seen& seen) {
  const auto end = last_end_of_stream(seen);
  if (!end) return {};
  const auto& trace = seen.trace();
  const auto& events = trace.events();
  const EventId root = what_it_acted_on(trace, events[*end].cause);
  const auto who = process_of(trace, events[root].strand);
  if (root == 0 || who == process_of(trace, seen.what.strand)) return {};
  const auto label = trace.text(events[root].label);
  if (events[root].kind == EventKind::process && label == "partition ends") {
    return told_late(seen, root);
  }
  if (events[root].kind == EventKind::process && label == "kill") return was_killed(seen, root);
  std::string text = fmt::format("{} ended the connection{}", who, at_event(seen, root));
  if (events[root].kind == EventKind::timer) {
    text += fmt::format(", when its time for '{}' was over", label);
  }
  const auto* shutdown = latest_in_past(seen, [&](const ObservationRecord& record) {
    return name_of(seen, record) == "shutdown_begin" && process_of(trace, record.strand) == who;
  });
  if (shutdown != nullptr) text += ", in its shutdown since" + at_time(shutdown->time_ns).substr(3);
  return text;
}

std::string how_it_was_refused(const Seen& seen) {
  const auto* result = nearest_in_chain(seen, "auth_result");
  if (result == nullptr) return {};
  const auto status = seen.field(*result, "status");
  if (status == "accepted") return {};
  if (status == "rejected") return who_refused(seen, *result);
  return seen.field(*result, "reason") == "breaker_open" ? which_breaker(seen) : which_fault(seen);
}

std::string which_rule_closed_it(const Seen& seen) {
  const auto* closing = nearest_in_chain(seen, "session_closing");
  if (closing == nullptr) return {};
  auto frames = refused_frames(seen, seen.field(*closing, "peer"));
  return frames.empty() ? counted_connections(seen, seen.field(*closing, "user")) : frames;
}

}  // namespace raceproof::campaign
