// Evaluates the checks of a variant on the record of one run.
//
// Checks see observations only. `caused_by` follows the graph of events from an observation back to
// its causes; `while` follows the state facts that components observe; `within` is decided on the
// region of times in a symbolic run and on the clock in a concrete one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/check/invariants.hpp"
#include "harness/check/model.hpp"
#include "harness/trace/trace.hpp"

namespace raceproof::check {

/// The answer to "how long may `to` come after `from`", in nanoseconds, at most: exact on the
/// clock, the supremum over the region in a symbolic run.
using LongestBetween = std::function<std::int64_t(trace::EventId from, trace::EventId to)>;

/// What one check says about one run.
struct Finding {
  bool violated = false;
  bool seen = false;         ///< an event matched its pattern (what `sometimes` asks for)
  trace::EventId event = 0;  ///< the first violating (or matching) event
  std::size_t observation =
      0;            ///< its index in the trace; the number of observations if there is none
  std::string why;  ///< of an invariant: what is wrong
};

/// Checks of one variant, ready to be evaluated on any trace. Not thread-safe: one per worker.
class Evaluator {
 public:
  explicit Evaluator(const std::vector<Check>& checks);

  /// One finding per check, in their order. `longest` is asked only where a check has a time limit;
  /// `parameter_ns` gives the value of a symbolic limit's parameter.
  const std::vector<Finding>& evaluate(const trace::Trace& trace, const LongestBetween& longest,
                                       const std::function<std::int64_t(Duration)>& value_of);

 private:
  using Facts = std::map<std::pair<std::string, std::string>, bool, std::less<>>;

  void follow_state(const trace::Trace& trace, const trace::ObservationRecord& record);
  [[nodiscard]] bool holds(const StateExpression& expression) const;
  [[nodiscard]] bool matches(const Pattern& pattern, const trace::Trace& trace,
                             const trace::ObservationRecord& record) const;
  [[nodiscard]] bool is_about(const Pattern& pattern, const trace::Trace& trace,
                              const trace::ObservationRecord& record) const;
  [[nodiscard]] static bool same_client(const trace::Trace& trace,
                                        const trace::ObservationRecord& a,
                                        const trace::ObservationRecord& b);

  void judge_invariants(const trace::Trace& trace);

  const std::vector<Check>& checks_;
  std::vector<std::size_t> about_events_;
  std::vector<std::size_t> about_invariants_;
  Invariants invariants_;
  std::vector<Finding> findings_;
  Facts facts_;
  struct Open {
    std::size_t check;
    std::size_t observation;
  };
  std::vector<Open> open_;  // leads_to: what has not been followed yet
};

/// Whether an event that `cause` describes is among the causes of `event` (itself included).
[[nodiscard]] bool is_caused_by(const trace::Trace& trace, trace::EventId event,
                                const CausedBy& cause);

/// The chain of events from `event` back to the start of the run, latest first.
[[nodiscard]] std::vector<trace::EventId> causes_of(const trace::Trace& trace,
                                                    trace::EventId event);

}  // namespace raceproof::check
