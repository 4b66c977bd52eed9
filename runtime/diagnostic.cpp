#include "runtime/diagnostic.hpp"

#include <algorithm>
#include <tuple>

namespace raceproof {

std::string print(const Diagnostic& diagnostic) {
  std::string text = diagnostic.file;
  if (diagnostic.line > 0) {
    text += ':' + std::to_string(diagnostic.line) + ':' + std::to_string(diagnostic.column);
  }
  text += diagnostic.severity == Severity::warning ? ": warning: " : ": ";
  return text + diagnostic.message;
}

bool has_errors(const std::vector<Diagnostic>& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& d) { return d.severity == Severity::error; });
}

void sort_and_deduplicate(std::vector<Diagnostic>& diagnostics) {
  const auto place = [](const Diagnostic& d) { return std::tie(d.file, d.line, d.column); };
  std::stable_sort(diagnostics.begin(), diagnostics.end(),
                   [&](const Diagnostic& a, const Diagnostic& b) { return place(a) < place(b); });
  std::vector<Diagnostic> kept;
  for (Diagnostic& candidate : diagnostics) {
    const bool repeated = std::any_of(kept.rbegin(), kept.rend(),
                                      [&](const Diagnostic& d) { return d == candidate; });
    if (!repeated) kept.push_back(std::move(candidate));
  }
  diagnostics = std::move(kept);
}

}  // namespace raceproof
