// The result model as JSON.
#include "reports/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/reports/sample.hpp"

namespace raceproof::report {
namespace {

using Json = nlohmann::ordered_json;

/// What from_json says about `json`.
std::string complaint(const Json& json) {
  try {
    from_json(json.dump());
  } catch (const FormatError& error) {
    return error.what();
  }
  return "accepted";
}

Json sample_json() { return Json::parse(to_json(sample_result())); }

// Passing means: nothing is lost or changed on the way to JSON and back.
TEST(ResultJson, RoundTrip) {
  EXPECT_EQ(from_json(to_json(sample_result())), sample_result());
  EXPECT_EQ(from_json(to_json(campaign::CampaignResult{})), campaign::CampaignResult{});
}

// Passing means: equal results give equal text, and the keys other programs rely on are there.
TEST(ResultJson, IsStable) {
  EXPECT_EQ(to_json(sample_result()), to_json(sample_result()));
  const Json json = sample_json();
  EXPECT_EQ(json.begin().key(), "format_version");
  EXPECT_EQ(json["exit_code"], 1);
  EXPECT_EQ(json["seed"], 18446744073709551615U);
  const Json& variant = json["scenarios"][0]["variants"][0];
  EXPECT_EQ(variant["verdict"], "pass");
  EXPECT_EQ(variant["bound"]["ranges"][0]["high_ns"], 400000000);
  EXPECT_EQ(variant["failures"][0]["margin"]["slack_ns"], 107500000);
  EXPECT_TRUE(variant["bound"]["failure_probability_bound"].is_null());
}

// Passing means: another version is refused by name, before anything else is looked at.
TEST(ResultJson, RefusesOtherVersions) {
  EXPECT_THAT(complaint({{"format_version", 2}}),
              testing::HasSubstr("format_version: 2 was written by another version"));
  EXPECT_THAT(complaint(Json::object()), testing::HasSubstr("not a result of raceproof"));
  EXPECT_THAT(complaint(Json::array()), testing::HasSubstr("not a result of raceproof"));
  EXPECT_THROW(from_json("{"), FormatError);
}

// Passing means: a damaged document is refused with the path of the damage and what was expected.
TEST(ResultJson, NamesTheDamagedField) {
  Json json = sample_json();
  json["scenarios"][0]["variants"][1]["verdict"] = "green";
  EXPECT_EQ(complaint(json),
            "scenarios[0].variants[1].verdict: expected one of pass, fail, unknown");
  json = sample_json();
  json["scenarios"][0]["variants"][0]["bound"]["ranges"][1].erase("low_ns");
  EXPECT_EQ(complaint(json), "scenarios[0].variants[0].bound.ranges[1].low_ns: missing");
  json = sample_json();
  json["jobs"] = -1;
  EXPECT_EQ(complaint(json), "jobs: expected an integer from 0 to 4294967295");
  json = sample_json();
  json["scenarios"] = 3;
  EXPECT_EQ(complaint(json), "scenarios: expected an array");
  json = sample_json();
  json["exit_code"] = 4;
  EXPECT_EQ(complaint(json), "exit_code: expected an exit code from 0 to 3");
}

// Passing means: a key of a later minor change does not stop an older reader.
TEST(ResultJson, IgnoresUnknownKeys) {
  Json json = sample_json();
  json["later_addition"] = 1;
  EXPECT_EQ(from_json(json.dump()), sample_result());
}

// Passing means: bytes that are not UTF-8 cannot make a result unwritable.
TEST(ResultJson, ReplacesInvalidUtf8) {
  auto result = sample_result();
  result.scenarios[0].variants[0].failures[0].cause = "got \xff";
  EXPECT_EQ(from_json(to_json(result)).scenarios[0].variants[0].failures[0].cause,
            "got \xef\xbf\xbd");
}

}  // namespace
}  // namespace raceproof::report
