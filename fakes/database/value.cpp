// See value.hpp.
#include "fakes/database/value.hpp"

#include <array>
#include <charconv>
#include <limits>

namespace raceproof::fakes::database {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\n\r\f\v";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

[[noreturn]] void invalid(std::string_view sqlstate, Type type, std::string_view input) {
  throw Error(std::string(sqlstate), "invalid input syntax for type " + std::string(name_of(type)) +
                                         ": \"" + std::string(input) + "\"");
}

std::string canonical_number(Type type, std::string_view input) {
  auto digits = trimmed(input);
  if (digits.starts_with('+')) {
    digits.remove_prefix(1);
    if (digits.starts_with('-')) invalid("22P02", type, input);
  }
  std::int64_t number = 0;
  const auto* end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, number);
  if (digits.empty() || result.ptr != end || result.ec == std::errc::invalid_argument) {
    invalid("22P02", type, input);
  }
  const bool fits = type == Type::bigint || (number >= std::numeric_limits<std::int32_t>::min() &&
                                             number <= std::numeric_limits<std::int32_t>::max());
  if (result.ec == std::errc::result_out_of_range || !fits) {
    throw Error("22003", "value \"" + std::string(input) + "\" is out of range for type " +
                             std::string(name_of(type)));
  }
  return std::to_string(number);
}

std::string canonical_boolean(std::string_view input) {
  const auto word = lower(trimmed(input));
  const auto begins = [&](std::string_view whole, std::size_t at_least) {
    return word.size() >= at_least && whole.starts_with(word);
  };
  if (begins("true", 1) || begins("yes", 1) || word == "on" || word == "1") return "t";
  if (begins("false", 1) || begins("no", 1) || begins("off", 2) || word == "0") return "f";
  invalid("22P02", Type::boolean, input);
}

constexpr std::size_t seconds_width = 19;  // "2025-09-08 19:22:00"
constexpr std::size_t fraction_digits = 6;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool has_shape(std::string_view text) {
  constexpr std::string_view shape = "dddd-dd-ddtdd:dd:dd";
  for (std::size_t i = 0; i < seconds_width; ++i) {
    if (shape[i] == 'd' && !is_digit(text[i])) return false;
    if (shape[i] == 't' && text[i] != 'T' && text[i] != ' ') return false;
    if (shape[i] != 'd' && shape[i] != 't' && text[i] != shape[i]) return false;
  }
  return true;
}

/// ISO 8601 in UTC is understood; what else PostgreSQL may understand is refused by name.
std::string canonical_timestamp(std::string_view input) {
  const auto text = trimmed(input);
  const auto not_here = [&]() -> Error {
    for (const char c : text) {
      if (is_digit(c)) {
        return Error("0A000",
                     "the fake database reads timestamps as 2025-09-08T19:22:00.000000Z, "
                     "not \"" +
                         std::string(input) + "\"");
      }
    }
    for (const std::string_view word :
         {"now", "today", "tomorrow", "yesterday", "epoch", "infinity", "-infinity"}) {
      if (lower(text) == word) {
        return Error("0A000", "the fake database does not support the timestamp \"" +
                                  std::string(word) + "\"");
      }
    }
    return Error("22007", "invalid input syntax for type timestamp with time zone: \"" +
                              std::string(input) + "\"");
  };
  if (text.size() < seconds_width || !has_shape(text)) throw not_here();
  std::string result(text.substr(0, seconds_width));
  result[10] = ' ';
  auto rest = text.substr(seconds_width);
  std::string fraction;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    while (!rest.empty() && is_digit(rest.front())) {
      fraction += rest.front();
      rest.remove_prefix(1);
    }
  }
  const bool utc = rest == "Z" || rest == "z" || rest == "+00" || rest == "+00:00" || rest == "+0";
  if (!utc || fraction.size() > fraction_digits) throw not_here();
  const auto field = [&](std::size_t at) { return std::stoi(result.substr(at, 2)); };
  const int year = std::stoi(result.substr(0, 4));
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  const std::array<int, 13> days = {0, 31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const int month = field(5);
  const bool valid = year > 0 && month >= 1 && month <= 12 && field(8) >= 1 &&
                     field(8) <= days.at(static_cast<std::size_t>(month)) && field(11) <= 23 &&
                     field(14) <= 59 && field(17) <= 59;
  if (!valid) {
    throw Error("22008", "date/time field value out of range: \"" + std::string(input) + "\"");
  }
  fraction.resize(fraction_digits, '0');
  return result + "." + fraction;
}

}  // namespace

std::string_view name_of(Type type) {
  switch (type) {
    case Type::unknown:
      return "unknown";
    case Type::text:
      return "text";
    case Type::integer:
      return "integer";
    case Type::bigint:
      return "bigint";
    case Type::boolean:
      return "boolean";
    case Type::timestamptz:
      return "timestamp with time zone";
  }
  return "";
}

std::optional<Type> find_type(std::string_view name) {
  if (name == "text") return Type::text;
  if (name == "integer" || name == "int" || name == "int4") return Type::integer;
  if (name == "bigint" || name == "int8") return Type::bigint;
  if (name == "boolean" || name == "bool") return Type::boolean;
  if (name == "timestamptz") return Type::timestamptz;
  return std::nullopt;
}

bool is_number(Type type) { return type == Type::integer || type == Type::bigint; }

std::string canonical(Type type, std::string_view input) {
  switch (type) {
    case Type::integer:
    case Type::bigint:
      return canonical_number(type, input);
    case Type::boolean:
      return canonical_boolean(input);
    case Type::timestamptz:
      return canonical_timestamp(input);
    case Type::text:
    case Type::unknown:
      break;
  }
  return std::string(input);
}

std::string output(Type type, const std::string& canonical) {
  if (type != Type::timestamptz) return canonical;
  std::string text = canonical;
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text + "+00";
}

int compare(Type type, const std::string& left, const std::string& right) {
  if (is_number(type)) {
    const auto a = to_number(left);
    const auto b = to_number(right);
    return a < b ? -1 : a > b ? 1 : 0;
  }
  return left.compare(right);
}

std::int64_t to_number(const std::string& canonical) {
  std::int64_t number = 0;
  std::from_chars(canonical.data(), canonical.data() + canonical.size(), number);
  return number;
}

std::string from_number(Type type, std::int64_t number) {
  const bool fits = type == Type::bigint || (number >= std::numeric_limits<std::int32_t>::min() &&
                                             number <= std::numeric_limits<std::int32_t>::max());
  if (!fits) throw Error("22003", std::string(name_of(type)) + " out of range");
  return std::to_string(number);
}

std::string timestamp_of(std::string_view runtime_timestamp) {
  return canonical_timestamp(runtime_timestamp);
}

}  // namespace raceproof::fakes::database
