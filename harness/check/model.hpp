// What must hold, as plain data: the typed form of a scenario's `check:` list. harness/check
// evaluates it; nothing here runs.
#pragma once

#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/time.hpp"

namespace raceproof::check {

/// An expression over state facts, the boolean (subject, property) pairs that components report by
/// observing `state{subject, property, value}`. A fact that was never reported is false.
struct StateExpression {
  enum class Kind { fact, negation, all, any };

  Kind kind = Kind::fact;
  std::string subject;                    ///< Of a fact: "redis".
  std::string property;                   ///< Of a fact: "operational".
  std::vector<StateExpression> operands;  ///< One of a negation, at least two of all and any.

  friend bool operator==(const StateExpression&, const StateExpression&) = default;
};

/// What an event must go back to in the graph of causes.
struct CausedBy {
  /// "redis: COMMAND -> REPLY": the answer to that command. Empty when `observation` is given.
  std::string command;
  /// Compare with `reply_matches`.
  std::string reply;
  /// The name of an observation.
  std::string observation;
};

/// What holds in every run of every scenario (invariants.hpp says how it is judged).
enum class Invariant : std::uint8_t {
  user_isolation,         ///< No frame meant for one user reaches another.
  agent_event_order,      ///< Agent events arrive in order, once, and to the end.
  frames_within_session,  ///< Nothing is sent before the accept, or after the close.
  legal_states,           ///< State machines make legal transitions only.
  commit_first,           ///< No event leaves before its transaction has committed.
  nothing_left,           ///< A shutdown leaves nothing behind.
  no_deadlock,            ///< Nobody waits for what nothing can bring.
};

/// How files name them, in the order of `Invariant`.
inline constexpr std::string_view invariant_names[] = {
    "user_isolation", "agent_event_order", "frames_within_session", "legal_states", "commit_first",
    "nothing_left",   "no_deadlock"};
inline constexpr std::size_t invariant_count = std::size(invariant_names);
inline std::span<const std::string_view> choices(Invariant) { return invariant_names; }

/// Which events a check is about. All conditions that are given must hold together.
struct Pattern {
  enum class Kind {
    close,    ///< A client sees its connection closed: observation client_close, with `code`.
    http,     ///< A client gets an HTTP answer: observation client_http, with `code` as status.
    frame,    ///< A client receives a frame: observation client_frame, with `name` as type.
    observe,  ///< Any observation, called `name`.
    state,    ///< Not an event: the moments at which `during` is true.
    /// Not an event: the violation of a built-in invariant. Goes with no other condition.
    invariant,
  };

  Kind kind = Kind::close;
  std::int64_t code = 0;                            ///< Of close and http.
  std::string name;                                 ///< Of frame (empty: any) and observe.
  Invariant invariant = Invariant::user_isolation;  ///< Of invariant.
  /// Fields of the observation and the text they must have (true/false for booleans).
  std::vector<std::pair<std::string, std::string>> where;
  /// Names of clients, any of which will do (a group is expanded); empty: all.
  std::vector<std::string> clients;
  std::optional<StateExpression> during;  ///< `while`: must be true at the time of the event.
  std::optional<CausedBy> caused_by;
  std::string text;  ///< As it stands in the file, on one line: "{close: 1011}".
  int line = 0;
};

/// One property of the runs of a variant.
struct Check {
  enum class Kind {
    never,   ///< No event matches.
    always,  ///< Every event that matches but for `while` and `caused_by` matches those too; of a
             ///< state pattern: it is true at every moment.
    sometimes,   ///< At least one event in at least one run matches; the guard against vacuity.
    eventually,  ///< In every run an event matches, within `within` of the start if that is given.
    leads_to,  ///< Every event that matches `pattern` is followed by one that matches `to`, of the
               ///< same client where both name clients' events, within `within` if that is given.
  };

  Kind kind = Kind::never;
  Pattern pattern;
  Pattern to;                      ///< Of leads_to.
  std::optional<Duration> within;  ///< May be symbolic. Of eventually and leads_to.
  std::vector<std::string> in;     ///< The variants it applies to; empty: all.
  std::string text;                ///< As it stands in the file: "never: {close: 1011}".
  int line = 0;
  /// Required of every run without being asked for: no variant expects it to be violated.
  bool built_in = false;
};

/// What an invariant requires, in words: "no frame meant for one user reaches another".
[[nodiscard]] std::string_view statement_of(Invariant invariant);

/// Adds to `checks` those invariants that no `never` among them names. A variant that is to show
/// one violated names it.
void add_built_in(std::vector<Check>& checks);

inline constexpr std::string_view check_names[] = {"never", "always", "sometimes", "eventually",
                                                   "leads_to"};

/// Whether a reply of Redis, as observed (its RESP type sign and value: ":0", "+OK", "-NOSCRIPT No
/// matching script", "$5 hello"), is the one that a `caused_by` names: the whole text with or
/// without the type sign and a string's length, or an error's first word.
[[nodiscard]] bool reply_matches(std::string_view expected, std::string_view observed);

/// Whether a command as observed ("PUBLISH", "CLIENT SETNAME") is the one that a `caused_by` names;
/// capitals do not matter.
[[nodiscard]] bool command_matches(std::string_view expected, std::string_view observed);

}  // namespace raceproof::check
