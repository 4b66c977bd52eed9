// The chart of an envelope: a plain SVG 1.1 file without scripts or fonts of its own, so that it
// looks the same in a browser, an editor and a printed page.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "reports/envelope.hpp"
#include "reports/words.hpp"

namespace raceproof::report {

using campaign::EnvelopeRegion;
using campaign::EnvelopeResult;
using campaign::EnvelopeVertex;
using campaign::nanoseconds;

namespace {

// Colours that people who see few of them can tell apart (after Okabe and Ito, 2008), light enough
// to write on.
constexpr const char* safe_colour = "#cfe6f5";
constexpr const char* possible_colour = "#fbdca6";
constexpr const char* certain_colour = "#efa58b";
constexpr const char* line_colour = "#9a3412";
constexpr const char* tie_colour = "#6b21a8";
constexpr const char* ink = "#1f2933";
constexpr const char* faint = "#7b8794";

// The page and, inside it, the plot.
constexpr double width = 960;
constexpr double plot_left = 104;
constexpr double plot_top = 92;
constexpr double plot_width = 560;
constexpr double plot_height_two_axes = 460;
constexpr double plot_height_one_axis = 120;
constexpr double legend_left = plot_left + plot_width + 32;

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// A scale of one axis with ticks at round values.
struct Scale {
  double low = 0;
  double high = 1;
  double step = 1;
  double unit = 1;  ///< nanoseconds
  const char* unit_name = "ns";

  Scale(nanoseconds from, nanoseconds to)
      : low(static_cast<double>(from.count())), high(static_cast<double>(to.count())) {
    if (high <= low) high = low + 1;
    const double top = std::max(std::abs(low), std::abs(high));
    if (top >= 1e10) {
      unit = 1e9, unit_name = "s";
    } else if (top >= 1e6) {
      unit = 1e6, unit_name = "ms";
    } else if (top >= 1e3) {
      unit = 1e3, unit_name = "us";
    }
    const double rough = (high - low) / 6;
    const double power = std::pow(10, std::floor(std::log10(rough)));
    step = power;
    for (const double factor : {2.0, 5.0, 10.0}) {
      if (step < rough) step = power * factor;
    }
  }
  [[nodiscard]] double share(double value) const { return (value - low) / (high - low); }
  [[nodiscard]] std::string label(double value) const {
    const std::string text = fmt::format("{:.9g}", value / unit);
    return text == "-0" ? "0" : text;
  }
};

class Chart {
 public:
  explicit Chart(const EnvelopeResult& result)
      : result_(result),
        two_(result.axes.size() > 1),
        x_(result.axes[0].low, result.axes[0].high),
        y_(two_ ? result.axes[1].low : nanoseconds(0), two_ ? result.axes[1].high : nanoseconds(1)),
        plot_height_(two_ ? plot_height_two_axes : plot_height_one_axis),
        height_(std::max(plot_top + plot_height_ + 96, 440.0)) {}

  std::string draw() {
    text_ = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
        "viewBox=\"0 0 {0} {1}\" role=\"img\" font-family=\"Inter, 'DejaVu Sans', Helvetica, "
        "Arial, sans-serif\">\n<title>{2}</title>\n",
        width, height_, escaped(title()));
    text_ += fmt::format("<rect width=\"{}\" height=\"{}\" fill=\"#ffffff\"/>\n", width, height_);
    heading();
    regions();
    axes();
    boundary();
    if (!two_) ends();
    grid();
    usual();
    legend();
    text_ += "</svg>\n";
    return std::move(text_);
  }

 private:
  [[nodiscard]] double px(double x) const {
    return plot_left + std::clamp(x_.share(x), 0.0, 1.0) * plot_width;
  }
  [[nodiscard]] double py(double y) const {
    return plot_top + (1 - std::clamp(y_.share(y), 0.0, 1.0)) * plot_height_;
  }

  void label(double x, double y, double size, const char* anchor, const char* colour,
             std::string_view words, std::string_view more = {}) {
    text_ += fmt::format(
        "<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"{}\" text-anchor=\"{}\" fill=\"{}\"{}>{}"
        "</text>\n",
        x, y, size, anchor, colour, more, escaped(words));
  }

  [[nodiscard]] std::string title() const {
    return fmt::format("{}, {}: where it can fail", result_.scenario, result_.variant);
  }

  void heading() {
    label(plot_left, 40, 20, "start", ink, title(), " font-weight=\"600\"");
    std::string words =
        fmt::format("{} explored", counted(result_.bound.classes_explored, "class"));
    std::string others;
    for (const auto& range : result_.other_ranges) {
      others += fmt::format("{}{} {}–{}", others.empty() ? "" : ", ", range.name, exact(range.low),
                            exact(range.high));
    }
    if (others.size() > 100) {
      others = counted(result_.other_ranges.size(), "other delay") + " over their whole ranges";
    }
    words += result_.bound.complete ? ", complete" : ", NOT complete: more may fail";
    if (!others.empty()) words += "; for any " + others;
    label(plot_left, 66, 13, "start", faint, words);
  }

  void region(const EnvelopeRegion& region, const char* fill) {
    for (const auto& piece : region.pieces) {
      if (!two_) {
        const double from = px(piece.vertices[0].x);
        const double to = px(piece.vertices[1].x);
        text_ += fmt::format(
            "<rect x=\"{:.2f}\" y=\"{}\" width=\"{:.2f}\" height=\"{}\" fill=\"{}\"/>\n", from,
            plot_top, std::max(1.0, to - from), plot_height_, fill);
        continue;
      }
      std::string points;
      for (const EnvelopeVertex& vertex : piece.vertices) {
        points +=
            fmt::format("{}{:.2f},{:.2f}", points.empty() ? "" : " ", px(vertex.x), py(vertex.y));
      }
      // The thin line of its own colour closes the nanosecond between two pieces that meet.
      text_ += fmt::format(
          "<polygon points=\"{0}\" fill=\"{1}\" stroke=\"{1}\" stroke-width=\"1\" "
          "stroke-linejoin=\"round\"/>\n",
          points, fill);
    }
  }

  void regions() {
    text_ += fmt::format(
        "<clipPath id=\"plot\"><rect x=\"{0}\" y=\"{1}\" width=\"{2}\" height=\"{3}\"/></clipPath>"
        "\n<g clip-path=\"url(#plot)\">\n<rect x=\"{0}\" y=\"{1}\" width=\"{2}\" height=\"{3}\" "
        "fill=\"#f5f7fa\"/>\n",
        plot_left, plot_top, plot_width, plot_height_);
    region(result_.safe, safe_colour);
    region(result_.possible_failure, possible_colour);
    region(result_.certain_failure, certain_colour);
    text_ += "</g>\n";
  }

  void axes() {
    const double bottom = plot_top + plot_height_;
    for (double value = std::ceil(x_.low / x_.step) * x_.step; value <= x_.high + x_.step * 1e-6;
         value += x_.step) {
      text_ += fmt::format(
          "<line x1=\"{0:.2f}\" y1=\"{1}\" x2=\"{0:.2f}\" y2=\"{2}\" stroke=\"{3}\" "
          "stroke-opacity=\"0.18\"/>\n<line x1=\"{0:.2f}\" y1=\"{2}\" x2=\"{0:.2f}\" y2=\"{4}\" "
          "stroke=\"{3}\"/>\n",
          px(value), plot_top, bottom, ink, bottom + 6);
      label(px(value), bottom + 22, 12, "middle", ink, x_.label(value));
    }
    if (two_) {
      for (double value = std::ceil(y_.low / y_.step) * y_.step; value <= y_.high + y_.step * 1e-6;
           value += y_.step) {
        text_ += fmt::format(
            "<line x1=\"{1}\" y1=\"{0:.2f}\" x2=\"{2}\" y2=\"{0:.2f}\" stroke=\"{3}\" "
            "stroke-opacity=\"0.18\"/>\n<line x1=\"{4}\" y1=\"{0:.2f}\" x2=\"{1}\" y2=\"{0:.2f}\" "
            "stroke=\"{3}\"/>\n",
            py(value), plot_left, plot_left + plot_width, ink, plot_left - 6);
        label(plot_left - 10, py(value) + 4, 12, "end", ink, y_.label(value));
      }
      const double middle = plot_top + plot_height_ / 2;
      label(0, 0, 14, "middle", ink,
            fmt::format("{} ({})", result_.axes[1].parameter, y_.unit_name),
            fmt::format(" transform=\"translate(36 {:.1f}) rotate(-90)\"", middle));
    }
    label(plot_left + plot_width / 2, bottom + 50, 14, "middle", ink,
          fmt::format("{} ({})", result_.axes[0].parameter, x_.unit_name));
    text_ += fmt::format(
        "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"{}\"/>\n",
        plot_left, plot_top, plot_width, plot_height_, ink);
  }

  void lines(const EnvelopeRegion& region, const char* style) {
    for (const auto& segment : region.boundary) {
      text_ += fmt::format(
          "<line x1=\"{:.2f}\" y1=\"{:.2f}\" x2=\"{:.2f}\" y2=\"{:.2f}\" stroke=\"{}\" "
          "stroke-width=\"2.25\" stroke-linecap=\"round\"{}/>\n",
          px(segment.from.x), py(segment.from.y), px(segment.to.x), py(segment.to.y), line_colour,
          style);
    }
  }

  void boundary() {
    text_ += "<g clip-path=\"url(#plot)\">\n";
    lines(result_.possible_failure, "");
    lines(result_.certain_failure, " stroke-dasharray=\"6 5\"");
    ties();
    text_ += "</g>\n";
  }

  /// Values, one nanosecond wide, along a boundary.
  void ties() {
    for (const auto& piece : result_.only_at_ties.pieces) {
      const EnvelopeVertex from = piece.vertices.front();
      const EnvelopeVertex to = piece.vertices.back();
      text_ += fmt::format(
          "<line x1=\"{:.2f}\" y1=\"{:.2f}\" x2=\"{:.2f}\" y2=\"{:.2f}\" stroke=\"{}\" "
          "stroke-width=\"3\" stroke-dasharray=\"3 7\" stroke-linecap=\"round\"/>\n",
          px(from.x), two_ ? py(from.y) : plot_top, px(to.x),
          two_ ? py(to.y) : plot_top + plot_height_, tie_colour);
    }
  }

  /// With one axis: a line and its value at each end of a possible failure.
  void ends() {
    for (const auto& piece : result_.possible_failure.pieces) {
      for (const EnvelopeVertex& end : piece.vertices) {
        if (end.x <= x_.low || end.x >= x_.high) continue;
        text_ += fmt::format(
            "<line x1=\"{0:.2f}\" y1=\"{1}\" x2=\"{0:.2f}\" y2=\"{2}\" stroke=\"{3}\" "
            "stroke-width=\"2.25\"/>\n",
            px(end.x), plot_top, plot_top + plot_height_, line_colour);
        label(px(end.x), plot_top - 6, 12, "middle", line_colour,
              exact(nanoseconds(std::llround(end.x))));
      }
    }
  }

  void mark(double x, double y, std::uint32_t failed, std::uint32_t runs) {
    const bool none = failed == 0;
    const bool all = failed == runs;
    text_ += fmt::format(
        "<circle cx=\"{:.2f}\" cy=\"{:.2f}\" r=\"3.4\" fill=\"{}\" stroke=\"{}\" "
        "stroke-width=\"1.2\"/>\n",
        x, y,
        none  ? "#ffffff"
        : all ? line_colour
              : "#f2994a",
        none ? "#52708a" : line_colour);
  }

  void grid() {
    for (const auto& point : result_.grid) {
      const double y =
          two_ ? py(static_cast<double>(point.y.count())) : plot_top + plot_height_ / 2;
      mark(px(static_cast<double>(point.x.count())), y, point.failed, point.runs);
    }
  }

  /// Where the variant itself stands, as far as that lies within the ranges.
  void usual() {
    const auto clipped = [](const campaign::EnvelopeAxis& axis) {
      return std::pair(
          static_cast<double>(std::clamp(*axis.usual_low, axis.low, axis.high).count()),
          static_cast<double>(std::clamp(*axis.usual_high, axis.low, axis.high).count()));
    };
    for (const auto& axis : result_.axes) {
      if (!axis.usual_low || *axis.usual_high < axis.low || *axis.usual_low > axis.high) return;
    }
    const auto [x_from, x_to] = clipped(result_.axes[0]);
    auto [y_from, y_to] = two_ ? clipped(result_.axes[1]) : std::pair(0.0, 1.0);
    text_ += fmt::format(
        "<rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" fill=\"none\" "
        "stroke=\"{}\" stroke-width=\"3\" stroke-opacity=\"0.85\" stroke-dasharray=\"2 4\" "
        "stroke-linecap=\"round\"/>\n",
        px(x_from) - 1, py(y_to) - 1, px(x_to) - px(x_from) + 2, py(y_from) - py(y_to) + 2, ink);
    shows_usual_ = true;
  }

  void legend() {
    double y = plot_top + 12;
    const auto swatch = [&](const char* fill, std::string_view name, std::string_view meaning) {
      text_ += fmt::format(
          "<rect x=\"{}\" y=\"{:.1f}\" width=\"22\" height=\"16\" fill=\"{}\" stroke=\"{}\" "
          "stroke-opacity=\"0.4\"/>\n",
          legend_left, y - 12, fill, ink);
      label(legend_left + 32, y, 13, "start", ink, name, " font-weight=\"600\"");
      label(legend_left + 32, y + 17, 12, "start", faint, meaning);
      y += 44;
    };
    if (result_.bound.complete) swatch(safe_colour, "safe", "no order, no latency fails");
    swatch(possible_colour, "possible failure", "some order and latency fails");
    if (result_.bound.complete) {
      swatch(certain_colour, "certain failure", "every order and latency fails");
    }
    const auto line = [&](const char* colour, std::string_view style, std::string_view name) {
      text_ += fmt::format(
          "<line x1=\"{0}\" y1=\"{1:.1f}\" x2=\"{2}\" y2=\"{1:.1f}\" stroke=\"{3}\" {4}/>\n",
          legend_left, y - 4, legend_left + 22, colour, style);
      label(legend_left + 32, y, 13, "start", ink, name);
      y += 30;
    };
    line(line_colour, "stroke-width=\"2.25\"", "exact boundary");
    if (!result_.only_at_ties.pieces.empty()) {
      line(tie_colour, "stroke-width=\"3\" stroke-dasharray=\"3 7\" stroke-linecap=\"round\"",
           "... fails only at a tie");
    }
    if (shows_usual_) {
      text_ += fmt::format(
          "<rect x=\"{}\" y=\"{:.1f}\" width=\"20\" height=\"12\" fill=\"none\" stroke=\"{}\" "
          "stroke-width=\"3\" stroke-dasharray=\"2 4\" stroke-linecap=\"round\"/>\n",
          legend_left + 1, y - 10, ink);
      label(legend_left + 32, y, 13, "start", ink, "the variant as it is");
      y += 30;
    }
    if (result_.grid.empty()) return;
    label(legend_left, y + 8, 13, "start", ink,
          fmt::format("concrete runs, {} a point", result_.grid.front().runs),
          " font-weight=\"600\"");
    y += 34;
    const auto runs = result_.grid.front().runs;
    const auto entry = [&](std::uint32_t failed, std::string_view words) {
      mark(legend_left + 11, y - 4, failed, runs);
      label(legend_left + 32, y, 12, "start", ink, words);
      y += 24;
    };
    entry(0, "none failed");
    if (runs > 1) entry(1, "some failed");
    entry(runs, "all failed");
    if (!result_.contradictions.empty()) {
      label(legend_left, y + 10, 13, "start", "#b91c1c", "They contradict the regions!",
            " font-weight=\"700\"");
    }
  }

  const EnvelopeResult& result_;
  bool two_;
  Scale x_;
  Scale y_;
  double plot_height_;
  double height_;
  bool shows_usual_ = false;
  std::string text_;
};

}  // namespace

std::string to_svg(const EnvelopeResult& result) { return Chart(result).draw(); }

}  // namespace raceproof::report
