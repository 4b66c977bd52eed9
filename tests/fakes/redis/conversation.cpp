// See conversation.hpp.
#include "tests/fakes/redis/conversation.hpp"

#include <charconv>

namespace raceproof::fakes::redis::test {

std::string encode(const std::vector<std::string>& arguments) {
  std::string bytes = "*" + std::to_string(arguments.size()) + "\r\n";
  for (const auto& argument : arguments) {
    bytes += "$" + std::to_string(argument.size()) + "\r\n" + argument + "\r\n";
  }
  return bytes;
}

std::size_t reply_size(std::string_view bytes) {
  const auto end = bytes.find("\r\n");
  if (end == std::string_view::npos) return 0;
  std::size_t size = end + 2;
  long number = 0;
  std::from_chars(bytes.data() + 1, bytes.data() + end, number);
  if (bytes[0] == '$' && number >= 0) {
    size += static_cast<std::size_t>(number) + 2;
  } else if (bytes[0] == '*') {
    for (long i = 0; i < number; ++i) {
      const auto element = reply_size(bytes.substr(size));
      if (element == 0) return 0;
      size += element;
    }
  }
  return size <= bytes.size() ? size : 0;
}

Collector::Collector(const Step& step, std::size_t ordinal)
    : until_(step.until), request_(step.bytes) {
  if (until_ != Until::marker) return;
  const std::string mark = "mark-" + std::to_string(ordinal);
  request_ += encode({"PING", mark});
  mark_ = "$" + std::to_string(mark.size()) + "\r\n" + mark + "\r\n";
}

bool Collector::complete() const {
  if (ended_) return true;
  switch (until_) {
    case Until::marker:
      return received_.ends_with(mark_);
    case Until::one_reply:
      return reply_size(received_) > 0;
    case Until::none:
      return true;
    case Until::closed:
      return false;
  }
  return false;
}

std::string Collector::answer() const {
  std::string answer = received_;
  if (until_ == Until::marker && answer.ends_with(mark_)) {
    answer.resize(answer.size() - mark_.size());
    constexpr std::string_view subscribed_ping = "*2\r\n$4\r\npong\r\n";
    if (answer.ends_with(subscribed_ping)) answer.resize(answer.size() - subscribed_ping.size());
  }
  if (ended_) answer += "<closed>";
  return answer;
}

}  // namespace raceproof::fakes::redis::test
