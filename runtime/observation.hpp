// Observations: what a component says happened, once, for checks, logs and metrics alike.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "runtime/time.hpp"

namespace raceproof {

/// A value of an observation. Text is copied by the sink during the call.
using FieldValue = std::variant<std::int64_t, bool, std::string_view, Duration, Instant>;

/// One named value.
struct Field {
  std::string_view key;
  FieldValue value;
};

/// A typed event. `name` is snake_case and stable: scenario files refer to it
/// (`docs/observations.md` lists all names with their fields).
struct Observation {
  std::string_view name;
  std::span<const Field> fields;
};

}  // namespace raceproof
