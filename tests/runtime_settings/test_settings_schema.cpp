// The JSON Schema of a settings struct. Passing means: each field appears with its type, bounds,
// default and meaning, and nothing else is allowed.
#include <gtest/gtest.h>

#include "runtime/settings_schema.hpp"
#include "tests/runtime_settings/sample_settings.hpp"

namespace raceproof {
namespace {

TEST(SettingsSchema, DescribesEveryField) {
  const Json schema = settings_schema(sample::Sample(), "sample");
  EXPECT_EQ(schema["title"], "sample");
  EXPECT_EQ(schema["additionalProperties"], false);
  const Json& fields = schema["properties"];
  EXPECT_EQ(fields.size(), 15u);
  EXPECT_EQ(fields["threads"]["maximum"], 64);
  EXPECT_EQ(fields["threads"]["default"], 1);
  EXPECT_EQ(fields["threads"]["description"], "How many.");
  EXPECT_EQ(fields["mode"]["enum"], (Json{"quick", "thorough"}));
  EXPECT_EQ(fields["grace_period"]["default"], "500ms");
  EXPECT_EQ(fields["reply"]["default"], "1ms..3ms");
  EXPECT_EQ(fields["list"]["items"]["properties"]["times"]["maximum"], 10);
  EXPECT_EQ(fields["on"]["additionalProperties"]["properties"]["times"]["minimum"], 0);
  // An absent optional has no default.
  EXPECT_FALSE(fields["limit"].contains("default"));
  EXPECT_FALSE(fields["other_mode"].contains("default"));
}

TEST(SettingsSchema, ParametersOnlyInScenarios) {
  const std::string plain = duration_definitions(false)["duration"]["pattern"];
  const std::string scenario = duration_definitions(true)["duration"]["pattern"];
  EXPECT_EQ(plain.find('$'), plain.size() - 1);
  EXPECT_NE(scenario.find("\\$"), std::string::npos);
}

}  // namespace
}  // namespace raceproof
