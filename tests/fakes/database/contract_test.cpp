// The contract: the fake answers what PostgreSQL 15 answers, and whoever waits there waits here.
// Passing means that in every conversation, written and generated, each step had the same rows,
// counts, SQLSTATEs, messages and waits as on the real server, except for what exceptions.hpp
// lists.
#include <cstdio>
#include <cstdlib>
#include <gtest/gtest.h>
#include <regex>

#include "fakes/database/statement.hpp"
#include "tests/fakes/database/subject.hpp"
#include "tests/verified.hpp"

namespace raceproof::fakes::database::test {
namespace {

constexpr std::uint64_t seed = 20260711;
constexpr std::size_t generated = 150;
/// How often a conversation may be asked for again, to see what else the real server does.
constexpr int asked_again_max = 4;

/// For a longer search by hand: RACEPROOF_CONTRACT_SEED, RACEPROOF_CONTRACT_GENERATED.
std::uint64_t asked_for(const std::string& what, std::uint64_t usual) {
  const char* text = std::getenv(("RACEPROOF_CONTRACT_" + what).c_str());
  return text == nullptr ? usual : std::stoull(text);
}

using Answers = std::vector<std::string>;

/// With % where each conversation gets a prefix of its own.
std::vector<Conversation> templates() {
  std::vector<Conversation> all;
  for (auto&& some :
       {written_conversations(), gateway_conversations(),
        generated_conversations(asked_for("SEED", seed), asked_for("GENERATED", generated))}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

std::vector<Conversation> all_conversations() {
  auto all = templates();
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = with_own_tables(all[i], i);
  return all;
}

std::size_t first_difference(const Answers& a, const Answers& b) {
  std::size_t i = 0;
  while (i < a.size() && i < b.size() && a[i] == b[i]) ++i;
  return i;
}

void report(const Conversation& conversation, const Answers& expected, const Answers& actual,
            const std::string& reference) {
  const auto at = first_difference(expected, actual);
  std::string before;
  for (std::size_t i = 0; i < at; ++i) {
    before += "\n    " + conversation.steps[i].line + "\n      -> " + actual[i];
  }
  const auto text = [&](const Answers& answers) {
    return at < answers.size() ? answers[at] : std::string("nothing");
  };
  ADD_FAILURE() << conversation.name << ", step " << at << ": "
                << (at < conversation.steps.size() ? conversation.steps[at].line : "") << "\n  "
                << reference << ": " << text(expected) << "\n  fake: " << text(actual)
                << "\n  before:" << before;
}

/// Plays conversation number `ordinal` once more, on new tables: their names are in messages.
Answers ask_again(Subject& real, std::size_t ordinal, int time) {
  const auto other = 10'000 * static_cast<std::size_t>(time) + ordinal;
  auto answers = real.play({with_own_tables(templates()[ordinal], other)})[0];
  const auto given = "c" + std::to_string(other) + "_";
  const auto wanted = "c" + std::to_string(ordinal) + "_";
  for (auto& answer : answers) {
    for (auto at = answer.find(given); at != std::string::npos; at = answer.find(given)) {
      answer.replace(at, given.size(), wanted);
    }
  }
  return answers;
}

/// What the fake calls a step; empty for one that asks for nothing, or for no statement.
std::string kind_of(const Step& step) {
  switch (step.kind) {
    case Step::Kind::begin:
      return "begin";
    case Step::Kind::commit:
      return "commit";
    case Step::Kind::rollback:
      return "rollback";
    case Step::Kind::query:
      break;
    case Step::Kind::cancel:
      return {};
  }
  try {
    return std::string(parse(step.text).kind());
  } catch (const gateway::database::Error&) {
    return {};
  }
}

/// Adds what answers that agree show: the kinds of statements that were served, and the SQLSTATEs.
void note_agreement(const Conversation& conversation, const Answers& answers,
                    raceproof::test::Verified& verified) {
  static const std::regex refusal("[A-Z]: ([0-9][0-9A-Z]{4}) [^ ]");
  verified.compared.insert("connect");
  for (std::size_t i = 0; i < conversation.steps.size(); ++i) {
    std::smatch found;
    if (std::regex_search(answers[i], found, refusal)) {
      verified.errors.insert(found[1]);
    } else if (const auto kind = kind_of(conversation.steps[i]); !kind.empty()) {
      verified.compared.insert(kind);
    }
  }
}

TEST(Contract, FakeAnswersAsPostgres) {
  const char* without = std::getenv("RACEPROOF_WITHOUT_REAL_POSTGRES");
  if (without != nullptr && std::string_view(without) == "1") {
    GTEST_SKIP() << "WITHOUT the real PostgreSQL; nothing was compared";
  }
  const auto conversations = all_conversations();
  const auto fake = start_fake_simulated();
  const auto actual = fake->play(conversations);
  const auto real = start_real_postgres();
  const auto expected = real->play(conversations);
  raceproof::test::Verified verified{real->name(), conversations.size()};
  std::size_t asked_again = 0;
  std::size_t differing = 0;
  for (std::size_t i = 0; i < conversations.size(); ++i) {
    verified.statements += conversations[i].steps.size();
    auto answers = expected[i];
    // Where the real server itself has a race, the fake's answers must be one of its outcomes.
    for (int time = 1; answers != actual[i] && time <= asked_again_max; ++time) {
      ++asked_again;
      answers = ask_again(*real, i, time);
    }
    if (answers == actual[i]) {
      note_agreement(conversations[i], answers, verified);
      continue;
    }
    ++differing;
    if (differing <= 25) report(conversations[i], expected[i], actual[i], real->name());
  }
  std::printf(
      "contract: %zu conversations, %zu statements, fake against %s: %zu differ "
      "(%zu were asked for again)\n",
      conversations.size(), verified.statements, real->name().c_str(), differing, asked_again);
  if (differing == 0 && asked_for("SEED", seed) == seed) {
    raceproof::test::note_verified("fakes/database/verified.yaml", verified);
  }
}

TEST(ContractSuite, IsLargeEnough) {
  const auto all = all_conversations();
  EXPECT_GE(all.size(), 200U);
}

// Passing means that the suite is about waiting, deadlocks and conflicts, and not about none.
TEST(ContractSuite, MeetsWhatItIsAbout) {
  const auto answers = start_fake_simulated()->play(all_conversations());
  const auto count = [&](std::string_view what) {
    std::size_t found = 0;
    for (const auto& conversation : answers) {
      for (const auto& answer : conversation) found += answer.find(what) != std::string::npos;
    }
    return found;
  };
  EXPECT_GE(count("waits"), 100U);
  EXPECT_GE(count("40P01"), 10U);
  EXPECT_GE(count("40001"), 10U);
  for (const char* state :
       {"23505", "23503", "23502", "42P01", "42703", "42601", "22P02", "25P02", "55P03"}) {
    EXPECT_GE(count(state), 1U) << state;
  }
  EXPECT_EQ(count("0A000 the fake"), 0U);
}

}  // namespace
}  // namespace raceproof::fakes::database::test
