#include "harness/check/model.hpp"

#include <algorithm>
#include <cctype>

namespace raceproof::check {
namespace {

/// The value of an observed reply: without its type sign, and of a bulk string without its length.
std::string_view value_of(std::string_view observed) {
  if (observed.empty()) return observed;
  const char sign = observed.front();
  if (std::string_view("+-:$*").find(sign) == std::string_view::npos) return observed;
  observed.remove_prefix(1);
  if (sign == '$') {
    const auto space = observed.find(' ');
    if (space != std::string_view::npos) observed.remove_prefix(space + 1);
  }
  return observed;
}

}  // namespace

bool reply_matches(std::string_view expected, std::string_view observed) {
  if (expected == observed) return true;
  const std::string_view value = value_of(observed);
  if (expected == value) return true;
  const bool is_error = observed.starts_with('-');
  if (!is_error) return false;
  if (expected.starts_with('-')) expected.remove_prefix(1);
  return expected == value.substr(0, value.find(' '));
}

bool command_matches(std::string_view expected, std::string_view observed) {
  const auto same_letter = [](char a, char b) {
    return std::toupper(static_cast<unsigned char>(a)) ==
           std::toupper(static_cast<unsigned char>(b));
  };
  return std::equal(expected.begin(), expected.end(), observed.begin(), observed.end(),
                    same_letter);
}

}  // namespace raceproof::check
