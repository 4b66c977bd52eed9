// The contract: the fake answers what redis-server 7.0 answers. Passing means that in several
// hundred generated conversations every reply of the fake was the real server's, byte by byte,
// except for what exceptions.hpp lists.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <gtest/gtest.h>
#include <optional>

#include "fakes/redis/command.hpp"
#include "fakes/redis/resp.hpp"
#include "fakes/redis/rules.hpp"
#include "tests/fakes/redis/exceptions.hpp"
#include "tests/fakes/redis/generator.hpp"
#include "tests/fakes/redis/socket_player.hpp"
#include "tests/fakes/redis/subject.hpp"
#include "tests/verified.hpp"

namespace raceproof::fakes::redis::test {
namespace {

constexpr std::uint64_t seed = 20260711;

std::vector<Conversation> all_conversations() {
  auto conversations = generate_conversations(seed, 400);
  for (auto&& more : {script_conversations(), gateway_conversations(), protocol_conversations()}) {
    conversations.insert(conversations.end(), more.begin(), more.end());
  }
  return conversations;
}

std::string printable(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    if (c == '\r')
      text += "\\r";
    else if (c == '\n')
      text += "\\n";
    else if (c < ' ' || c > '~')
      text += "\\?";
    else
      text += c;
  }
  return text;
}

/// Compares the answers of two subjects; the number of steps that differ.
int differences(const Conversation& conversation, const std::vector<std::string>& expected,
                const std::vector<std::string>& actual, const std::string& subject) {
  int found = 0;
  std::string before;
  for (std::size_t i = 0; i < conversation.steps.size(); ++i) {
    const auto& text = conversation.steps[i].text;
    if (expected[i].ends_with(incomplete)) {
      ADD_FAILURE() << conversation.name << ", step " << i << ": " << printable(text)
                    << ": the suite itself waits in vain: " << printable(expected[i]) << before;
      return found + 1;
    }
    if (comparable(text, expected[i]) != comparable(text, actual[i])) {
      ++found;
      ADD_FAILURE() << conversation.name << ", step " << i << ", connection "
                    << conversation.steps[i].connection << ": " << printable(text)
                    << "\n  redis-server: " << printable(expected[i]) << "\n  " << subject << ": "
                    << printable(actual[i]) << "\n  before:" << before;
      break;  // what follows rests on a different state
    }
    before += "\n    " + printable(text);
  }
  return found;
}

/// The command of a step that is one request, as the fake calls it; empty for other bytes.
std::string command_of(const Step& step) {
  RequestParser parser;
  parser.feed(step.bytes);
  std::vector<std::string_view> arguments;
  if (parser.next(arguments) != RequestParser::Status::request) return {};
  if (arguments.empty() || find_command(arguments[0]) == nullptr) return {};
  return request_name(arguments);
}

/// Adds what the answers of both, which agree, show: the commands that were served, and the first
/// words of errors. What is only queued, in a transaction, is not served.
void note_agreement(const Conversation& conversation, const std::vector<std::string>& answers,
                    raceproof::test::Verified& verified) {
  for (std::size_t i = 0; i < conversation.steps.size(); ++i) {
    const std::string& answer = answers[i];
    if (answer.starts_with('-')) {
      const auto word = answer.substr(1, answer.find_first_of(" \r") - 1);
      const bool is_code = std::ranges::all_of(word, [](char c) { return c >= 'A' && c <= 'Z'; });
      if (is_code) verified.errors.insert(word);  // others are texts of scripts
      continue;
    }
    const auto command = command_of(conversation.steps[i]);
    if (!command.empty() && !answer.empty() && !answer.starts_with("+QUEUED")) {
      verified.compared.insert(command);
    }
  }
}

/// "redis-server 7.0.15".
std::string version_of(Subject& subject) {
  Conversation conversation;
  conversation.steps.push_back({0, encode({"INFO", "server"}), Until::marker, "INFO server"});
  const auto answer = subject.play(conversation).at(0);
  const std::string_view key = "redis_version:";
  const auto at = answer.find(key);
  if (at == std::string::npos) return "redis-server";
  const auto begin = at + key.size();
  return "redis-server " + answer.substr(begin, answer.find('\r', begin) - begin);
}

/// What was compared, if nothing differed.
std::optional<raceproof::test::Verified> compare(Subject& reference, Subject& subject) {
  int differing = 0;
  std::size_t steps = 0;
  const auto conversations = all_conversations();
  raceproof::test::Verified verified;
  for (const auto& conversation : conversations) {
    steps += conversation.steps.size();
    const auto expected = reference.play(conversation);
    differing += differences(conversation, expected, subject.play(conversation), subject.name());
    note_agreement(conversation, expected, verified);
    if (differing >= 25) break;
  }
  std::printf("contract: %zu conversations, %zu commands, %s against %s: %d differ\n",
              conversations.size(), steps, subject.name().c_str(), reference.name().c_str(),
              differing);
  if (differing > 0) return std::nullopt;
  verified.server = version_of(reference);
  verified.conversations = conversations.size();
  verified.statements = steps;
  return verified;
}

class Contract : public testing::Test {
 protected:
  /// The real server, or null when it is deliberately left out.
  static std::unique_ptr<Subject> reference() {
    std::string problem;
    auto real = start_real_redis(problem);
    if (real) return real;
    const char* without = std::getenv("RACEPROOF_WITHOUT_REAL_REDIS");
    const bool left_out = without != nullptr && std::string_view(without) == "1";
    if (!left_out) {
      ADD_FAILURE() << problem << "\nInstall it (apt-get install redis-server), or set "
                    << "RACEPROOF_WITHOUT_REAL_REDIS=1 to go without the comparison.";
    }
    return nullptr;
  }
};

TEST_F(Contract, FakeOnTcpAnswersAsTheRealServer) {
  const auto real = reference();
  const auto fake = start_fake_on_tcp();
  if (!real) {
    std::printf("contract: WITHOUT the real redis-server; nothing was compared\n");
    return;
  }
  const auto verified = compare(*real, *fake);
  if (verified) raceproof::test::note_verified("fakes/redis/verified.yaml", *verified);
}

TEST_F(Contract, SimulatedFakeAnswersAsTheFakeOnTcp) {
  const auto simulated = start_fake_simulated();
  const auto fake = start_fake_on_tcp();
  compare(*fake, *simulated);
}

TEST(ContractSuite, IsLargeEnough) { EXPECT_GE(all_conversations().size(), 200U); }

}  // namespace
}  // namespace raceproof::fakes::redis::test
