// Renderings of an envelope: for a terminal, and as JSON, CSV and SVG.
#pragma once

#include <string>

#include "harness/campaign/envelope_result.hpp"
#include "reports/terminal.hpp"

namespace raceproof::report {

/// What a person reads; ends with a newline.
std::string render_envelope(const campaign::EnvelopeResult& result, const TerminalOptions& options);

/// Described in docs/formats/envelope.md.
std::string to_json(const campaign::EnvelopeResult& result);

/// The corners of all pieces of the regions, and the grid, a line each. With a heading.
std::string to_csv(const campaign::EnvelopeResult& result);

/// A chart of the regions, with the concrete runs of the grid. Needs at least one axis.
std::string to_svg(const campaign::EnvelopeResult& result);

}  // namespace raceproof::report
