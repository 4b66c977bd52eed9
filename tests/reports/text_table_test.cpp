// Laying out text for a terminal.
#include "reports/text_table.hpp"

#include <gtest/gtest.h>

namespace raceproof::report {
namespace {

TEST(Wrap, BreaksAtSpacesAndKeepsLongWordsWhole) {
  EXPECT_EQ(wrap("one two three", 7), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(wrap("a/very/long/path here", 6),
            (std::vector<std::string>{"a/very/long/path", "here"}));
  EXPECT_EQ(wrap("", 10), std::vector<std::string>{""});
  EXPECT_EQ(wrap("a\nb", 10), (std::vector<std::string>{"a", "b"}));
}

// Passing means: width is counted in characters, not in bytes.
TEST(DisplayWidth, CountsCodePoints) {
  EXPECT_EQ(display_width("caf\xc3\xa9"), 4U);
  EXPECT_EQ(display_width(""), 0U);
}

TEST(Indented, AlignsFurtherLines) {
  EXPECT_EQ(indented("why  ", "one two three", 12), "why  one two\n     three\n");
}

TextTable small_table() {
  TextTable table({"name", "verdict", "notes"});
  table.span({"group", Style::bold});
  table.row({{"  a"}, {"PASS", Style::good}, {"some longer notes that need to be wrapped"}});
  table.row({{"  bcdef"}, {"FAIL", Style::bad}, {""}});
  return table;
}

// Passing means: columns line up, and the last one is wrapped in its own place.
TEST(TextTable, LinesUpItsColumns) {
  EXPECT_EQ(small_table().render(44, false),
            "name     verdict  notes\n"
            "group\n"
            "  a      PASS     some longer notes that\n"
            "                  need to be wrapped\n"
            "  bcdef  FAIL\n");
}

// Passing means: on a narrow terminal the last column moves below, and nothing is lost.
TEST(TextTable, StacksWhenNarrow) {
  EXPECT_EQ(small_table().render(40, false),
            "name     verdict\n"
            "group\n"
            "  a      PASS\n"
            "    some longer notes that need to be\n"
            "    wrapped\n"
            "  bcdef  FAIL\n");
}

// Passing means: colours change nothing but the colours.
TEST(TextTable, ColoursDoNotShiftColumns) {
  std::string coloured = small_table().render(44, true);
  EXPECT_NE(coloured.find("\x1b[1;32mPASS\x1b[0m"), std::string::npos);
  for (std::size_t at; (at = coloured.find('\x1b')) != std::string::npos;) {
    coloured.erase(at, coloured.find('m', at) - at + 1);
  }
  EXPECT_EQ(coloured, small_table().render(44, false));
}

}  // namespace
}  // namespace raceproof::report
