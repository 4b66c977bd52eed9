// See reply.hpp.
#include "fakes/redis/reply.hpp"

#include <algorithm>
#include <charconv>

namespace raceproof::fakes::redis {

void ReplyWriter::bulk(std::string_view bytes) {
  number('$', static_cast<std::int64_t>(bytes.size()));
  out_.append(bytes).append("\r\n");
}

void ReplyWriter::line(char type, std::string_view text) {
  out_ += type;
  for (const char c : text) out_ += c == '\r' || c == '\n' ? ' ' : c;
  out_ += "\r\n";
}

void ReplyWriter::number(char type, std::int64_t value) {
  char digits[24];
  digits[0] = type;
  const auto end = std::to_chars(digits + 1, digits + sizeof digits, value).ptr;
  out_.append(digits, end).append("\r\n");
}

std::string describe_reply(std::string_view reply, std::size_t limit) {
  // A reply of RESP is a sequence of lines and bulks; joining them by spaces keeps what matters of
  // it.
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
