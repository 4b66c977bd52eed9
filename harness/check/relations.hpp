// Which observations a check relates to each other: their order decides what the check says, so
// that a search that leaves out equivalent orders has to tell them apart.
//
// A check on single events ("never: {close: 1011}") relates nothing. `while` relates its events to
// the changes of the facts it speaks of; `leads_to` relates two kinds of event, unless they are of
// one client, whose events are in order anyway; `eventually within` asks which event is the first.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/check/model.hpp"
#include "runtime/runtime.hpp"

namespace raceproof::check {

/// What one check relates. Observations that write are related to all others, those that read only
/// to those that write.
struct Relation {
  std::uint64_t check = 0;          ///< its position
  std::vector<std::string> events;  ///< names of observations
  bool events_write = false;
  std::vector<std::pair<std::string, std::string>> facts;  ///< subject, property; these write
};

[[nodiscard]] std::vector<Relation> relations(const std::vector<Check>& checks);

/// Whether `observation` takes part in `relation`, and if so, whether it writes.
[[nodiscard]] std::optional<bool> writes_in(const Relation& relation,
                                            const Observation& observation);

}  // namespace raceproof::check
