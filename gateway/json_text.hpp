// JSON strings, written.
#pragma once

#include <string>
#include <string_view>

namespace raceproof::gateway {

/// Appends `text` as a JSON string; what is not UTF-8 gets replacement characters, since it may be
/// anybody's.
void append_json_string(std::string& out, std::string_view text);

}  // namespace raceproof::gateway
