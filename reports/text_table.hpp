// Laying out text for a terminal: display width, wrapping, and a table whose last column takes the
// room that is left.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace raceproof::report {

/// How something stands out on a terminal. `plain` adds nothing.
enum class Style { plain, bold, dim, good, bad, doubtful };

/// Wraps `text` in the escape sequences of `style`; returns it unchanged unless `colour`.
std::string styled(std::string_view text, Style style, bool colour);

/// Columns that UTF-8 text takes, one per code point (combining and wide characters are not told
/// apart).
std::size_t display_width(std::string_view text);

/// Breaks at spaces into lines of at most `width` columns; a longer word keeps a line of its own,
/// so that paths and commands can be copied whole. At least one line.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

/// `lead` before the first line of wrapped `text`, as many spaces before the others.
std::string indented(std::string_view lead, std::string_view text, std::size_t width);

struct Cell {
  std::string text;
  Style style = Style::plain;
};

/// Rows under a heading. All columns but the last are as wide as their widest cell; the last is
/// wrapped, and moves to lines of its own where less than `last_column_min` columns are left.
class TextTable {
 public:
  static constexpr std::size_t last_column_min = 24;

  explicit TextTable(std::vector<std::string> heading) : heading_(std::move(heading)) {}

  /// As many cells as the heading has.
  void row(std::vector<Cell> cells) { lines_.push_back({std::move(cells), false}); }
  /// A line across all columns.
  void span(Cell cell) { lines_.push_back({{std::move(cell)}, true}); }

  [[nodiscard]] std::string render(std::size_t width, bool colour) const;

 private:
  struct Line {
    std::vector<Cell> cells;
    bool spans;
  };
  [[nodiscard]] std::vector<std::size_t> column_widths() const;

  std::vector<std::string> heading_;
  std::vector<Line> lines_;
};

}  // namespace raceproof::report
