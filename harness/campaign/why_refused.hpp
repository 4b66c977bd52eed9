// What made a client lose its connection, or be refused by a rule.
#pragma once

#include <span>
#include <string>

#include "harness/campaign/past.hpp"

namespace raceproof::campaign {

/// What a client saw, and what may have led there.
struct Seen {
  const trace::ObservationRecord& what;
  const Past& past;
  std::span<const trace::EventId> chain;  ///< from its event back to the start, latest first

  [[nodiscard]] const trace::Trace& trace() const { return past.trace(); }
  [[nodiscard]] std::string field(const trace::ObservationRecord& record,
                                  std::string_view key) const {
    return text_field(trace(), record, key);
  }
  /// Whether its event is one that `what` goes back to.
  [[nodiscard]] bool is_in_chain(const trace::ObservationRecord& record) const;
};

/// Of a close without a close frame: who ended the connection, when, and on what; as the end of a
/// sentence. Empty if it was the client itself.
[[nodiscard]] std::string how_it_was_lost(const Seen& seen);

/// Of what authentication refused: which rule, and who said so. Empty if it was not that.
[[nodiscard]] std::string how_it_was_refused(const Seen& seen);

/// Of a close with 1008 that is not authentication's: which rule, and what it counted. Empty if
/// that is not known.
[[nodiscard]] std::string which_rule_closed_it(const Seen& seen);

/// " at 102.000 ms".
[[nodiscard]] std::string at_time(std::int64_t time_ns);

}  // namespace raceproof::campaign
