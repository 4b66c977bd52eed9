// JSON Schema (draft 7) of settings structs, from the same description that the YAML reader uses:
// what editors complete and check while a file is being written.
#pragma once

#include <nlohmann/json.hpp>

#include "runtime/settings_yaml.hpp"

namespace raceproof {

using Json = nlohmann::ordered_json;

/// The schema of the map that `read_settings` reads. It refers to "#/definitions/duration" and
/// "#/definitions/delay_range", which the document that holds it takes from `duration_definitions`.
[[nodiscard]] Json settings_object_schema(const Describe& describe);

/// The two definitions; `parameters` says whether "$name" may stand for a duration.
[[nodiscard]] Json duration_definitions(bool parameters);

/// A complete schema document of one settings struct.
[[nodiscard]] Json settings_schema_document(const Describe& describe, const std::string& title);
template <class S>
[[nodiscard]] Json settings_schema(S settings, const std::string& title) {
  return settings_schema_document([&](SettingsVisitor& v) { settings.describe(v); }, title);
}

}  // namespace raceproof
