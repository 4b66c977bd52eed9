// The JSON text of the client's frames: what it sends, and what it needs to know of what it
// receives.
#pragma once

#include <string>
#include <string_view>

namespace raceproof::fakes::client {

/// What a frame says about itself: texts of the JSON object's members, empty where there is no such
/// text, whatever else the frame holds. Reading ends at what is not JSON.
struct FrameFields {
  std::string type;        ///< "type"
  std::string user;        ///< "user_id"
  std::string run;         ///< "run_id"
  std::string tool;        ///< "tool_name" in "payload"
  bool recovered = false;  ///< "recovered" is true
};
FrameFields frame_fields(std::string_view json);

/// `{"type": type, "text": text}`, with "thread_id" and "run_id" where `thread` and `run` are not
/// empty; bytes that are not UTF-8 are replaced by U+FFFD.
std::string message_json(std::string_view type, std::string_view text, std::string_view thread = {},
                         std::string_view run = {});

}  // namespace raceproof::fakes::client
