// The JSON text of the client's frames: what it sends, and what it needs to know of what it
// receives.
#pragma once

#include <string>
#include <string_view>

namespace raceproof::fakes::client {

/// The value of the member "type" of a JSON object, when it is a string; empty for anything else.
/// Stops reading there, so that a frame need not be valid JSON behind it.
std::string frame_type(std::string_view json);

/// `{"type": type, "text": text}`; bytes that are not UTF-8 are replaced by U+FFFD.
std::string message_json(std::string_view type, std::string_view text);

}  // namespace raceproof::fakes::client
