#include "runtime/duration_text.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace raceproof {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};
constexpr std::array<Unit, 6> units{{{"ns", 1},
                                     {"us", 1'000},
                                     {"ms", 1'000'000},
                                     {"s", 1'000'000'000},
                                     {"m", 60'000'000'000},
                                     {"h", 3'600'000'000'000}}};

constexpr std::string_view digits = "0123456789";

std::string quoted(std::string_view text) {
  std::string result(1, '\'');
  result.append(text).push_back('\'');
  return result;
}

std::string not_a_duration(std::string_view text) {
  std::string message = "expected a duration such as 500ms or 1.5s, got ";
  message += quoted(text);
  return message;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

const Unit* find_unit(std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

/// Multiplies the decimal `whole.fraction` by the unit, in whole nanoseconds; empty where that is
/// not exact or longer than `longest_duration_ns`.
std::optional<std::int64_t> scale(std::string_view whole, std::string_view fraction,
                                  std::int64_t unit) {
  std::int64_t result = 0;
  for (const char digit : whole) {
    const std::int64_t more = (digit - '0') * unit;
    if (result > (longest_duration_ns - more) / 10) return std::nullopt;
    result = result * 10 + more;
  }
  std::int64_t place = unit;
  for (const char digit : fraction) {
    if (place % 10 != 0 && digit != '0') return std::nullopt;
    place /= 10;
    result += (digit - '0') * place;
  }
  if (result > longest_duration_ns) return std::nullopt;
  return result;
}

}  // namespace

std::expected<std::int64_t, std::string> parse_duration(std::string_view given) {
  const std::string_view text = trimmed(given);
  if (text.starts_with('-')) {
    return std::unexpected("a duration cannot be negative: " + quoted(text));
  }
  const auto end_of_whole = std::min(text.find_first_not_of(digits), text.size());
  const std::string_view whole = text.substr(0, end_of_whole);
  std::string_view rest = text.substr(end_of_whole);
  std::string_view fraction;
  if (rest.starts_with('.')) {
    const auto end = std::min(rest.find_first_not_of(digits, 1), rest.size());
    fraction = rest.substr(1, end - 1);
    rest = rest.substr(end);
    if (fraction.empty()) return std::unexpected(not_a_duration(text));
  }
  if (whole.empty()) return std::unexpected(not_a_duration(text));
  const std::string_view name = trimmed(rest);
  if (name.empty()) {
    return std::unexpected("duration without a unit: " + quoted(text) + ", did you mean " +
                           quoted(std::string(text) + "ms") + "? (units: ns, us, ms, s, m, h)");
  }
  const Unit* unit = find_unit(name);
  if (unit == nullptr) {
    return std::unexpected("unknown unit " + quoted(name) + " in duration " + quoted(text) +
                           " (units: ns, us, ms, s, m, h)");
  }
  const auto value = scale(whole, fraction, unit->nanoseconds);
  if (!value) {
    return std::unexpected("duration " + quoted(text) +
                           " is not a whole number of nanoseconds up to 100 years");
  }
  return *value;
}

std::expected<NanosecondRange, std::string> parse_delay_range(std::string_view text) {
  const auto dots = text.find("..");
  if (dots == std::string_view::npos) {
    const auto single = parse_duration(text);
    if (!single) return std::unexpected(single.error());
    return NanosecondRange{*single, *single};
  }
  const std::string_view low_text = trimmed(text.substr(0, dots));
  const std::string_view high_text = trimmed(text.substr(dots + 2));
  const auto high = parse_duration(high_text);
  if (!high) return std::unexpected(high.error() + " (upper end of the range)");
  std::string low_with_unit(low_text);
  if (!low_text.empty() && low_text.find_first_not_of("0123456789.") == std::string_view::npos) {
    low_with_unit += high_text.substr(high_text.find_first_not_of("0123456789. "));
  }
  const auto low = parse_duration(low_with_unit);
  if (!low) return std::unexpected(low.error() + " (lower end of the range)");
  if (*low > *high) {
    return std::unexpected("range reversed: " + quoted(trimmed(text)) + ", did you mean " +
                           quoted(print_delay_range({*high, *low})) + "?");
  }
  return NanosecondRange{*low, *high};
}

std::string print_duration(std::int64_t nanoseconds) {
  if (nanoseconds == 0) return "0ms";
  if (nanoseconds < 0) return std::string("-").append(print_duration(-nanoseconds));
  const Unit& hour = units.back();
  const Unit* unit = &units[3];
  if (nanoseconds % hour.nanoseconds == 0) unit = &hour;
  while (unit->nanoseconds > nanoseconds) --unit;
  std::string text = std::to_string(nanoseconds / unit->nanoseconds);
  std::int64_t rest = nanoseconds % unit->nanoseconds;
  if (rest != 0) text += '.';
  for (std::int64_t place = unit->nanoseconds / 10; rest != 0; place /= 10) {
    text += static_cast<char>('0' + rest / place);
    rest %= place;
  }
  return text + std::string(unit->name);
}

std::string print_delay_range(NanosecondRange range) {
  if (range.low == range.high) return print_duration(range.low);
  return print_duration(range.low) + ".." + print_duration(range.high);
}

}  // namespace raceproof
