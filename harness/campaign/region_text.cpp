#include "harness/campaign/region_text.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "runtime/duration_text.hpp"

namespace raceproof::campaign {

namespace {

using explore::Inequality;

/// Digits that a duration needs, whatever its unit.
int digits(std::int64_t ns) {
  std::uint64_t rest = ns < 0 ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  if (rest == 0) return 0;
  while (rest % 10 == 0) rest /= 10;
  int count = 0;
  for (; rest > 0; rest /= 10) ++count;
  return count;
}

std::string duration(std::int64_t ns) {
  return ns < 0 ? "-" + print_duration(-ns) : print_duration(ns);
}

/// "a + 2 b"
std::string sum_text(const std::vector<std::int64_t>& factors,
                     const std::vector<std::string>& names, bool negative) {
  std::string text;
  for (std::size_t i = 0; i < factors.size(); ++i) {
    const std::int64_t factor = negative ? -factors[i] : factors[i];
    if (factor <= 0) continue;
    if (!text.empty()) text += " + ";
    if (factor != 1) text += fmt::format("{} ", factor);
    text += names[i];
  }
  return text;
}

/// A bound in the rounder of its two forms: `>= least` or `> least - 1ns`.
struct Bound {
  bool strict = false;
  std::int64_t value = 0;
};
Bound from_below(std::int64_t least) {
  if (digits(least - 1) < digits(least)) return {true, least - 1};
  return {false, least};
}
Bound from_above(std::int64_t most) {
  if (digits(most + 1) < digits(most)) return {true, most + 1};
  return {false, most};
}

std::string plus(const std::string& sum, std::int64_t constant) {
  return constant == 0 ? sum : fmt::format("{} + {}", sum, duration(constant));
}

}  // namespace

std::string inequality_text(const Inequality& condition, const std::vector<std::string>& names) {
  // left - right + constant >= 0
  const std::string left = sum_text(condition.factors, names, false);
  const std::string right = sum_text(condition.factors, names, true);
  const std::int64_t constant = condition.constant;
  if (left.empty() && right.empty()) {
    return (condition.equality ? constant == 0 : constant >= 0) ? "always" : "never";
  }
  if (condition.equality) {
    if (right.empty()) return fmt::format("{} = {}", left, duration(-constant));
    if (left.empty()) return fmt::format("{} = {}", right, duration(constant));
    if (constant > 0) return fmt::format("{} = {}", right, plus(left, constant));
    return fmt::format("{} = {}", left, plus(right, -constant));
  }
  if (left.empty() || (!right.empty() && constant > 0)) {
    const Bound bound = from_above(constant);
    const char* sign = bound.strict ? "<" : "<=";
    if (left.empty()) return fmt::format("{} {} {}", right, sign, duration(bound.value));
    return fmt::format("{} {} {}", right, sign, plus(left, bound.value));
  }
  const Bound bound = from_below(-constant);
  const char* sign = bound.strict ? ">" : ">=";
  if (right.empty()) return fmt::format("{} {} {}", left, sign, duration(bound.value));
  if (bound.value < 0) {
    return fmt::format("{} {} {}", right, bound.strict ? "<" : "<=", plus(left, -bound.value));
  }
  return fmt::format("{} {} {}", left, sign, plus(right, bound.value));
}

std::vector<std::string> piece_text(const explore::IntegerSet::Piece& piece,
                                    const std::vector<std::string>& names) {
  std::vector<std::string> texts;
  std::vector<bool> done(piece.conditions.size(), false);
  for (std::size_t i = 0; i < piece.conditions.size(); ++i) {
    if (done[i]) continue;
    const Inequality& condition = piece.conditions[i];
    const auto is_opposite = [&](const Inequality& other) {
      if (other.equality) return false;
      for (std::size_t k = 0; k < other.factors.size(); ++k) {
        if (other.factors[k] != -condition.factors[k]) return false;
      }
      return true;
    };
    std::size_t other = i + 1;
    while (other < done.size() && (done[other] || !is_opposite(piece.conditions[other]))) ++other;
    const auto signs = [&](bool positive) {
      return std::ranges::any_of(condition.factors,
                                 [&](auto factor) { return positive ? factor > 0 : factor < 0; });
    };
    const bool one_sided = signs(true) != signs(false);
    if (!condition.equality && one_sided && other < done.size()) {
      done[other] = true;
      const bool lower = signs(true);
      const Inequality& below = lower ? condition : piece.conditions[other];
      const Inequality& above = lower ? piece.conditions[other] : condition;
      const Bound low = from_below(-below.constant);
      const Bound high = from_above(above.constant);
      texts.push_back(fmt::format("{} {} {} {} {}", duration(low.value),
                                  low.strict ? "<" : "<=", sum_text(below.factors, names, false),
                                  high.strict ? "<" : "<=", duration(high.value)));
    } else {
      texts.push_back(inequality_text(condition, names));
    }
  }
  if (texts.empty()) texts.emplace_back("always");
  if (!piece.exact) texts.emplace_back("and some remainders in whole nanoseconds");
  return texts;
}

}  // namespace raceproof::campaign
