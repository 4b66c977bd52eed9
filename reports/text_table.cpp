// Laying out text for a terminal.
#include "reports/text_table.hpp"

#include <algorithm>

namespace raceproof::report {

namespace {

constexpr std::string_view gap = "  ";

std::string_view escape_of(Style style) {
  switch (style) {
    case Style::bold:
      return "\x1b[1m";
    case Style::dim:
      return "\x1b[2m";
    case Style::good:
      return "\x1b[1;32m";
    case Style::bad:
      return "\x1b[1;31m";
    case Style::doubtful:
      return "\x1b[1;33m";
    case Style::plain:
      break;
  }
  return "";
}

void trim_right(std::string& text) {
  while (!text.empty() && text.back() == ' ') text.pop_back();
}

}  // namespace

std::string styled(std::string_view text, Style style, bool colour) {
  if (!colour || style == Style::plain || text.empty()) return std::string(text);
  return std::string(escape_of(style)) + std::string(text) + "\x1b[0m";
}

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\n') {
      lines.emplace_back();
      ++at;
      continue;
    }
    if (text[at] == ' ') {
      ++at;
      continue;
    }
    const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
    const std::string_view word = text.substr(at, end - at);
    std::string& line = lines.back();
    if (line.empty()) {
      line = word;
    } else if (display_width(line) + 1 + display_width(word) <= width) {
      line.append(" ").append(word);
    } else {
      lines.emplace_back(word);
    }
    at = end;
  }
  return lines;
}

std::string indented(std::string_view lead, std::string_view text, std::size_t width) {
  const std::size_t indent = display_width(lead);
  std::string result;
  bool first = true;
  for (const auto& line : wrap(text, width > indent ? width - indent : 1)) {
    result += first ? std::string(lead) : std::string(indent, ' ');
    result += line;
    result += '\n';
    first = false;
  }
  return result;
}

std::vector<std::size_t> TextTable::column_widths() const {
  std::vector<std::size_t> widths;
  for (const auto& title : heading_) widths.push_back(display_width(title));
  for (const auto& line : lines_) {
    if (line.spans) continue;
    for (std::size_t column = 0; column < widths.size(); ++column) {
      widths[column] = std::max(widths[column], display_width(line.cells[column].text));
    }
  }
  return widths;
}

std::string TextTable::render(std::size_t width, bool colour) const {
  const auto widths = column_widths();
  const std::size_t last = widths.size() - 1;
  std::size_t left = 0;
  for (std::size_t column = 0; column < last; ++column) left += widths[column] + gap.size();
  const bool beside = left + last_column_min <= width;
  const std::size_t indent = beside ? left : 4;

  std::string result;
  const auto put = [&](const std::vector<Cell>& cells) {
    std::string line;
    for (std::size_t column = 0; column < last; ++column) {
      const std::string& text = cells[column].text;
      line += styled(text, cells[column].style, colour);
      line += std::string(widths[column] - display_width(text), ' ') + std::string(gap);
    }
    const auto pieces = wrap(cells[last].text, width > indent ? width - indent : 1);
    for (std::size_t piece = 0; piece < pieces.size(); ++piece) {
      if (piece > 0 || !beside) {
        if (pieces[piece].empty()) break;
        trim_right(line);
        result += line + '\n';
        line = std::string(indent, ' ');
      }
      line += styled(pieces[piece], cells[last].style, colour);
    }
    trim_right(line);
    result += line + '\n';
  };

  std::vector<Cell> titles;
  for (const auto& title : heading_) titles.push_back({title, Style::dim});
  if (!beside) titles.back().text.clear();
  put(titles);
  for (const auto& line : lines_) {
    if (line.spans) {
      for (const auto& piece : wrap(line.cells.front().text, width)) {
        result += styled(piece, line.cells.front().style, colour) + '\n';
      }
    } else {
      put(line.cells);
    }
  }
  return result;
}

}  // namespace raceproof::report
