// The YAML tree. Passing means: values keep their places, duplicates and syntax errors are reported
// where they stand, and no document can make the reader run away.
#include <gtest/gtest.h>
#include <sstream>

#include "runtime/yaml_node.hpp"

namespace raceproof {
namespace {

struct Parsed {
  YamlNode root;
  std::vector<Diagnostic> diagnostics;
};

Parsed parse(const std::string& text) {
  Parsed parsed;
  parsed.root = parse_yaml(text, "t.yaml", parsed.diagnostics);
  return parsed;
}

std::string first_error(const std::string& text) {
  const Parsed parsed = parse(text);
  return parsed.diagnostics.empty() ? "none" : print(parsed.diagnostics.front());
}

// Keys and values know their line and column, counted from 1.
TEST(YamlNode, KeepsPlaces) {
  const Parsed parsed = parse("a: 1\nb:\n  - x\n  - {c: 'y'}\n");
  ASSERT_TRUE(parsed.diagnostics.empty());
  const YamlEntry* b = parsed.root.find_entry("b");
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(b->key_mark.line, 2);
  EXPECT_EQ(b->key_mark.column, 1);
  ASSERT_EQ(b->value.items.size(), 2u);
  EXPECT_EQ(b->value.items[0].mark.line, 3);
  EXPECT_EQ(b->value.items[0].mark.column, 5);
  EXPECT_TRUE(b->value.items[1].find("c")->quoted);
  EXPECT_EQ(b->value.flow_text(), "[x, {c: \"y\"}]");
}

// Duplicate keys are an error at the second one, which names the first.
TEST(YamlNode, ReportsDuplicates) {
  EXPECT_EQ(first_error("a: 1\nb: 2\na: 3\n"),
            "t.yaml:3:1: duplicate key 'a' (first given at line 1)");
  EXPECT_EQ(first_error("m: {x: 1, x: 2}\n"),
            "t.yaml:1:11: duplicate key 'x' (first given at line 1)");
}

// Keys are plain text.
TEST(YamlNode, RefusesComplexKeys) {
  EXPECT_EQ(first_error("[1, 2]: x\n"), "t.yaml:1:1: a key must be plain text, not a list");
}

// Syntax errors carry yaml-cpp's place and message; a tab is named as what it is.
TEST(YamlNode, ReportsSyntax) {
  const std::string unclosed = first_error("a: [1, 2\nb: 3\n");
  EXPECT_TRUE(unclosed.starts_with("t.yaml:")) << unclosed;
  EXPECT_NE(unclosed.find("YAML syntax: "), std::string::npos) << unclosed;
  const std::string tab = first_error("a:\n\tb: 1\n");
  EXPECT_NE(tab.find("t.yaml:2:"), std::string::npos) << tab;
  EXPECT_NE(tab.find("(a tab in the indentation: YAML wants spaces)"), std::string::npos) << tab;
}

// One document a file.
TEST(YamlNode, RefusesSecondDocument) {
  EXPECT_EQ(first_error("a: 1\n---\nb: 2\n"), "t.yaml: only one YAML document a file is read");
}

// Aliases are expanded; one that would contain itself is an error, and exponential ones are cut
// off.
TEST(YamlNode, ExpandsAliasesWithinLimits) {
  const Parsed parsed = parse("base: &b {x: 1}\nother: *b\n");
  ASSERT_TRUE(parsed.diagnostics.empty());
  EXPECT_EQ(parsed.root.find("other")->flow_text(), "{x: 1}");
  EXPECT_EQ(first_error("a: &a [*a]\n"),
            "t.yaml:1:8: an alias cannot stand inside the value it names");
  std::ostringstream bomb;  // Each line doubles the one before.
  bomb << "a0: &a0 [x, x]\n";
  for (int i = 1; i < 30; ++i) {
    bomb << 'a' << i << ": &a" << i << " [*a" << i - 1 << ", *a" << i - 1 << "]\n";
  }
  EXPECT_NE(first_error(bomb.str()).find("more than 100000 values"), std::string::npos);
}

// Deep nesting and large files are refused, not crashed on.
TEST(YamlNode, SurvivesAbsurdInput) {
  EXPECT_NE(first_error(std::string(100'000, '[')), "none");
  EXPECT_EQ(first_error(std::string(yaml_bytes_max + 1, ' ')),
            "t.yaml: the file is larger than 1 MiB");
  EXPECT_EQ(first_error(""), "none");
  EXPECT_EQ(first_error("# nothing\n"), "none");
}

}  // namespace
}  // namespace raceproof
