// Settings from YAML and back. Passing means: every kind of field is read, every kind of mistake is
// reported with its place and what was expected, all of a file at once, and a written file reads
// back.
#include <gtest/gtest.h>

#include "runtime/settings_yaml.hpp"
#include "tests/runtime_settings/sample_settings.hpp"

namespace raceproof {
namespace {

using sample::Sample;
using std::chrono::milliseconds;

std::vector<std::string> errors_of(std::string_view text) {
  Sample settings;
  std::vector<std::string> lines;
  for (const Diagnostic& d : read_settings(text, "s.yaml", settings)) lines.push_back(print(d));
  return lines;
}

void expect_error(std::string_view text, const std::string& expected) {
  EXPECT_EQ(errors_of(text), std::vector<std::string>{expected});
}

// Every kind of field takes its value; what is not mentioned keeps its default.
TEST(SettingsYaml, ReadsEveryKindOfField) {
  Sample s;
  const auto diagnostics = read_settings(
      "enabled: false\nthreads: 4\nname: x y\nwords: [a, '503']\ncodes: [200, 503]\n"
      "labels: {k: v}\ngrace_period: 1.5s\nreply: 2ms\nmode: thorough\nrule: {delay: 1ms..2ms}\n"
      "on: {get: {times: 3}, set: }\nlist: [{times: 1}, {}]\npassword: p\nlimit: 5\n"
      "other_mode: quick\n",
      "s.yaml", s);
  ASSERT_TRUE(diagnostics.empty()) << print(diagnostics.front());
  EXPECT_FALSE(s.enabled);
  EXPECT_EQ(s.threads, 4);
  EXPECT_EQ(s.name, "x y");
  EXPECT_EQ(s.words, (std::vector<std::string>{"a", "503"}));
  EXPECT_EQ(s.codes, (std::vector<std::int64_t>{200, 503}));
  EXPECT_EQ(s.labels.at("k"), "v");
  EXPECT_EQ(s.grace_period.to_ns(), 1'500'000'000);
  EXPECT_EQ(s.reply.low.to_ns(), 2'000'000);
  EXPECT_EQ(s.reply.high.to_ns(), 2'000'000);
  EXPECT_EQ(s.mode, sample::Mode::thorough);
  ASSERT_TRUE(s.rule.delay);
  EXPECT_EQ(s.rule.delay->high.to_ns(), 2'000'000);
  EXPECT_EQ(s.on.size(), 2u);
  EXPECT_EQ(s.on["get"].times, 3);
  EXPECT_EQ(s.list.size(), 2u);
  EXPECT_EQ(s.password, "p");
  EXPECT_EQ(s.limit, 5);
  EXPECT_EQ(s.other_mode, sample::Mode::quick);
}

// Optionals stay absent unless given, and a list is replaced, not extended.
TEST(SettingsYaml, LeavesTheRestAlone) {
  Sample s;
  s.list.resize(3);
  ASSERT_TRUE(read_settings("list: [{}]\npassword:\n", "s.yaml", s).empty());
  EXPECT_EQ(s.list.size(), 1u);
  EXPECT_FALSE(s.password);
  EXPECT_EQ(s.threads, 1);
  ASSERT_TRUE(read_settings("", "s.yaml", s).empty());
}

TEST(SettingsYaml, UnknownKeyNamesTheNearest) {
  expect_error("grace_perod: 1s\n",
               std::string("s.yaml:1:1: unknown key 'grace_perod' (did you mean 'grace_period'?); ")
                   .append(sample::known_keys));
  expect_error("rule:\n  dellay: 1ms\n",
               "s.yaml:2:3: unknown key 'dellay' in 'rule' (did you mean 'delay'?); known keys: "
               "delay, times");
}

TEST(SettingsYaml, DuplicateKey) {
  expect_error("threads: 1\nthreads: 2\n",
               "s.yaml:2:1: duplicate key 'threads' (first given at line 1)");
}

TEST(SettingsYaml, WrongTypes) {
  expect_error("enabled: yes\n", "s.yaml:1:10: expected true or false for 'enabled', got 'yes'");
  expect_error("threads: many\n",
               "s.yaml:1:10: expected an integer from 1 to 64 for 'threads', got 'many'");
  expect_error("threads: 1.5\n",
               "s.yaml:1:10: expected an integer from 1 to 64 for 'threads', got '1.5'");
  expect_error("threads: '4'\n",
               "s.yaml:1:10: expected an integer from 1 to 64 for 'threads', got '4'");
}

TEST(SettingsYaml, WrongShapes) {
  expect_error("name: [a]\n", "s.yaml:1:7: expected a text for 'name', got a list");
  expect_error("words: a\n",
               "s.yaml:1:8: expected a list of texts, such as [a, b] for 'words', got 'a'");
  expect_error("rule: 5\n", "s.yaml:1:7: expected a map for 'rule', got '5'");
  expect_error("on: {get: 5}\n", "s.yaml:1:11: expected a map for 'on.get', got '5'");
  expect_error("list: {a: b}\n", "s.yaml:1:7: expected a list of maps for 'list', got a map");
  expect_error("- a\n", "s.yaml:1:1: expected a map, got a list");
  expect_error("grace_period: {a: b}\n",
               "s.yaml:1:15: expected a duration, such as 500ms, for 'grace_period', got a map");
}

TEST(SettingsYaml, OutOfBounds) {
  expect_error("threads: 65\n",
               "s.yaml:1:10: 65 is out of bounds for 'threads': expected an integer from 1 to 64");
  expect_error(
      "list: [{times: 1}, {times: -1}]\n",
      "s.yaml:1:28: -1 is out of bounds for 'list[1].times': expected an integer from 0 to "
      "10");
  expect_error("threads: 99999999999999999999\n",
               "s.yaml:1:10: 99999999999999999999 is out of bounds for 'threads': expected an "
               "integer from 1 to 64");
}

TEST(SettingsYaml, BadChoice) {
  expect_error("mode: thorouh\n",
               "s.yaml:1:7: 'thorouh' is not a choice for 'mode' (did you mean 'thorough'?); "
               "choices: quick, thorough");
}

TEST(SettingsYaml, BadDurations) {
  expect_error("grace_period: 500\n",
               "s.yaml:1:15: duration without a unit: '500', did you mean '500ms'? (units: ns, us, "
               "ms, s, m, h) for 'grace_period'");
  expect_error("reply: 3ms..1ms\n",
               "s.yaml:1:8: range reversed: '3ms..1ms', did you mean '1ms..3ms'? for 'reply'");
  expect_error("grace_period: 1ms..2ms\n",
               "s.yaml:1:15: a range is not possible for 'grace_period': give one duration, or a "
               "named parameter ($name) that ranges");
  expect_error("grace_period: $x\n",
               "s.yaml:1:15: '$x': parameters can be used in scenario files only");
}

// All of them together, in the order of the file.
TEST(SettingsYaml, ReportsEverythingAtOnce) {
  const auto errors = errors_of("threads: 0\nmode: x\nbogus: 1\nreply: 5\nrule: {times: 11}\n");
  ASSERT_EQ(errors.size(), 5u);
  for (std::size_t i = 0; i < errors.size(); ++i) {
    EXPECT_TRUE(errors[i].starts_with("s.yaml:" + std::to_string(i + 1) + ":")) << errors[i];
  }
}

// What is written reads back as the same settings, and writes the same text again.
TEST(SettingsYaml, RoundTrip) {
  Sample s;
  ASSERT_TRUE(read_settings("name: 'true'\nwords: [a]\nlabels: {k: '1'}\ngrace_period: 1.5s\n"
                            "reply: 1ms..2ms\non: {get: {times: 3}}\nlist: [{delay: 5ms}]\n"
                            "password: ''\nmode: thorough\n",
                            "s.yaml", s)
                  .empty());
  const std::string written = write_settings(s, true);
  Sample again;
  const auto diagnostics = read_settings(written, "w.yaml", again);
  ASSERT_TRUE(diagnostics.empty()) << print(diagnostics.front()) << '\n' << written;
  EXPECT_EQ(write_settings(again), write_settings(s));
  EXPECT_EQ(again.on["get"].times, 3);
  EXPECT_EQ(again.password, "");
  EXPECT_NE(written.find("# A wait."), std::string::npos) << written;
}

}  // namespace
}  // namespace raceproof
