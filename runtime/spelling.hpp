// Helps people who mistyped a name: which of the known ones is nearest.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace raceproof {

/// Number of single-letter insertions, deletions, replacements and swaps of neighbours that turn
/// `a` into `b` (optimal string alignment distance). Inputs longer than 100 bytes count as
/// unrelated.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate nearest to `word`, or empty where none is near enough to be a slip (a third of the
/// word's length, at least two edits). The first of equals wins.
[[nodiscard]] std::string nearest(std::string_view word, std::span<const std::string> candidates);

/// " (did you mean 'x'?)" for the nearest candidate, or nothing; then the list of the candidates:
/// what every message about an unknown name ends with. `noun` is the plural of what they are.
[[nodiscard]] std::string suggestion(std::string_view word, std::span<const std::string> candidates,
                                     std::string_view noun);

}  // namespace raceproof
