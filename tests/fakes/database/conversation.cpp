// See conversation.hpp.
#include "tests/fakes/database/conversation.hpp"

#include <algorithm>
#include <stdexcept>

namespace raceproof::fakes::database::test {
namespace {

std::vector<std::string> split(const std::string& text, const std::string& separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (;;) {
    const auto end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string::npos) return parts;
    begin = end + separator.size();
  }
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

Step make_step(const std::string& line) {
  if (line.size() < 4 || line.substr(1, 2) != ": ") {
    throw std::invalid_argument("not a step: " + line);
  }
  Step step;
  step.line = line;
  step.session = static_cast<std::size_t>(line[0] - 'A');
  auto parts = split(line.substr(3), " | ");
  step.text = parts[0];
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (parts[i] == "NULL") {
      step.parameters.emplace_back();
    } else {
      step.parameters.emplace_back(parts[i]);
    }
  }
  if (step.text.starts_with("BEGIN")) {
    step.kind = Step::Kind::begin;
    step.text = step.text == "BEGIN" ? "read committed" : lower(step.text.substr(6));
  } else if (step.text == "COMMIT") {
    step.kind = Step::Kind::commit;
  } else if (step.text == "ROLLBACK") {
    step.kind = Step::Kind::rollback;
  } else if (step.text == "CANCEL") {
    step.kind = Step::Kind::cancel;
  }
  return step;
}

std::string prefixed(const std::string& text, const std::string& prefix) {
  std::string result;
  for (const char c : text) {
    if (c == '%') {
      result += prefix;
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace

Conversation make_conversation(std::string name, std::vector<std::string> preparation,
                               const std::vector<std::string>& lines) {
  Conversation conversation;
  conversation.name = std::move(name);
  conversation.preparation = std::move(preparation);
  for (const auto& line : lines) {
    conversation.steps.push_back(make_step(line));
    conversation.sessions = std::max(conversation.sessions, conversation.steps.back().session + 1);
  }
  return conversation;
}

Conversation with_own_tables(Conversation conversation, std::size_t ordinal) {
  const auto prefix = "c" + std::to_string(ordinal) + "_";
  for (auto& statement : conversation.preparation) statement = prefixed(statement, prefix);
  for (auto& step : conversation.steps) {
    step.text = prefixed(step.text, prefix);
    step.line = prefixed(step.line, prefix);
  }
  return conversation;
}

}  // namespace raceproof::fakes::database::test
