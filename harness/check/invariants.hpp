// What holds in every run, whatever its scenario: judged on the record of the run alone, by what
// clients see and what components observe (docs/observations.md). A component that observes nothing
// of the kind is not judged.
//
// user_isolation: a frame with a `user_id` arrives at clients of that user only; a frame that is
//   sent names the user of its session; one run's events are seen by one user only.
// agent_event_order: of each run a client sees agent_started first, the end (agent_completed or
//   agent_failed) last and once, a tool's end after its beginning, and no frame twice in a row. Of
//   a run that could not begin a client sees agent_failed alone.
//   Frames that say `"recovered": true` may repeat what was seen, but not come behind live ones. A
//   client that connects again, or shares its user with another client, may meet a run in its
//   middle. Where nothing is left to happen, no run is left open on an open connection.
// frames_within_session: on the strand of a session nothing is sent before session_accepted, after
//   session_closing or after session_closed; a client sees no frame without an open connection.
// legal_states: each transition{machine, id, from, to} is in the machine's table and begins where
//   the one before it ended. A process that was killed begins anew.
// commit_first: an event_leaves{run, type, transaction} comes after that transaction's
//   transaction{status: committed} (or unknown: then its owner has looked). Where a database tells
//   of the rows that it has committed, its row of the run was inserted before, or, when the event
//   reports the run's end, changed.
// nothing_left: the process_left that follows a shutdown_end counts nothing, and a process that has
//   ended in order has closed no session of the database while a transaction was open in it: in any
//   db_disconnection{left} of it the state is not "idle in transaction". When the database notices
//   the end does not matter. Sessions that were waiting for an answer, or whose transaction had
//   failed, may be given up.
// no_deadlock: no client is left behind with nothing but waits that have no limit.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/check/model.hpp"
#include "harness/trace/trace.hpp"

namespace raceproof::check {

/// The first violation of an invariant in a run.
struct Violation {
  std::size_t observation = 0;  ///< index in the trace
  std::string why;              ///< one sentence
};

/// By `Invariant`.
using Violations = std::array<std::optional<Violation>, invariant_count>;

/// Not thread-safe: one per worker. Remembers nothing from trace to trace but its memory.
class Invariants {
 public:
  const Violations& judge(const trace::Trace& trace);

 private:
  Violations violations_;
};

/// Whether a machine of this kind may go from one state to another. Machines of a kind that is not
/// known may do anything.
[[nodiscard]] bool is_legal(std::string_view machine, std::string_view from, std::string_view to);

/// What two observations have to share for an invariant to relate them.
struct InvariantKey {
  std::string_view name;                 ///< of the observation
  std::vector<std::string_view> fields;  ///< whose values name the thing that it is about
};

/// Observations about one thing are related, of one process or of all.
struct InvariantRelation {
  std::vector<InvariantKey> keys;
  bool across_processes = false;
};

/// What `invariant` looks at the order of although it may be of different strands; nothing where it
/// looks at one strand at a time, or at sets.
[[nodiscard]] std::vector<InvariantRelation> related_by(Invariant invariant);

}  // namespace raceproof::check
