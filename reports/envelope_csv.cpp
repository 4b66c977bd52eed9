// An envelope as comma-separated values: corners and concrete runs.
#include <fmt/format.h>

#include "reports/envelope.hpp"

namespace raceproof::report {

using campaign::EnvelopeRegion;
using campaign::EnvelopeResult;

namespace {

/// Quoted where it has to be (RFC 4180).
std::string cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace

std::string to_csv(const EnvelopeResult& result) {
  const bool two = result.axes.size() > 1;
  std::string text = "kind,piece,";
  text += result.axes.empty() ? "x_ns" : cell(result.axes[0].parameter + " (ns)");
  text += "," + (two ? cell(result.axes[1].parameter + " (ns)") : std::string("y_ns"));
  text += ",runs,failed\r\n";
  const auto y = [&](auto value) { return two ? fmt::format("{}", value) : std::string(); };
  const auto add = [&](std::string_view kind, const EnvelopeRegion& region) {
    for (std::size_t piece = 0; piece < region.pieces.size(); ++piece) {
      for (const auto& vertex : region.pieces[piece].vertices) {
        text += fmt::format("{},{},{},{},,\r\n", kind, piece, vertex.x, y(vertex.y));
      }
    }
  };
  add("possible_failure", result.possible_failure);
  add("certain_failure", result.certain_failure);
  add("safe", result.safe);
  add("only_at_ties", result.only_at_ties);
  for (const auto& point : result.grid) {
    text += fmt::format("runs,,{},{},{},{}\r\n", point.x.count(), y(point.y.count()), point.runs,
                        point.failed);
  }
  return text;
}

}  // namespace raceproof::report
