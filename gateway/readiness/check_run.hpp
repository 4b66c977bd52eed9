// One run of one check, from its first look to its verdict; no I/O, no clock of its own.
#pragma once

#include <optional>
#include <string_view>

#include "gateway/readiness/checks.hpp"

namespace raceproof::gateway {

/// The limits that a check inherits: each counts from its own beginning.
struct InheritedLimits {
  Instant evaluation_begin;
  Duration evaluation_limit;
  Instant group_begin;
  Duration group_limit;
};

/// Decides what happens after each look (domain.md sections 2 and 12): look again after the retry
/// delay until the deadline or the retry budget is used up; after a success wait for the grace
/// period, then look again. Comparing times is costly in simulation, so nothing is compared on the
/// way that succeeds at once.
class CheckRun {
 public:
  enum class Step {
    pass,
    fail,
    look_at,  ///< wait until `at`, then look
    grace,    ///< wait for the grace period, then look
  };
  struct Action {
    Step step;
    Instant at;
    std::string_view reason;  ///< of a failure: what ended the check
  };

  CheckRun(const Check& check, const InheritedLimits& limits, Instant begin)
      : check_(check), limits_(limits), begin_(begin) {}

  /// The outcome of a look made at `now`; `with_grace`: whether a success has to wait.
  Action looked(const Look& look, Instant now, bool with_grace);
  /// Looks so far.
  [[nodiscard]] int attempts() const { return attempts_; }

 private:
  Action succeeded(const Look& look, Instant now, bool with_grace);
  Action retry(Instant now);
  Instant inherited_deadline() const;

  const Check& check_;
  InheritedLimits limits_;
  Instant begin_;
  int attempts_ = 0;
  bool last_look_ = false;            // the deadline has come
  std::optional<Look> before_grace_;  // the success that the grace period follows
};

}  // namespace raceproof::gateway
