// The result model as JUnit XML.
#include "reports/junit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <pugixml.hpp>
#include <set>

#include "tests/reports/sample.hpp"

namespace raceproof::report {
namespace {

/// What the JUnit schema that CI systems share (Jenkins' junit-10.xsd) lets an element hold.
struct Rule {
  std::set<std::string> required;
  std::set<std::string> optional;
  std::set<std::string> children;
};
const std::map<std::string, Rule> schema{
    {"testsuites",
     {{}, {"name", "time", "tests", "failures", "disabled", "errors"}, {"testsuite"}}},
    {"testsuite",
     {{"name", "tests"},
      {"failures", "errors", "time", "disabled", "skipped", "timestamp", "hostname", "id",
       "package", "file", "log", "url", "version"},
      {"properties", "testcase", "system-out", "system-err", "testsuite"}}},
    {"properties", {{}, {}, {"property"}}},
    {"property", {{"name", "value"}, {}, {}}},
    {"testcase",
     {{"name", "classname"},
      {"assertions", "time", "status", "class", "file", "line", "log", "group", "url"},
      {"skipped", "error", "failure", "system-out", "system-err", "properties"}}},
    {"failure", {{}, {"type", "message"}, {}}},
    {"error", {{}, {"type", "message"}, {}}},
    {"system-out", {{}, {}, {}}},
};

void expect_valid(const pugi::xml_node& element) {
  const auto rule = schema.find(element.name());
  ASSERT_NE(rule, schema.end()) << element.name();
  for (const auto& attribute : rule->second.required) {
    EXPECT_TRUE(element.attribute(attribute.c_str())) << element.name() << " " << attribute;
  }
  for (const auto& attribute : element.attributes()) {
    EXPECT_TRUE(rule->second.required.contains(attribute.name()) ||
                rule->second.optional.contains(attribute.name()))
        << element.name() << " " << attribute.name();
  }
  for (const auto& child : element.children()) {
    if (child.type() != pugi::node_element) continue;
    EXPECT_TRUE(rule->second.children.contains(child.name()))
        << child.name() << " in " << element.name();
    expect_valid(child);
  }
}

pugi::xml_document parsed(const campaign::CampaignResult& result) {
  pugi::xml_document document;
  const std::string text = to_junit(result);
  const auto status = document.load_string(text.c_str());
  EXPECT_TRUE(status) << status.description() << "\n" << text;
  return document;
}

// Passing means: every element and attribute is one that CI systems know.
TEST(Junit, HasTheSharedShape) {
  auto result = sample_result();
  result.input_errors = {{"bad.yaml", {"bad.yaml:1:1: no"}}};
  const auto document = parsed(result);
  EXPECT_STREQ(document.document_element().name(), "testsuites");
  expect_valid(document.document_element());
}

// Passing means: the counts on suites and on the whole agree with the cases inside.
TEST(Junit, CountsAgreeWithTheCases) {
  const auto document = parsed(sample_result());
  int tests = 0;
  int failures = 0;
  int errors = 0;
  for (const auto& suite : document.document_element().children("testsuite")) {
    int in_suite = 0;
    for (const auto& test_case : suite.children("testcase")) {
      ++in_suite;
      failures += test_case.child("failure") ? 1 : 0;
      errors += test_case.child("error") ? 1 : 0;
    }
    EXPECT_EQ(suite.attribute("tests").as_int(), in_suite);
    tests += in_suite;
  }
  const auto root = document.document_element();
  EXPECT_EQ(root.attribute("tests").as_int(), tests);
  EXPECT_EQ(tests, 4);
  EXPECT_EQ(root.attribute("failures").as_int(), failures);
  EXPECT_EQ(failures, 1);
  EXPECT_EQ(root.attribute("errors").as_int(), errors);
  EXPECT_EQ(errors, 1);
}

pugi::xml_node find_case(const pugi::xml_document& document, const char* name) {
  for (const auto& suite : document.document_element().children("testsuite")) {
    if (auto found = suite.find_child_by_attribute("testcase", "name", name)) return found;
  }
  return {};
}

// Passing means: unknown is not green, and says why; a failure carries its replay command; a
// failure that was expected is green and still carries it.
TEST(Junit, MapsVerdicts) {
  const auto document = parsed(sample_result());
  const auto unknown = find_case(document, "default").child("error");
  EXPECT_STREQ(unknown.attribute("type").value(), "unknown.vacuous");
  EXPECT_STREQ(unknown.attribute("message").value(), "never happened: sometimes: { close: 1011 }");
  const auto failed = find_case(document, "broken").child("failure");
  EXPECT_STREQ(failed.attribute("type").value(), "violated");
  EXPECT_THAT(failed.text().get(),
              testing::HasSubstr("replay: raceproof replay out/failures/a1b2c3.json"));
  EXPECT_THAT(failed.text().get(),
              testing::HasSubstr("  rests on: redis: not among what was compared with redis-server "
                                 "7.0.15 (outage); auth: no real service to compare with"));
  EXPECT_THAT(failed.text().get(),
              testing::HasSubstr("  fails if: client.arrives < redis.stabilise + 30ms; or "));
  const auto reproduced = find_case(document, "without_grace");
  EXPECT_FALSE(reproduced.child("failure"));
  EXPECT_FALSE(reproduced.child("error"));
  EXPECT_THAT(reproduced.child("system-out").text().get(),
              testing::HasSubstr("replay: raceproof replay out/failures/a1b2c3.json"));
}

// Passing means: no text of a result can make the document ill-formed.
TEST(Junit, ReplacesWhatXmlCannotCarry) {
  auto result = sample_result();
  auto& variant = result.scenarios[1].variants[1];
  variant.reason_text =
      std::string("a<b & \"c\" \x01\x00 \xff \xed\xa0\x80 \xef\xbf\xbf \xc3\xa9", 25);
  const auto document = parsed(result);
  EXPECT_STREQ(find_case(document, "broken").child("failure").attribute("message").value(),
               "a<b & \"c\" ?? ? ??? ??? \xc3\xa9");
}

}  // namespace
}  // namespace raceproof::report
