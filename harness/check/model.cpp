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

std::string_view statement_of(Invariant invariant) {
  static constexpr std::string_view statements[] = {
      "no frame meant for one user reaches another",
      "agent events arrive in order, once, and to the end",
      "nothing is sent before the accept or after the close",
      "state machines make legal transitions only",
      "no event leaves before its transaction has committed",
      "a shutdown leaves nothing behind",
      "nobody waits for what nothing can bring",
  };
  static_assert(std::size(statements) == invariant_count);
  return statements[static_cast<std::size_t>(invariant)];
}

void add_built_in(std::vector<Check>& checks) {
  const auto named = [&](Invariant invariant) {
    return std::ranges::any_of(checks, [&](const Check& check) {
      return check.kind == Check::Kind::never && check.pattern.kind == Pattern::Kind::invariant &&
             check.pattern.invariant == invariant;
    });
  };
  for (std::size_t i = 0; i < invariant_count; ++i) {
    const auto invariant = static_cast<Invariant>(i);
    if (named(invariant)) continue;
    Check check;
    check.pattern.kind = Pattern::Kind::invariant;
    check.pattern.invariant = invariant;
    check.pattern.text = statement_of(invariant);
    check.text = statement_of(invariant);
    check.built_in = true;
    checks.push_back(std::move(check));
  }
}

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
