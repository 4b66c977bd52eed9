// The format of saved failures: what is written is read again, files of version 1 are read, and
// whatever else a file holds is a sentence, never a crash.
#include "harness/campaign/failure_file.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace raceproof::campaign {
namespace {

using explore::Decision;
using Json = nlohmann::ordered_json;

SavedFailure sample() {
  SavedFailure failure;
  failure.scenario = "cold_start/mine";
  failure.scenario_file = "scenarios/cold_start/mine.yaml";
  failure.scenario_text = "# A comment\n#\nscenario: cold_start/mine\n# Another\nshows: \"x\"\n";
  failure.variant = "impatient";
  failure.check = "never: {close: 1011}";
  failure.cause = "alice was closed with 1011 (\"why\")";
  failure.seed = UINT64_MAX;
  failure.tie_only = true;
  failure.fragment = false;
  failure.digest = 0xfedcba9876543210;
  failure.order = 1;
  Decision delay;
  delay.kind = Decision::Kind::delay;
  delay.label = "redis.stabilise";
  delay.value = 152'000'001;
  delay.at_ns = 0;
  Decision next;
  next.strand = "gateway/redis";
  next.label = "redis reconnect";
  next.ordinal = UINT32_MAX;
  next.instead_of = {"gateway/readiness", "readiness retry", 1};
  next.at_ns = INT64_MAX;
  Decision queued = next;
  queued.choice = sim::ChoiceKind::timer_queued;
  queued.value = 1;
  Decision step = next;
  step.choice = sim::ChoiceKind::thread_step;
  step.twin = 2;
  failure.decisions = {delay, next, queued, step};
  failure.asked = {{"gateway/redis", "data", 4}, {"gateway/redis", "connect", 0}, {"a#2", "x", 1}};
  return failure;
}

void expect_same(const SavedFailure& a, const SavedFailure& b) {
  EXPECT_EQ(a.scenario, b.scenario);
  EXPECT_EQ(a.scenario_file, b.scenario_file);
  EXPECT_EQ(a.variant, b.variant);
  EXPECT_EQ(a.check, b.check);
  EXPECT_EQ(a.cause, b.cause);
  EXPECT_EQ(a.seed, b.seed);
  EXPECT_EQ(a.tie_only, b.tie_only);
  EXPECT_EQ(a.fragment, b.fragment);
  EXPECT_EQ(a.digest, b.digest);
  EXPECT_EQ(a.order, b.order);
  EXPECT_EQ(a.decisions, b.decisions);
  EXPECT_EQ(a.asked, b.asked);
}

TEST(FailureFile, WhatIsWrittenIsRead) {
  const auto failure = sample();
  const auto text = write_failure(failure);
  const auto read = read_failure(text, "x.json");
  expect_same(read, failure);
  EXPECT_EQ(read.scenario_text, "\n\nscenario: cold_start/mine\n# Another\nshows: \"x\"\n")
      << "line numbers are the file's; comments before the first entry are left out";
  EXPECT_EQ(write_failure(read), text);
}

TEST(FailureFile, HoldsOneDecisionOnEachLine) {
  const auto text = write_failure(sample());
  EXPECT_NE(
      text.find("\n    {\"delay\":[\"\",\"redis.stabilise\",0],\"value\":152000001,\"at\":0},\n"),
      std::string::npos)
      << text;
  EXPECT_NE(text.find("\n    [\"gateway/redis\",{\"data\":4,\"connect\":0}],\n"), std::string::npos)
      << text;
}

TEST(FailureFile, ReadsVersion1) {
  const auto read = read_failure(R"({
    "format": "raceproof-failure", "version": 1, "scenario": "s", "file": "f", "variant": "v",
    "check": "c", "cause": "w", "seed": 7, "tie_only": false, "digest": "5b0c2d7e9a4f1836",
    "decisions": [
      {"kind":"delay","strand":"","label":"client.arrives","ordinal":0,"value":100},
      {"kind":"next_event","strand":"a","label":"x","ordinal":2,"value":1,
       "instead_of":{"strand":"b","label":"y","ordinal":3}}],
    "text": ["# comment", "scenario: s"]})",
                                 "x.json");
  EXPECT_EQ(read.seed, 7U);
  EXPECT_EQ(read.digest, 0x5b0c2d7e9a4f1836U);
  EXPECT_EQ(read.order, 0U);
  EXPECT_TRUE(read.asked.empty());
  ASSERT_EQ(read.decisions.size(), 2U);
  EXPECT_EQ(read.decisions[0].value, 100);
  EXPECT_EQ(read.decisions[0].at_ns, -1);
  EXPECT_EQ(read.decisions[1].instead_of, (Decision::Name{"b", "y", 3}));
  EXPECT_EQ(read.scenario_text, "# comment\nscenario: s\n");
}

/// The sentence with which `text` is refused; empty if it is read.
std::string refusal(const std::string& text) {
  try {
    (void)read_failure(text, "x.json");
    return {};
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

void expect_refused(const std::string& text, const std::string& because) {
  const auto sentence = refusal(text);
  EXPECT_TRUE(sentence.starts_with("x.json: ")) << because << ": " << sentence;
  EXPECT_LT(sentence.size(), 500U) << because;
}

TEST(FailureFile, SaysWhichEntryIsWrong) {
  auto json = Json::parse(write_failure(sample()));
  json["decisions"][1]["at"] = "soon";
  EXPECT_EQ(refusal(json.dump()),
            "x.json: cannot be read as a saved failure: entry 2 of \"decisions\": \"at\" is not an "
            "integer from -9223372036854775808 to 9223372036854775807");
  json = Json::parse(write_failure(sample()));
  json["version"] = 3;
  EXPECT_EQ(
      refusal(json.dump()),
      "x.json: cannot be read as a saved failure: format version 3; this program reads 1 to 2");
}

TEST(FailureFile, CutOffAnywhereItIsRefused) {
  const auto text = write_failure(sample());
  for (std::size_t size = 0; size + 2 < text.size(); ++size) {
    expect_refused(text.substr(0, size), fmt::format("{} bytes", size));
  }
}

// Every value of the file replaced by every other sort of value: refused, or read where it may be
// so. What may be so is listed, so that a reader that has stopped looking is noticed.
TEST(FailureFile, ValuesOfOtherTypesAreRefused) {
  const auto whole = Json::parse(write_failure(sample()));
  const std::vector<Json> others = {nullptr,
                                    true,
                                    "text",
                                    1.5,
                                    1e300,
                                    -1,
                                    UINT64_MAX,
                                    Json::array(),
                                    Json::object(),
                                    Json::array({1}),
                                    std::string("\xff\xfe")};
  std::size_t refused = 0;
  std::size_t taken = 0;
  const auto flat = whole.flatten();
  std::vector<std::string> places;
  for (const auto& [place, value] : flat.items()) places.push_back(place);
  for (const char* place : {"/decisions", "/decisions/0", "/decisions/1/instead_of", "/asked",
                            "/asked/0", "/asked/0/1", "/text"}) {
    places.emplace_back(place);
  }
  for (const auto& place : places) {
    const Json::json_pointer pointer(place);
    for (const Json& other : others) {
      auto changed = whole;
      const auto& value = changed.at(pointer);
      if (value.type() == other.type()) continue;
      // Both are integers; and an empty array is one without entries.
      const bool integers = value.is_number_integer() && other.is_number_integer();
      changed.at(pointer) = other;
      const auto text = changed.dump(-1, ' ', false, Json::error_handler_t::replace);
      const auto sentence = refusal(text);
      if (sentence.empty()) {
        ++taken;
        EXPECT_TRUE(integers) << place << " = "
                              << other.dump(-1, ' ', false, Json::error_handler_t::replace);
      } else {
        ++refused;
        EXPECT_TRUE(sentence.starts_with("x.json: ")) << sentence;
      }
    }
  }
  EXPECT_GT(refused, 200U);
  EXPECT_GT(taken, 0U) << "a seed may be any number";
}

TEST(FailureFile, KeysThatAreMissingAreRefusedAndUnknownOnesIgnored) {
  const auto whole = Json::parse(write_failure(sample()));
  for (const auto& [key, value] : whole.items()) {
    auto changed = whole;
    changed.erase(key);
    expect_refused(changed.dump(), "without " + key);
  }
  auto more = whole;
  more["comment"] = "kept for the release";
  EXPECT_EQ(refusal(more.dump()), "");
}

TEST(FailureFile, BytesThatAreWrongAreReadOrRefused) {
  const auto text = write_failure(sample());
  explore::Random random(7);
  int refused = 0;
  for (int i = 0; i < 5'000; ++i) {
    auto changed = text;
    for (std::uint64_t n = random.below(4); n < 4; ++n) {
      changed[random.below(changed.size())] = static_cast<char>(random.below(256));
    }
    const auto sentence = refusal(changed);
    if (sentence.empty()) continue;
    ++refused;
    ASSERT_TRUE(sentence.starts_with("x.json: ")) << sentence;
  }
  EXPECT_GT(refused, 2'000);
}

TEST(FailureFile, NestingAndNumbersWithoutEndAreRefused) {
  expect_refused(std::string(100'000, '['), "nested");
  expect_refused("{\"format\":\"raceproof-failure\",\"version\":" + std::string(5'000, '9') + "}",
                 "a huge version");
  auto json = Json::parse(write_failure(sample()));
  json["digest"] = std::string(40, 'f');
  expect_refused(json.dump(), "a digest of 160 bits");
}

}  // namespace
}  // namespace raceproof::campaign
