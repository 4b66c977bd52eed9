// Numbers and patterns as Redis reads and writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace raceproof::fakes::redis {

/// A signed 64-bit integer in its one canonical form: no sign but '-', no leading zeros or spaces.
std::optional<std::int64_t> parse_integer(std::string_view text);
/// A floating point number as INCRBYFLOAT takes it; infinities are accepted, not-a-number is not.
std::optional<long double> parse_float(std::string_view text);
/// Up to 17 decimals without trailing zeros, never an exponent.
std::string format_float(long double value);

/// Whether `text` equals `lower`, which is in lower case, whatever the case of `text`.
bool equals_ignoring_case(std::string_view text, std::string_view lower);
/// ASCII only.
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);

/// Redis's glob patterns: `*`, `?`, `[a-z]`, `[^a]` and `\` before a literal.
bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace raceproof::fakes::redis
