// One sentence on what led to a finding.
#pragma once

#include <string>

#include "harness/campaign/past.hpp"
#include "harness/check/evaluator.hpp"

namespace raceproof::campaign {

/// The violating event of a concrete run that has ended, and what caused it: the answers of
/// backends that it goes back to; of a lost connection (1006) who cut it and when; of a refusal
/// (1008, and what authentication refuses) which rule and what made it apply.
[[nodiscard]] std::string explain(const trace::Trace& trace, const sim::StepLog& steps,
                                  const check::Check& check, const check::Finding& finding);

/// "alice: step 3 expected an open connection, got Connection timed out".
[[nodiscard]] std::string describe_failed_step(const trace::Trace& trace,
                                               const trace::ObservationRecord& record);

}  // namespace raceproof::campaign
