// See exceptions.hpp.
#include "tests/fakes/redis/exceptions.hpp"

#include <algorithm>
#include <vector>

#include "fakes/redis/numbers.hpp"

namespace raceproof::fakes::redis::test {
namespace {

std::string sorted_lines(std::string_view reply) {
  std::vector<std::string_view> lines;
  while (!reply.empty()) {
    const auto end = std::min(reply.find('\n'), reply.size() - 1) + 1;
    lines.push_back(reply.substr(0, end));
    reply.remove_prefix(end);
  }
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const auto line : lines) text += line;
  return text;
}

std::string without_numbers(std::string_view reply) {
  std::string text;
  bool in_integer = false;
  for (std::size_t i = 0; i < reply.size(); ++i) {
    if (reply[i] == ':' && (i == 0 || reply[i - 1] == '\n') && i + 1 < reply.size() &&
        reply[i + 1] != '-') {
      in_integer = true;
      text += ":N";
    } else if (in_integer && reply[i] >= '0' && reply[i] <= '9') {
      continue;
    } else {
      in_integer = false;
      text += reply[i];
    }
  }
  return text;
}

}  // namespace

std::string comparable(std::string_view command, std::string_view reply) {
  const auto words = to_upper(command);
  for (const auto& exception : exceptions) {
    const bool begins =
        words.starts_with(exception.command) &&
        (words.size() == exception.command.size() || words[exception.command.size()] == ' ');
    if (!begins || reply.starts_with('-')) continue;  // errors are always compared in full
    switch (exception.compared) {
      case Compared::lines:
        return sorted_lines(reply);
      case Compared::numbers:
        return without_numbers(reply);
      case Compared::type:
        return std::string(reply.substr(0, 1));
    }
  }
  return std::string(reply);
}

}  // namespace raceproof::fakes::redis::test
