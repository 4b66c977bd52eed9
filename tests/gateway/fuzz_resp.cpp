// libFuzzer target: the bytes that Redis answers with, and the commands that are sent to it. Fails
// when replies depend on how their bytes are cut, when a waiting command is forgotten, and when a
// command is not read as it was written.
#include "fakes/redis/resp.hpp"
#include "gateway/resp/command.hpp"
#include "gateway/resp/conversation.hpp"
#include "tests/fuzz/require.hpp"

namespace raceproof::gateway::resp {

namespace {

using fuzz::require;

/// Commands that wait for a reply; what comes after them is a reply to no command.
constexpr int commands = 20;

std::string whole_text(const Reply& reply) {
  std::string text = reply.describe();
  for (const Reply& element : reply.elements) text += " (" + whole_text(element) + ')';
  return text;
}

std::vector<std::string> converse(std::string_view bytes, std::size_t piece) {
  std::vector<std::string> lines;
  Conversation conversation([&lines](std::string_view channel, std::string_view text) {
    lines.push_back(std::string("message ").append(channel).append(" = ").append(text));
  });
  int answered = 0;
  for (int i = 0; i < commands; ++i) {
    conversation.sent([&](std::optional<Reply> reply) {
      ++answered;
      lines.push_back(reply ? whole_text(*reply) : "lost");
    });
  }
  for (const auto part : fuzz::pieces(bytes, piece)) {
    if (const auto problem = conversation.received(part)) {
      require(!problem->empty(), "a problem has a name");
      lines.push_back(*problem);
      break;
    }
  }
  conversation.end();
  require(answered == commands, "every command hears of its end once");
  return lines;
}

void check_replies(std::string_view bytes) {
  const auto whole = converse(bytes, 1 << 20);
  for (const std::size_t size : fuzz::piece_sizes(bytes)) {
    require(converse(bytes, size) == whole, "replies do not depend on how their bytes are cut");
  }
}

/// The input's lines are the command's arguments.
void check_command(std::string_view text) {
  std::vector<std::string_view> arguments;
  for (std::size_t end = 0; end != std::string_view::npos;) {
    end = text.find('\n');
    arguments.push_back(text.substr(0, end));
    if (end != std::string_view::npos) text.remove_prefix(end + 1);
  }
  std::string bytes;
  append_header(bytes, '*', arguments.size());
  for (const auto argument : arguments) append_bulk(bytes, argument);
  fakes::redis::RequestParser parser;
  parser.feed(bytes);
  std::vector<std::string_view> read;
  require(parser.next(read) == fakes::redis::RequestParser::Status::request, "a command is whole");
  require(read == arguments, "a command is read as it was written");
  require(parser.next(read) == fakes::redis::RequestParser::Status::need_more, "and nothing else");
}

}  // namespace

}  // namespace raceproof::gateway::resp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = raceproof::fuzz::text_of(data, size);
  raceproof::gateway::resp::check_replies(text);
  raceproof::gateway::resp::check_command(text);
  return 0;
}
