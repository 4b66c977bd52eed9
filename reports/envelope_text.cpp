// An envelope for a terminal.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "reports/envelope.hpp"
#include "reports/text_table.hpp"
#include "reports/words.hpp"

namespace raceproof::report {

using campaign::EnvelopeMinimum;
using campaign::EnvelopeRegion;
using campaign::EnvelopeResult;
using campaign::nanoseconds;

namespace {

/// Convex parts of a region that are written out; JSON has them all.
constexpr std::size_t pieces_shown_max = 12;

std::string range_in_words(nanoseconds low, nanoseconds high) {
  return low == high ? exact(low) : fmt::format("{} to {}", exact(low), exact(high));
}

std::string place(const EnvelopeResult& result, const campaign::EnvelopeVertex& vertex) {
  const auto one = [](double ns) {
    const nanoseconds near(std::llround(ns));
    const bool whole = std::abs(ns - static_cast<double>(near.count())) < 1e-3;
    return (whole ? "" : "about ") + exact(near);
  };
  if (result.axes.size() == 1) return one(vertex.x);
  return fmt::format("({}, {})", one(vertex.x), one(vertex.y));
}

class Renderer {
 public:
  Renderer(const EnvelopeResult& result, const TerminalOptions& options)
      : result_(result), options_(options) {}

  std::string render() {
    text_ = styled("envelope", Style::bold, options_.colour);
    text_ += fmt::format("  {}, {}\n", result_.scenario, result_.variant);
    if (!result_.axes.empty()) render_regions();
    for (const EnvelopeMinimum& minimum : result_.minima) render_minimum(minimum);
    if (!result_.margins.empty()) render_margins();
    text_ += '\n';
    text_ += fmt::format("{}; seed {}; exit code {}: {}\n", rounded_seconds(result_.wall_seconds),
                         result_.seed, static_cast<int>(result_.exit_code), verdict());
    return std::move(text_);
  }

 private:
  void line(std::string_view label, const std::string& value) {
    text_ += indented(fmt::format("    {:<9} ", label), value, options_.width);
  }

  void render_regions() {
    for (std::size_t i = 0; i < result_.axes.size(); ++i) {
      const auto& axis = result_.axes[i];
      std::string words =
          fmt::format("{} from {}", axis.parameter, range_in_words(axis.low, axis.high));
      if (axis.usual_low) {
        words += fmt::format("; in the file {}", range_in_words(*axis.usual_low, *axis.usual_high));
      }
      line(i == 0 ? "x" : "y", words);
    }
    std::string others;
    for (const auto& range : result_.other_ranges) {
      if (!others.empty()) others += ", ";
      others += range.name + " " + range_in_words(range.low, range.high);
    }
    if (!others.empty()) line("any", others);
    if (!result_.bound.complete) {
      text_ += '\n';
      text_ += styled("the search is not complete", Style::doubtful, options_.colour);
      text_ += ": what follows can fail, and so may any other value\n";
    }
    render_region("possible failure", "some order and some latency fails", Style::doubtful,
                  result_.possible_failure);
    if (result_.bound.complete) {
      render_region("certain failure", "every order and every latency fails", Style::bad,
                    result_.certain_failure);
      render_region("safe", "no order and no latency fails", Style::good, result_.safe);
    }
    text_ += '\n';
    line("ties", ties());
    line("rests on", basis());
    line("checked", checked());
    for (const auto& contradiction : result_.contradictions) {
      text_ += indented("    " + styled("WRONG", Style::bad, options_.colour) + "     ",
                        contradiction, options_.width);
    }
  }

  void render_region(std::string_view name, std::string_view meaning, Style style,
                     const EnvelopeRegion& region) {
    text_ += '\n';
    text_ += styled(name, style, options_.colour);
    text_ += fmt::format(": {}\n", meaning);
    if (region.pieces.empty()) text_ += "    nowhere in these ranges\n";
    const std::size_t shown = std::min(region.pieces.size(), pieces_shown_max);
    for (std::size_t i = 0; i < shown; ++i) {
      const auto& piece = region.pieces[i];
      const bool everywhere = piece.inequalities == std::vector<std::string>{"always"};
      text_ += indented(i == 0 ? "    if  " : "    or  ",
                        everywhere ? "everywhere in these ranges"
                                   : fmt::format("{}", fmt::join(piece.inequalities, " and ")),
                        options_.width);
      if (everywhere) continue;
      std::string corners;
      for (const auto& vertex : piece.vertices) {
        if (!corners.empty()) corners += result_.axes.size() == 1 ? " to " : ", ";
        corners += place(result_, vertex);
      }
      text_ += indented(result_.axes.size() == 1 ? "        from " : "        corners ", corners,
                        options_.width);
    }
    if (shown < region.pieces.size()) {
      text_ += fmt::format("    and {}\n", counted(region.pieces.size() - shown, "more part"));
    }
  }

  [[nodiscard]] std::string ties() const {
    std::string words =
        "exact to the nanosecond: equality belongs to a side written with <= or >=, and not to one "
        "written with < or >";
    if (result_.only_at_ties.pieces.empty()) {
      return words + "; no value fails only when two events happen at exactly the same time";
    }
    words += "; these values fail only when two events happen at exactly the same time: ";
    const auto& pieces = result_.only_at_ties.pieces;
    for (std::size_t i = 0; i < std::min(pieces.size(), pieces_shown_max); ++i) {
      if (i > 0) words += "; or ";
      words += fmt::format("{}", fmt::join(pieces[i].inequalities, " and "));
    }
    if (pieces.size() > pieces_shown_max) words += "; ...";
    return words;
  }

  [[nodiscard]] std::string basis() const {
    const auto& bound = result_.bound;
    std::string words = fmt::format("{} of {} fail ({})", grouped(bound.classes_failing),
                                    counted(bound.classes_explored, "class"), bound.strategy);
    if (!bound.limit.empty()) words += "; only up to " + bound.limit;
    if (bound.classes_relaxed_confirmed > 0) {
      words += fmt::format("; {} found by approximation and confirmed exactly",
                           grouped(bound.classes_relaxed_confirmed));
    }
    if (result_.classes_impossible > 0) {
      words += fmt::format("; {} that no latency can produce left out",
                           grouped(result_.classes_impossible));
    }
    if (!bound.cuts.empty()) {
      words += "; for one value only at times that the program read as numbers: ";
      for (std::size_t i = 0; i < bound.cuts.size(); ++i) {
        words += (i > 0 ? ", " : "") + bound.cuts[i].call_site;
      }
    }
    words += fmt::format("; not varied: {}", fmt::join(bound.exclusions, ", "));
    return words;
  }

  [[nodiscard]] std::string checked() const {
    if (result_.grid.empty()) return "not by concrete runs";
    std::uint64_t runs = 0;
    std::uint64_t failed = 0;
    for (const auto& point : result_.grid) {
      runs += point.runs;
      failed += point.failed;
    }
    return fmt::format("{} at {} of a grid, {} failed: {}", counted(runs, "concrete run"),
                       counted(result_.grid.size(), "point"), grouped(failed),
                       result_.contradictions.empty() ? "none against the regions"
                                                      : "THEY CONTRADICT THE REGIONS");
  }

  void render_minimum(const EnvelopeMinimum& minimum) {
    text_ += '\n';
    text_ += styled("minimum", Style::bold, options_.colour);
    std::string words = fmt::format("  {}", minimum.parameter);
    for (const auto& scale : minimum.scales) {
      words += fmt::format(", if {} were {} times as long ({})", scale.parameter, scale.factor,
                           range_in_words(scale.low, scale.high));
    }
    text_ += words + "\n";
    if (!minimum.complete) {
      line("value", fmt::format("unknown: the search over {} was not complete",
                                range_in_words(minimum.low, minimum.high)));
      return;
    }
    if (!minimum.value) {
      line("value", fmt::format("none: every value from {} can fail",
                                range_in_words(minimum.low, minimum.high)));
      return;
    }
    line("value", fmt::format("{}: the least from {} with which no order and no latency fails",
                              exact(*minimum.value), exact(minimum.low)));
    if (!minimum.safe_above) {
      line("but", fmt::format("some greater value up to {} fails again", exact(minimum.high)));
    }
    line("checked", probes(minimum));
  }

  void render_margins() {
    text_ += '\n';
    text_ += styled("margins", Style::bold, options_.colour);
    text_ += ": how far each may move, alone, before some order and some latency fails\n";
    std::size_t widest = 0;
    for (const auto& margin : result_.margins) widest = std::max(widest, margin.parameter.size());
    for (const auto& margin : result_.margins) {
      text_ += indented(fmt::format("    {:<{}}  ", margin.parameter, widest),
                        margin_in_words(margin), options_.width);
    }
  }

  [[nodiscard]] static std::string margin_in_words(const campaign::EnvelopeMargin& margin) {
    if (!margin.problem.empty()) return "not searched: " + margin.problem;
    std::string words = range_in_words(margin.low, margin.high) + ": ";
    if (margin.fails_already) return words + "fails already";
    if (!margin.complete) return words + "unknown, the search was not complete";
    std::vector<std::string> ends;
    if (margin.least) {
      ends.push_back(fmt::format("down to {} ({} less)", exact(*margin.least),
                                 exact(margin.low - *margin.least)));
    }
    if (margin.greatest) {
      ends.push_back(fmt::format("up to {} ({} more)", exact(*margin.greatest),
                                 exact(*margin.greatest - margin.high)));
    }
    if (ends.empty()) {
      return words + fmt::format("any value from {}",
                                 range_in_words(margin.searched_low, margin.searched_high));
    }
    words += fmt::format("{}", fmt::join(ends, ", "));
    if (!margin.least && margin.low > margin.searched_low) {
      words += fmt::format(", and as little as {}", exact(margin.searched_low));
    }
    if (!margin.greatest) words += fmt::format(", and as much as {}", exact(margin.searched_high));
    return words;
  }

  [[nodiscard]] static std::string probes(const EnvelopeMinimum& minimum) {
    const auto one = [](const campaign::EnvelopeProbe& probe) {
      return fmt::format("at {} {} ({}{})", exact(probe.value),
                         probe.failed ? "it fails" : "nothing fails",
                         counted(probe.classes, "class"), probe.complete ? "" : ", NOT COMPLETE");
    };
    std::string words = minimum.at ? one(*minimum.at) : "not checked";
    if (minimum.below) {
      words += ", " + one(*minimum.below);
    } else if (minimum.value && *minimum.value == minimum.low) {
      words += ", and less was not asked for";
    }
    return words + (minimum.verified() ? ": complete searches agree" : ": NOT CONFIRMED");
  }

  [[nodiscard]] std::string verdict() const {
    switch (result_.exit_code) {
      case campaign::ExitCode::pass:
        return result_.bound.limit.empty()
                   ? "exact over the whole ranges"
                   : "exact over the whole ranges, for runs of up to " + result_.bound.limit;
      case campaign::ExitCode::fail:
        return "the result contradicts itself, which is a defect of this program";
      default:
        return "not complete: the possible failures are a part of all there are (--classes, "
               "--time)";
    }
  }

  const EnvelopeResult& result_;
  const TerminalOptions& options_;
  std::string text_;
};

}  // namespace

std::string render_envelope(const EnvelopeResult& result, const TerminalOptions& options) {
  return Renderer(result, options).render();
}

}  // namespace raceproof::report
