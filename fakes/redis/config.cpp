// See config.hpp.
#include "fakes/redis/config.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <optional>

#include "fakes/redis/numbers.hpp"

namespace raceproof::fakes::redis {
namespace {

enum class Kind { text, flag, integer, memory, immutable };

struct Parameter {
  std::string_view name;
  Kind kind;
  std::string_view value;
  std::int64_t low = 0;
  std::int64_t high = 0;
};

constexpr std::int64_t int_max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t long_max = std::numeric_limits<std::int64_t>::max();

constexpr std::array parameters = {
    Parameter{"appendonly", Kind::flag, "no"},
    Parameter{"bind", Kind::text, "* -::*"},
    Parameter{"databases", Kind::immutable, "16"},
    Parameter{"hash-max-listpack-entries", Kind::integer, "512", 0, long_max},
    Parameter{"hz", Kind::integer, "10", 0, int_max},
    Parameter{"lua-time-limit", Kind::integer, "5000", 0, long_max},
    Parameter{"maxclients", Kind::integer, "10000", 1, 4294967295},
    Parameter{"maxmemory", Kind::memory, "0"},
    Parameter{"maxmemory-policy", Kind::text, "noeviction"},
    Parameter{"notify-keyspace-events", Kind::text, ""},
    Parameter{"port", Kind::immutable, "6379"},
    Parameter{"proto-max-bulk-len", Kind::memory, "536870912"},
    Parameter{"requirepass", Kind::text, ""},
    Parameter{"save", Kind::text, ""},
    Parameter{"slowlog-max-len", Kind::integer, "128", 0, long_max},
    Parameter{"tcp-keepalive", Kind::integer, "300", 0, int_max},
    Parameter{"timeout", Kind::integer, "0", 0, int_max},
};

const Parameter* find(std::string_view name) {
  for (const auto& parameter : parameters) {
    if (parameter.name == name) return &parameter;
  }
  return nullptr;
}

/// Bytes, from a number with an optional unit (1k = 1000, 1kb = 1024, ...).
std::optional<std::uint64_t> parse_memory(std::string_view text) {
  static constexpr std::pair<std::string_view, std::uint64_t> units[] = {
      {"kb", 1 << 10}, {"mb", 1 << 20},   {"gb", 1 << 30}, {"k", 1000},
      {"m", 1000000},  {"g", 1000000000}, {"b", 1},        {"", 1}};
  const auto unit = text.find_first_not_of("0123456789");
  const auto name = unit == std::string_view::npos ? std::string_view() : text.substr(unit);
  const auto digits = text.substr(0, text.size() - name.size());
  std::uint64_t value = 0;  // what it stays when there are no digits at all
  const auto error = std::from_chars(digits.data(), digits.data() + digits.size(), value).ec;
  if (error == std::errc::result_out_of_range) return std::nullopt;
  for (const auto& [suffix, factor] : units) {
    if (equals_ignoring_case(name, suffix)) return value * factor;
  }
  return std::nullopt;
}

}  // namespace

Config::Config() {
  for (const auto& parameter : parameters) values_.emplace(parameter.name, parameter.value);
}

void Config::set(std::string_view name, std::string value) {
  values_[std::string(name)] = std::move(value);
}

std::string Config::change(std::string_view name, std::string_view value) {
  const Parameter* parameter = find(name);
  std::string stored(value);
  if (parameter->kind == Kind::immutable) return "can't set immutable config";
  if (parameter->kind == Kind::flag) {
    stored = to_lower(value);
    if (stored != "yes" && stored != "no") return "argument must be 'yes' or 'no'";
  } else if (parameter->kind == Kind::memory) {
    const auto bytes = parse_memory(value);
    if (!bytes) return "argument must be a memory value";
    stored = std::to_string(*bytes);
  } else if (parameter->kind == Kind::integer) {
    const auto number = parse_integer(value);
    if (!number) return "argument couldn't be parsed into an integer";
    if (*number < parameter->low || *number > parameter->high) {
      return "argument must be between " + std::to_string(parameter->low) + " and " +
             std::to_string(parameter->high) + " inclusive";
    }
  }
  set(name, std::move(stored));
  return {};
}

}  // namespace raceproof::fakes::redis
