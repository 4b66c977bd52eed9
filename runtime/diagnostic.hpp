// What is wrong with an input file, and where: the one form in which every reader of the project
// complains.
#pragma once

#include <string>
#include <vector>

namespace raceproof {

/// Whether an input can be used at all. A warning never stops a run.
enum class Severity { error, warning };

/// One complaint about one place of a file. Lines and columns count from 1; 0 means "the whole
/// file".
struct Diagnostic {
  std::string file;
  int line = 0;
  int column = 0;
  std::string message;
  Severity severity = Severity::error;

  friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

/// "file:line:column: message" (as compilers write it, so that editors can jump there); a warning
/// says so. Line and column are left out where there are none.
[[nodiscard]] std::string print(const Diagnostic& diagnostic);

/// Whether any of them is an error.
[[nodiscard]] bool has_errors(const std::vector<Diagnostic>& diagnostics);

/// Orders by file, line and column (stably) and drops exact repetitions.
void sort_and_deduplicate(std::vector<Diagnostic>& diagnostics);

}  // namespace raceproof
