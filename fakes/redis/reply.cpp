// See reply.hpp.
#include "fakes/redis/reply.hpp"

namespace raceproof::fakes::redis {

std::string describe_reply(std::string_view reply, std::size_t limit) {
  // A reply of RESP is a sequence of lines and bulks; joining them by spaces keeps what matters of it.
  std::string text;
  while (!reply.empty() && text.size() <= limit) {
    const auto end = reply.find("\r\n");
    if (end == std::string_view::npos) break;
    const auto line = reply.substr(0, end);
    reply.remove_prefix(end + 2);
    if (!text.empty()) text += ' ';
    text += line;
    std::int64_t size = -1;
    if (line.starts_with('$')) std::from_chars(line.data() + 1, line.data() + line.size(), size);
    if (size < 0 || reply.size() < static_cast<std::size_t>(size) + 2) continue;
    text += ' ';
    for (const char c : reply.substr(0, std::min<std::size_t>(size, limit))) {
      text += c == '\r' || c == '\n' ? ' ' : c;
    }
    reply.remove_prefix(static_cast<std::size_t>(size) + 2);
  }
  if (text.size() > limit) {
    text.resize(limit);
    text += "...";
  }
  return text;
}

}  // namespace raceproof::fakes::redis
