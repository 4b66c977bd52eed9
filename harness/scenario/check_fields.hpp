// How checks are written: the fields of `check:`'s elements as self-describing structs, which both
// the reader and the JSON Schema walk.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/check/model.hpp"
#include "runtime/settings.hpp"

namespace raceproof::scenario {

/// The name of a built-in invariant, as a choice.
using InvariantName = check::Invariant;

/// `caused_by: {redis: "PUBLISH -> 0"}` or `{observe: name}`.
struct CausedByFields {
  std::optional<std::string> redis;
  std::optional<std::string> observe;
  void describe(SettingsVisitor& visitor);
};

/// A pattern as written; exactly one of the first six is given.
struct PatternFields {
  std::optional<InvariantName> invariant;
  std::optional<std::int64_t> close;
  std::optional<std::int64_t> http;
  std::optional<std::string> frame;
  std::optional<std::string> observe;
  std::optional<std::string> state;
  std::map<std::string, std::string> where;
  std::optional<std::string> client;
  std::optional<std::string> during;  ///< Key `while`.
  std::optional<CausedByFields> caused_by;
  void describe(SettingsVisitor& visitor);
};

/// never, always, sometimes: a pattern and where it applies.
struct CheckFields {
  PatternFields pattern;
  std::vector<std::string> in;
  void describe(SettingsVisitor& visitor);
};

/// eventually: the same with a time limit.
struct EventuallyFields {
  CheckFields check;
  std::optional<Duration> within;
  void describe(SettingsVisitor& visitor);
};

/// leads_to: two patterns, and where it applies.
struct LeadsToFields {
  PatternFields from;
  PatternFields to;
  std::optional<Duration> within;
  std::vector<std::string> in;
  void describe(SettingsVisitor& visitor);
};

}  // namespace raceproof::scenario
