// See numbers.hpp.
#include "fakes/redis/numbers.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace raceproof::fakes::redis {

std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (text == "0") return 0;
  const auto digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || digits.front() < '1' || digits.front() > '9') return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<long double> parse_float(std::string_view text) {
  constexpr std::size_t length_max = 5 * 1024;  // as redis-server limits it
  if (text.empty() || text.size() >= length_max) return std::nullopt;
  if (text.front() == ' ' || (text.front() >= '\t' && text.front() <= '\r')) return std::nullopt;
  const std::string copy(text);
  char* end = nullptr;
  const long double value = std::strtold(copy.c_str(), &end);
  if (end != copy.c_str() + copy.size() || std::isnan(value)) return std::nullopt;
  const bool spelt_out = text.find_first_of("iI") != std::string_view::npos;
  if (std::isinf(value) && !spelt_out) return std::nullopt;  // out of range
  return value;
}

std::string format_float(long double value) {
  char text[5 * 1024];
  const int length = std::snprintf(text, sizeof text, "%.17Lf", value);
  std::string result(text, static_cast<std::size_t>(std::clamp<int>(length, 0, sizeof text - 1)));
  if (result.find('.') != std::string::npos) {
    result.erase(result.find_last_not_of('0') + 1);
    if (result.ends_with('.')) result.pop_back();
  }
  return result == "-0" ? "0" : result;
}

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool equals_ignoring_case(std::string_view text, std::string_view lower_case) {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return lower(a) == b; });
}

std::string to_lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

std::string to_upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

namespace {

/// Matches the class that begins after '[' in `pattern` and moves `pattern` behind its ']'. A class
/// that never closes ends with the pattern.
bool class_matches(std::string_view& pattern, unsigned char c) {
  const bool negated = pattern.starts_with('^');
  if (negated) pattern.remove_prefix(1);
  bool matched = false;
  while (!pattern.empty() && pattern.front() != ']') {
    if (pattern.front() == '\\' && pattern.size() >= 2) {
      matched |= static_cast<unsigned char>(pattern[1]) == c;
      pattern.remove_prefix(2);
    } else if (pattern.size() >= 3 && pattern[1] == '-') {
      auto low = static_cast<unsigned char>(pattern[0]);
      auto high = static_cast<unsigned char>(pattern[2]);
      if (low > high) std::swap(low, high);
      matched |= low <= c && c <= high;
      pattern.remove_prefix(3);
    } else {
      matched |= static_cast<unsigned char>(pattern[0]) == c;
      pattern.remove_prefix(1);
    }
  }
  if (!pattern.empty()) pattern.remove_prefix(1);
  return matched != negated;
}

/// Matches one character against the pattern's first element, which is not '*', and removes that.
bool element_matches(std::string_view& pattern, char c) {
  const char first = pattern.front();
  pattern.remove_prefix(1);
  if (first == '?') return true;
  if (first == '[') return class_matches(pattern, static_cast<unsigned char>(c));
  if (first != '\\' || pattern.empty()) return first == c;
  const char literal = pattern.front();
  pattern.remove_prefix(1);
  return literal == c;
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  // Where to resume after a mismatch: the last '*' swallows one character more. No recursion, so a
  // hostile pattern costs at most the product of both lengths.
  std::string_view star_pattern;
  std::string_view star_text;
  bool has_star = false;
  while (!text.empty()) {
    if (!pattern.empty() && pattern.front() == '*') {
      pattern.remove_prefix(1);
      star_pattern = pattern;
      star_text = text;
      has_star = true;
    } else if (!pattern.empty() && element_matches(pattern, text.front())) {
      text.remove_prefix(1);
    } else if (has_star) {
      star_text.remove_prefix(1);
      text = star_text;
      pattern = star_pattern;
    } else {
      return false;
    }
  }
  while (pattern.starts_with('*')) pattern.remove_prefix(1);
  return pattern.empty();
}

}  // namespace raceproof::fakes::redis
