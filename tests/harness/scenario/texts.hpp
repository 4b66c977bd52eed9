// Scenario texts for tests, and short ways to load them.
#pragma once

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "harness/scenario/model.hpp"

namespace raceproof::scenario {

/// The lines every scenario begins with: three of them.
inline const std::string head = "scenario: a/b\nshows: s\nsource: t\n";
/// A check that can fail and one that guards against vacuity, for those that are about other
/// things.
inline const std::string checks =
    "check:\n  - never: {close: 1011}\n  - sometimes: {observe: session_setup}\n";

inline std::vector<std::string> lines_of(const std::vector<Diagnostic>& diagnostics) {
  std::vector<std::string> lines;
  for (const Diagnostic& diagnostic : diagnostics) lines.push_back(print(diagnostic));
  return lines;
}

/// Everything there is to say about the text, errors and warnings.
inline std::vector<std::string> complaints(const std::string& text) {
  const Loaded loaded = load_text(text, "s.yaml");
  return lines_of(loaded ? (*loaded)->warnings() : loaded.error());
}

/// The text has exactly this one complaint.
inline void expect_complaint(const std::string& text, const std::string& expected) {
  EXPECT_EQ(complaints(text), std::vector<std::string>{expected}) << text;
}

/// The scenario of a text that must be free of errors.
inline std::shared_ptr<const Scenario> must_load(const std::string& text) {
  const Loaded loaded = load_text(text, "s.yaml");
  if (loaded) return *loaded;
  std::string all;
  for (const std::string& line : lines_of(loaded.error())) all += line + '\n';
  ADD_FAILURE() << all;
  throw std::runtime_error("the scenario cannot be loaded");
}

/// The checks that stand in the file.
inline std::vector<Check> own_checks(const ResolvedVariant& variant) {
  std::vector<Check> own = variant.checks;
  std::erase_if(own, [](const Check& check) { return check.built_in; });
  return own;
}

}  // namespace raceproof::scenario
