// A message on its way to a user.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace raceproof::gateway {

/// What travels: a JSON object as text. Shared by the connections that it goes to; never changed.
struct Frame {
  std::string type;
  std::string text;
  std::string user;           ///< for whom; empty for everybody
  std::uint64_t ordinal = 0;  ///< of the manager's messages, in their order; 0 for others
};
using FramePtr = std::shared_ptr<const Frame>;

inline FramePtr make_frame(std::string type, std::string text, std::string user = {}) {
  return std::make_shared<const Frame>(Frame{std::move(type), std::move(text), std::move(user), 0});
}

/// The same with `"recovered": true` as its last member.
inline FramePtr recovered(const Frame& frame) {
  std::string text = frame.text;
  if (!text.empty() && text.back() == '}') text.insert(text.size() - 1, ",\"recovered\":true");
  return std::make_shared<const Frame>(
      Frame{frame.type, std::move(text), frame.user, frame.ordinal});
}

}  // namespace raceproof::gateway
