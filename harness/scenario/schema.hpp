// The JSON Schema of scenario files, from the same descriptions that the reader uses.
#pragma once

#include "runtime/settings_schema.hpp"

namespace raceproof::scenario {

/// The whole document; `scenarios/scenario.schema.json` holds its text.
[[nodiscard]] Json schema();
/// As the file holds it: indented by two, with a newline at its end.
[[nodiscard]] std::string schema_text();

}  // namespace raceproof::scenario
