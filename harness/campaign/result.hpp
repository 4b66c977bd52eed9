// The result model: everything a campaign found out, as plain values. The campaign fills it, every
// report is a rendering of it, and `docs/formats/result.md` describes its JSON form.
//
// It holds no logic but the names of its enumerations; the rules by which verdicts and exit codes
// are formed are in verdict.hpp, the estimates in statistics.hpp. Times are virtual unless they say
// "wall".
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace raceproof::campaign {

using std::chrono::nanoseconds;

/// Version of the model and of its JSON form. Raised when a field changes its meaning or goes away;
/// readers reject every other version.
inline constexpr int result_format_version = 1;

/// What a variant says about itself: the failure must appear, or nothing may be violated.
enum class Expectation { reproduces, holds };
inline constexpr std::array<std::string_view, 2> expectation_names{"reproduces", "holds"};

enum class Verdict { pass, fail, unknown };
inline constexpr std::array<std::string_view, 3> verdict_names{"pass", "fail", "unknown"};

/// Why a verdict is what it is.
enum class Reason {
  as_expected,       ///< pass: it held, or it was reproduced
  violated,          ///< fail: a check that must hold was violated
  not_reproduced,    ///< fail when the search was complete, otherwise unknown
  vacuous,           ///< unknown: a `sometimes` was never seen, so the danger was never met
  budget,            ///< unknown: runs or classes ran out before the search was complete
  time,              ///< unknown: the ceiling on wall time was hit
  interrupted,       ///< unknown: stopped by the user
  drifted,           ///< unknown: a saved failure no longer follows its recorded decisions
  nondeterministic,  ///< fail: a repeated run differed
};
inline constexpr std::array<std::string_view, 9> reason_names{
    "as_expected", "violated",    "not_reproduced", "vacuous",         "budget",
    "time",        "interrupted", "drifted",        "nondeterministic"};

enum class CheckKind { never, always, sometimes, eventually, leads_to, invariant };
inline constexpr std::array<std::string_view, 6> check_kind_names{
    "never", "always", "sometimes", "eventually", "leads_to", "invariant"};

enum class CheckStatus {
  held,            ///< must hold, and did in every run
  violated,        ///< must hold, and did not in at least one run
  satisfied,       ///< `sometimes`: seen at least once
  never_seen,      ///< `sometimes`: not seen in any run
  not_applicable,  ///< not checked in this variant
};
inline constexpr std::array<std::string_view, 5> check_status_names{"held", "violated", "satisfied",
                                                                    "never_seen", "not_applicable"};

/// Exit code of the command; the values are a public contract.
enum class ExitCode { pass = 0, fail = 1, unusable_input = 2, unknown = 3 };

inline constexpr std::string_view name(Expectation value) {
  return expectation_names[static_cast<std::size_t>(value)];
}
inline constexpr std::string_view name(Verdict value) {
  return verdict_names[static_cast<std::size_t>(value)];
}
inline constexpr std::string_view name(Reason value) {
  return reason_names[static_cast<std::size_t>(value)];
}
inline constexpr std::string_view name(CheckKind value) {
  return check_kind_names[static_cast<std::size_t>(value)];
}
inline constexpr std::string_view name(CheckStatus value) {
  return check_status_names[static_cast<std::size_t>(value)];
}

/// A delay of the scenario that was explored over its whole range, both ends included.
struct RangedDelay {
  std::string name{};  ///< as in the scenario: "redis.stabilise"
  nanoseconds low{};
  nanoseconds high{};
  bool operator==(const RangedDelay&) const = default;
};

/// A place in the program that turned a symbolic time into a number; what depends on that number
/// was explored for the witness value only.
struct Cut {
  std::string call_site{};  ///< "gateway/readiness.cpp:41"
  std::uint64_t count = 0;
  bool operator==(const Cut&) const = default;
};

/// What a verdict rests on: how it was searched, over what, and what was left out.
struct Bound {
  std::string strategy{};                       ///< "enumeration", "random walk", "pct", ...
  bool complete = false;                        ///< every class that the ranges allow was visited
  std::string limit{};                          ///< ... up to this: "2 preemptions"
  std::uint64_t classes_explored = 0;           ///< classes of orders (enumeration: orders)
  std::uint64_t classes_tie_only = 0;           ///< possible only when two times are exactly equal
  std::uint64_t classes_failing = 0;            ///< with at least one violated check
  std::uint64_t classes_relaxed_confirmed = 0;  ///< zone was a relaxation; confirmed exactly
  std::uint64_t classes_impossible = 0;  ///< not among the explored: no latency produces them
  std::uint64_t runs_sampled = 0;        ///< independent random runs
  std::uint64_t runs_failing = 0;        ///< of those
  std::vector<RangedDelay> ranges{};     ///< covered from end to end
  std::uint32_t threads = 1;             ///< of the process under test
  nanoseconds epsilon{};                 ///< how late a free thread may pick up work
  std::vector<Cut> cuts{};
  std::vector<std::string> exclusions{};  ///< what was not varied: "fragmentation", "faults", ...
  /// Sampled searches without a failure: upper bound of the probability of one, 95 % (rule of
  /// three).
  std::optional<double> failure_probability_bound{};
  /// Sampled searches: estimated probability that another run shows an unseen class (Good-Turing).
  std::optional<double> unseen_class_probability{};
  bool operator==(const Bound&) const = default;
};

struct CheckResult {
  std::string text{};  ///< as a person would write it: "never: { close: 1011 }"
  CheckKind kind = CheckKind::never;
  std::uint32_t source_line = 0;  ///< in the scenario file; 0 for a built-in invariant
  CheckStatus status = CheckStatus::held;
  std::uint64_t classes = 0;    ///< classes (or sampled runs) where it was violated, or was seen
  std::string first_witness{};  ///< where it first happened, in words; empty if it never did
  bool operator==(const CheckResult&) const = default;
};

/// A named moment or delay of the run that shows a failure.
struct WitnessTime {
  std::string name{};  ///< "client.arrives", "alice: connect", ...
  nanoseconds at{};
  bool operator==(const WitnessTime&) const = default;
};

/// How far one named delay may move from where it is in the steady witness, the others staying,
/// until no order fails any more.
struct Margin {
  std::string parameter{};
  nanoseconds slack{};  ///< moved by this much the failure is gone; positive
  bool operator==(const Margin&) const = default;
};

/// What a failure owes to one fake. A behaviour is a request ("PUBLISH"), a refusal ("commit ->
/// 40001"), or something that the scenario made up ("fault 'reset' at PUBLISH", "outage").
struct RestsOn {
  std::string fake{};                     ///< "redis"
  std::string server{};                   ///< the real one that it was compared with; empty: none
  std::vector<std::string> verified{};    ///< behaviour that was found to be the real one's, sorted
  std::vector<std::string> unverified{};  ///< behaviour that nothing was compared with, sorted
  bool operator==(const RestsOn&) const = default;
};

/// One way in which a check was violated.
struct Failure {
  std::string id{};                    ///< stable for the same failure: part of its file's name
  std::string check{};                 ///< text of the violated check
  std::string cause{};                 ///< one sentence: which order, which answer
  std::string call_site{};             ///< line of code that decided it, if known
  std::vector<WitnessTime> witness{};  ///< moments of the run with the simplest times that show it
  std::vector<WitnessTime> delays{};   ///< ... and what the named delays are in it
  std::vector<WitnessTime> steady_witness{};  ///< the same order with the most slack between events
  std::vector<WitnessTime> steady_delays{};
  /// ... and the least time between two of them whose order matters, if any two could be apart.
  std::optional<nanoseconds> steady_slack{};
  /// When this order exists and fails, as inequalities over named durations that all must hold;
  /// those of the declared ranges are left out. Settings in which the scenario's variants differ
  /// count as if they could take any value.
  std::vector<std::string> region{};
  /// When any order fails this check: of several lists of inequalities, one must hold. The pieces
  /// with the fewest inequalities first, at most `pieces_max`. Empty where it is not known.
  std::vector<std::vector<std::string>> fails_if{};
  std::uint64_t fails_if_more = 0;      ///< pieces that are left out there
  bool fails_if_complete = false;       ///< otherwise it fails there, and may elsewhere
  std::vector<RestsOn> rests_on{};      ///< the fakes that led to it
  std::uint64_t baseline_distance = 0;  ///< decisions that differ from the usual order
  std::optional<Margin> margin{};       ///< the tightest, if known
  bool tie_only = false;                ///< needs two times to be exactly equal
  std::string file{};                   ///< saved failure; empty if it was not saved
  std::string replay_command{};
  bool operator==(const Failure&) const = default;
};

/// Spread of a time over all runs of a variant. All zero when `count` is 0.
struct Distribution {
  std::uint64_t count = 0;
  nanoseconds min{};
  nanoseconds median{};
  nanoseconds max{};
  double variance_ms2 = 0;  ///< population variance, in square milliseconds
  bool operator==(const Distribution&) const = default;
};

struct NamedDistribution {
  std::string name{};  ///< "chat -> agent_completed"
  Distribution values{};
  bool operator==(const NamedDistribution&) const = default;
};

/// What one client, or all of them together, met over all runs.
struct ClientSummary {
  std::string name{};                  ///< "alice"; "all clients" for the sum
  std::uint64_t attempts = 0;          ///< scripts started, one per client and run
  std::uint64_t successes = 0;         ///< scripts that ended as they expected to
  Distribution session_established{};  ///< from the client's first connect
  std::vector<NamedDistribution> latencies{};
  bool operator==(const ClientSummary&) const = default;
};

/// A fake that a variant ran against, and what it was last found to agree with.
struct FakeUsed {
  std::string name{};    ///< "redis"
  std::string level{};   ///< "protocol": what the gateway sends and reads; "port": above its driver
  std::string server{};  ///< the real one and its version; empty: there is none to compare with
  std::string when{};    ///< date of that; empty if it is not known
  std::string scope{};   ///< on how much: "1200 conversations, 9000 statements"
  bool operator==(const FakeUsed&) const = default;
};

struct VariantResult {
  std::string name{};
  Expectation expect = Expectation::holds;
  Verdict verdict = Verdict::unknown;
  Reason reason = Reason::budget;
  std::string reason_text{};  ///< one sentence for a person; may be empty for as_expected
  Bound bound{};
  std::vector<CheckResult> checks{};
  std::vector<Failure> failures{};
  std::vector<FakeUsed> fakes{};
  std::optional<ClientSummary> all_clients{};
  std::vector<ClientSummary> clients{};
  nanoseconds virtual_time_max{};  ///< the longest run, in simulated time
  double wall_seconds = 0;         ///< varies from machine to machine, as does the next
  double runs_per_second = 0;
  std::string digest{};  ///< of every run of the variant; equal on every machine and build
  bool operator==(const VariantResult&) const = default;
};

struct ScenarioResult {
  std::string name{};    ///< "cold_start/premature_readiness"
  std::string file{};    ///< path as given on the command line
  std::string shows{};   ///< what it shows
  std::string source{};  ///< where its figures come from
  std::vector<std::string> tags{};
  std::vector<VariantResult> variants{};
  bool operator==(const ScenarioResult&) const = default;
};

/// A setting the campaign was started with, as text.
struct StartParameter {
  std::string name{};
  std::string value{};
  bool operator==(const StartParameter&) const = default;
};

/// A file that could not be used, with all its diagnostics (`file:line:column: ...`).
struct InputError {
  std::string file{};
  std::vector<std::string> diagnostics{};
  bool operator==(const InputError&) const = default;
};

struct Totals {
  std::uint64_t scenarios = 0;
  std::uint64_t variants = 0;
  std::uint64_t passed = 0;
  std::uint64_t failed = 0;
  std::uint64_t unknown = 0;
  std::uint64_t classes = 0;  ///< explored
  std::uint64_t runs = 0;     ///< sampled
  bool operator==(const Totals&) const = default;
};

struct CampaignResult {
  int format_version = result_format_version;
  std::string tool_version{};
  std::uint64_t seed = 0;
  std::uint32_t jobs = 1;  ///< worlds that ran at once; nothing but the wall time depends on it
  std::vector<StartParameter> parameters{};
  std::vector<InputError> input_errors{};
  std::vector<ScenarioResult> scenarios{};
  Totals totals{};
  double wall_seconds = 0;
  ExitCode exit_code = ExitCode::unknown;
  bool operator==(const CampaignResult&) const = default;
};

}  // namespace raceproof::campaign
