// The report on many scenarios.
#include "reports/terminal_lines.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <vector>

#include "reports/terminal_failures.hpp"
#include "reports/terminal_parts.hpp"
#include "reports/text_table.hpp"
#include "reports/words.hpp"

namespace raceproof::report {

using campaign::CampaignResult;
using campaign::Expectation;
using campaign::ScenarioResult;
using campaign::VariantResult;
using campaign::Verdict;

namespace {

/// Columns of the verdict, of a variant's name at the most, and of what was found; what is longer
/// pushes the rest to the right.
constexpr std::size_t verdict_width = 4;
constexpr std::size_t name_width_max = 26;
constexpr std::size_t found_width = 30;
/// A variant that took this long says so.
constexpr double slow_seconds = 1;

/// As many words of `text` as fit, on one line; none if not even one does.
std::string shortened(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  const auto first = wrap(text, width > 4 ? width - 4 : 1).front() + " ...";
  return display_width(first) <= width ? first : "";
}

std::string padded(std::string_view text, std::size_t width) {
  const auto used = display_width(text);
  return std::string(text) + std::string(used < width ? width - used : 0, ' ');
}

std::string line_of(const VariantResult& variant, std::size_t name_width,
                    const TerminalOptions& options) {
  const auto verdict = shout(variant.verdict);
  std::string found = found_in_short(variant);
  if (variant.verdict == Verdict::unknown) found += fmt::format(" ({})", name(variant.reason));
  std::string over = bound_in_short(variant);
  if (!unverified_fakes(variant).empty()) over += " *";
  if (variant.wall_seconds >= slow_seconds) {
    over += fmt::format(" ({})", rounded_seconds(variant.wall_seconds));
  }
  const std::string lead = padded(verdict, verdict_width).substr(verdict.size()) + "  " +
                           padded(variant.name, std::min(name_width, name_width_max)) + "  ";
  std::string line = lead + padded(found, found_width) + "  " + over + '\n';
  if (2 + verdict.size() + display_width(line) - 1 > options.width) {
    line = lead + found + '\n' + indented("        ", over, options.width);
  }
  return "  " + styled(verdict, style_of(variant.verdict), options.colour) + line;
}

/// The variants that are not as they must be.
CampaignResult not_as_it_must_be(const CampaignResult& result) {
  CampaignResult rest;
  for (const auto& scenario : result.scenarios) {
    ScenarioResult kept = scenario;
    std::erase_if(kept.variants,
                  [](const VariantResult& variant) { return variant.verdict == Verdict::pass; });
    if (!kept.variants.empty()) rest.scenarios.push_back(std::move(kept));
  }
  return rest;
}

/// What the verdicts of all variants rest on, in one sentence.
std::string render_bounds(const CampaignResult& result, const TerminalOptions& options) {
  std::size_t complete = 0;
  std::size_t limited = 0;
  std::size_t partial = 0;
  std::size_t findings = 0;
  std::size_t unverified = 0;
  for (const auto& scenario : result.scenarios) {
    for (const auto& variant : scenario.variants) {
      auto& group = !variant.bound.complete       ? partial
                    : variant.bound.limit.empty() ? complete
                                                  : limited;
      ++group;
      for (const auto& failure : variant.failures) {
        ++findings;
        unverified += unverified_in_words(failure).empty() ? 0 : 1;
      }
    }
  }
  std::vector<std::string> bounds;
  const auto add = [&](std::size_t count, std::string_view what) {
    if (count > 0) bounds.push_back(fmt::format("{} {}", counted(count, "variant"), what));
  };
  add(complete, "complete (all orders, all latencies in the declared ranges)");
  add(limited, "complete up to a bound");
  add(partial, "sampled or in part");
  std::string text =
      indented("over what: ", fmt::format("{}", fmt::join(bounds, "; ")), options.width);
  if (findings > 0) {
    text += indented("findings: ",
                     fmt::format("{} explained in the full report; {} (*) with a part of a fake in "
                                 "it that no real service was compared with",
                                 findings, unverified),
                     options.width);
  }
  return "\n" + text;
}

}  // namespace

std::string render_lines(const ScenarioResult& scenario, std::size_t name_width,
                         const TerminalOptions& options) {
  std::string text = styled(scenario.name, Style::bold, options.colour);
  const auto used = display_width(scenario.name) + 2;
  const auto shows = shortened(scenario.shows, options.width > used ? options.width - used : 0);
  if (!shows.empty()) text += "  " + styled(shows, Style::dim, options.colour);
  text += '\n';
  for (const auto& variant : scenario.variants) text += line_of(variant, name_width, options);
  return text;
}

std::string render_after_lines(const CampaignResult& result, const TerminalOptions& options) {
  std::string text;
  const CampaignResult rest = not_as_it_must_be(result);
  if (!rest.scenarios.empty()) text += "\n" + render_table(rest, options);
  text += render_failures(rest, options);
  if (!result.scenarios.empty()) text += render_bounds(result, options);
  text += render_exclusions(result, options);
  text += render_fakes(result, options);
  text += render_summary(result, options);
  return text;
}

}  // namespace raceproof::report
