// Which observations a check relates to each other: their order decides what the check says, so
// that a search that leaves out equivalent orders has to tell them apart.
//
// A check on single events ("never: {close: 1011}") relates nothing. `while` relates its events to
// the changes of the facts it speaks of; `leads_to` relates two kinds of event, unless they are of
// one client, whose events are in order anyway; `eventually within` asks which event is the first.
// An invariant relates observations about the same thing only (a machine, a transaction).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/check/invariants.hpp"
#include "harness/check/model.hpp"
#include "runtime/runtime.hpp"

namespace raceproof::check {

/// What one check relates. Observations that write are related to all others, those that read only
/// to those that write.
struct Relation {
  /// Observations that are related, and write, where all of these fields are equal.
  InvariantRelation keyed;
  std::uint64_t check = 0;          ///< its position
  std::vector<std::string> events;  ///< names of observations
  bool events_write = false;
  std::vector<std::pair<std::string, std::string>> facts;  ///< subject, property; these write
};

[[nodiscard]] std::vector<Relation> relations(const std::vector<Check>& checks);

/// Whether observations of that name may take part in `relation`.
[[nodiscard]] bool is_about(const Relation& relation, std::string_view name);

/// How an observation takes part in a relation.
struct Part {
  bool writes = false;
  std::uint64_t thing = 0;  ///< parts of different things are not related
};

/// Whether `observation`, made by the process of that name, takes part in `relation`, and how.
[[nodiscard]] std::optional<Part> part_in(const Relation& relation, const Observation& observation,
                                          std::string_view process);

}  // namespace raceproof::check
