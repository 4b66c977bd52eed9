#include "gateway/database/errors.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

namespace raceproof::gateway::database {

namespace {

/// A text whose presence means `kind`.
struct Sign {
  std::string_view text;
  ErrorKind kind;
};

/// SQLSTATEs, or the beginnings of their classes. The first that fits decides.
constexpr std::array sqlstates = {
    Sign{"08007", ErrorKind::outcome_unknown},
    Sign{"40003", ErrorKind::outcome_unknown},
    Sign{"40P01", ErrorKind::deadlock},
    Sign{"40001", ErrorKind::serialisation},
    Sign{"08", ErrorKind::connection},
    Sign{"57P01", ErrorKind::connection},  // shut down
    Sign{"57P02", ErrorKind::connection},  // crashed
    Sign{"57P03", ErrorKind::connection},  // starting up
    Sign{"57P05", ErrorKind::connection},  // idle for too long
    Sign{"53300", ErrorKind::connection},  // too many connections
    Sign{"57014", ErrorKind::timeout},     // statement cancelled
    Sign{"25P03", ErrorKind::timeout},     // transaction idle for too long
    Sign{"55P03", ErrorKind::timeout},     // lock not available
    Sign{"42501", ErrorKind::permission},
    Sign{"28", ErrorKind::permission},
    Sign{"42", ErrorKind::schema},
    Sign{"3F", ErrorKind::schema},
    Sign{"3D", ErrorKind::schema},
    Sign{"23", ErrorKind::constraint},
};

/// Parts of messages without a SQLSTATE, which come from a driver and not from the server.
constexpr std::array careful_patterns = {
    Sign{"deadlock", ErrorKind::deadlock},
    Sign{"could not serialize", ErrorKind::serialisation},
    Sign{"connection refused", ErrorKind::connection},
    Sign{"connection reset", ErrorKind::connection},
    Sign{"connection timed out", ErrorKind::connection},
    Sign{"connection lost", ErrorKind::connection},
    Sign{"closed the connection", ErrorKind::connection},
    Sign{"could not connect", ErrorKind::connection},
    Sign{"broken pipe", ErrorKind::connection},
    Sign{"network is unreachable", ErrorKind::connection},
    Sign{"timeout", ErrorKind::timeout},
    Sign{"timed out", ErrorKind::timeout},
    Sign{"time limit exceeded", ErrorKind::timeout},
    Sign{"permission denied", ErrorKind::permission},
    Sign{"access denied", ErrorKind::permission},
    Sign{"insufficient privileges", ErrorKind::permission},
    Sign{"authentication failed", ErrorKind::permission},
    Sign{"duplicate key", ErrorKind::constraint},
    Sign{"violates", ErrorKind::constraint},
    Sign{"does not exist", ErrorKind::schema},
    Sign{"no such table", ErrorKind::schema},
    Sign{"no such column", ErrorKind::schema},
    Sign{"syntax error", ErrorKind::schema},
    Sign{"invalid column", ErrorKind::schema},
    Sign{"already exists", ErrorKind::schema},
};

/// The original's, in its order (domain.md section 10): A's bare "timeout" beside L's list, whose
/// fragments "step" and "of" make a migration error of most text that comes so far.
constexpr std::array reported_patterns = {
    Sign{"deadlock", ErrorKind::deadlock},
    Sign{"lock timeout", ErrorKind::deadlock},
    Sign{"lock wait timeout", ErrorKind::deadlock},
    Sign{"connection", ErrorKind::connection},
    Sign{"network", ErrorKind::connection},
    Sign{"timeout", ErrorKind::connection},
    Sign{"broken pipe", ErrorKind::connection},
    Sign{"queuepool limit", ErrorKind::connection},
    Sign{"pool limit exceeded", ErrorKind::connection},
    Sign{"timed out", ErrorKind::timeout},
    Sign{"time limit exceeded", ErrorKind::timeout},
    Sign{"permission denied", ErrorKind::permission},
    Sign{"access denied", ErrorKind::permission},
    Sign{"insufficient privileges", ErrorKind::permission},
    Sign{"authentication failed", ErrorKind::permission},
    Sign{"step", ErrorKind::schema},
    Sign{"of", ErrorKind::schema},
    Sign{"constraint", ErrorKind::constraint},
    Sign{"does not exist", ErrorKind::schema},
    Sign{"no such table", ErrorKind::schema},
    Sign{"no such column", ErrorKind::schema},
    Sign{"syntax error", ErrorKind::schema},
    Sign{"invalid column", ErrorKind::schema},
    Sign{"already exists", ErrorKind::schema},
};

std::optional<ErrorKind> by_patterns(std::string_view message, std::span<const Sign> patterns) {
  std::string lower(message);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  for (const auto& [text, kind] : patterns) {
    if (lower.find(text) != lower.npos) return kind;
  }
  return std::nullopt;
}

std::optional<ErrorKind> by_sqlstate(std::string_view sqlstate) {
  for (const auto& [beginning, kind] : sqlstates) {
    if (sqlstate.starts_with(beginning)) return kind;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(ErrorKind kind) {
  static constexpr std::array<std::string_view, 10> names{
      "transaction", "deadlock", "serialisation", "connection",      "timeout",
      "permission",  "schema",   "constraint",    "outcome_unknown", "exhausted"};
  return names[static_cast<std::size_t>(kind)];
}

ErrorKind classify(std::string_view sqlstate, std::string_view message, ErrorClassification how) {
  std::optional<ErrorKind> kind;
  if (how == ErrorClassification::patterns_first) kind = by_patterns(message, reported_patterns);
  if (!kind && !sqlstate.empty()) kind = by_sqlstate(sqlstate);
  if (!kind && sqlstate.empty()) kind = by_patterns(message, careful_patterns);
  return kind.value_or(ErrorKind::transaction);
}

bool is_retryable(ErrorKind kind) {
  return kind == ErrorKind::deadlock || kind == ErrorKind::serialisation ||
         kind == ErrorKind::connection;
}

DatabaseError statement_timed_out() {
  return {ErrorKind::timeout, "57014", "the statement did not answer in time"};
}

}  // namespace raceproof::gateway::database
