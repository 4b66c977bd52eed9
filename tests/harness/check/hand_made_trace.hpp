// Traces written by hand, one event for each observation.
#pragma once

#include <initializer_list>

#include "harness/check/evaluator.hpp"

namespace raceproof::check {

class HandMadeTrace {
 public:
  HandMadeTrace() {
    trace_.clear();
    trace_.add_strand("world");
    event(0, 0);
  }

  /// A new event at `ms` that `cause` led to.
  trace::EventId event(std::int64_t ms, trace::EventId cause) {
    trace::Event event;
    event.cause = cause;
    event.kind = trace::EventKind::handler;
    event.time_ns = ms * 1'000'000;
    return trace_.add(event);
  }
  /// A new event at `ms` with an observation; caused by the start unless `cause` says otherwise.
  trace::EventId observe(std::int64_t ms, std::string_view name,
                         std::initializer_list<Field> fields, trace::EventId cause = 0) {
    const auto id = event(ms, cause);
    observe_in(id, name, fields);
    return id;
  }
  void observe_in(trace::EventId event, std::string_view name,
                  std::initializer_list<Field> fields) {
    trace_.observe(event, 0, trace_.events()[event].time_ns,
                   Observation{name, std::span<const Field>(fields.begin(), fields.size())});
  }
  /// The same on a strand of that name, which is made at its first use.
  void on(std::string_view strand, std::int64_t ms, std::string_view name,
          std::initializer_list<Field> fields) {
    const auto id = event(ms, 0);
    trace_.observe(id, strand_called(strand), ms * 1'000'000,
                   Observation{name, std::span<const Field>(fields.begin(), fields.size())});
  }
  /// The process dies: an event of its root strand.
  void kill(std::string_view process, std::int64_t ms) {
    trace::Event event;
    event.strand = strand_called(process);
    event.label = trace_.intern("kill");
    event.kind = trace::EventKind::process;
    event.time_ns = ms * 1'000'000;
    trace_.add(event);
  }
  trace::EventId state(std::int64_t ms, std::string_view subject, std::string_view property,
                       bool value) {
    return observe(ms, "state", {{"subject", subject}, {"property", property}, {"value", value}});
  }
  trace::EventId close(std::int64_t ms, std::string_view client, std::int64_t code,
                       trace::EventId cause = 0) {
    return observe(ms, "client_close", {{"client", client}, {"code", code}}, cause);
  }
  trace::EventId frame(std::int64_t ms, std::string_view client, std::string_view type) {
    return observe(ms, "client_frame", {{"client", client}, {"type", type}});
  }

  /// What `check` says of the trace; times on the clock unless `longest` is given.
  [[nodiscard]] Finding judge(const Check& check, const LongestBetween& longest = {}) const {
    const std::vector<Check> checks = {check};
    Evaluator evaluator(checks);
    const LongestBetween on_the_clock = [this](trace::EventId from, trace::EventId to) {
      return trace_.events()[to].time_ns - trace_.events()[from].time_ns;
    };
    return evaluator
        .evaluate(trace_, longest ? longest : on_the_clock, [](Duration d) { return d.to_ns(); })
        .front();
  }
  [[nodiscard]] const trace::Trace& trace() const { return trace_; }

 private:
  trace::StrandId strand_called(std::string_view name) {
    for (trace::StrandId id = 0; id < trace_.strand_count(); ++id) {
      if (trace_.strand_name(id) == name) return id;
    }
    return trace_.add_strand(name);
  }

  trace::Trace trace_;
};

inline Pattern close_with(std::int64_t code) {
  Pattern pattern;
  pattern.kind = Pattern::Kind::close;
  pattern.code = code;
  return pattern;
}
inline Pattern frame_of(std::string type) {
  Pattern pattern;
  pattern.kind = Pattern::Kind::frame;
  pattern.name = std::move(type);
  return pattern;
}
inline Pattern observed(std::string name) {
  Pattern pattern;
  pattern.kind = Pattern::Kind::observe;
  pattern.name = std::move(name);
  return pattern;
}
inline Check check_of(Check::Kind kind, Pattern pattern) {
  Check check;
  check.kind = kind;
  check.pattern = std::move(pattern);
  return check;
}
inline StateExpression fact(std::string subject, std::string property) {
  return {StateExpression::Kind::fact, std::move(subject), std::move(property), {}};
}
inline StateExpression combined(StateExpression::Kind kind, std::vector<StateExpression> operands) {
  return {kind, {}, {}, std::move(operands)};
}

}  // namespace raceproof::check
