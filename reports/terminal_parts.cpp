// What the long and the short report have in common.
#include "reports/terminal_parts.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "reports/words.hpp"

namespace raceproof::report {

using campaign::CampaignResult;
using campaign::ExitCode;
using campaign::Verdict;

std::string_view shout(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "PASS";
    case Verdict::fail:
      return "FAIL";
    case Verdict::unknown:
      break;
  }
  return "UNKNOWN";
}

Style style_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return Style::good;
    case Verdict::fail:
      return Style::bad;
    case Verdict::unknown:
      break;
  }
  return Style::doubtful;
}

std::string render_exclusions(const CampaignResult& result, const TerminalOptions& options) {
  std::vector<std::pair<std::string, std::size_t>> exclusions;
  std::size_t variants = 0;
  for (const auto& scenario : result.scenarios) {
    for (const auto& variant : scenario.variants) {
      ++variants;
      for (const auto& exclusion : variant.bound.exclusions) {
        const auto known =
            std::ranges::find(exclusions, exclusion, &std::pair<std::string, std::size_t>::first);
        if (known == exclusions.end()) {
          exclusions.emplace_back(exclusion, 1);
        } else {
          ++known->second;
        }
      }
    }
  }
  std::string text;
  for (const auto& [exclusion, count] : exclusions) {
    if (!text.empty()) text += "; ";
    text += exclusion;
    if (count < variants) text += fmt::format(" ({} of {} variants)", count, variants);
  }
  return text.empty() ? text : "\n" + indented("not varied: ", text, options.width);
}

std::string render_fakes(const CampaignResult& result, const TerminalOptions& options) {
  std::vector<std::string> lines;
  for (const auto& scenario : result.scenarios) {
    for (const auto& variant : scenario.variants) {
      for (const auto& fake : variant.fakes) {
        auto line = fake_in_words(fake);
        if (std::ranges::find(lines, line) == lines.end()) lines.push_back(std::move(line));
      }
    }
  }
  std::string text;
  for (const auto& line : lines) text += indented("  ", line, options.width);
  return text.empty() ? text : "\nfakes, and what they were last compared with\n" + text;
}

std::string render_input_errors(const CampaignResult& result, const TerminalOptions& options) {
  std::string text;
  for (const auto& error : result.input_errors) {
    text += styled("UNUSABLE", Style::bad, options.colour) + "  " + error.file + '\n';
    for (const auto& diagnostic : error.diagnostics) text += "  " + diagnostic + '\n';
  }
  return text.empty() ? text : text + '\n';
}

namespace {

std::string_view meaning(ExitCode code) {
  switch (code) {
    case ExitCode::pass:
      return "everything is as it must be";
    case ExitCode::fail:
      return "at least one variant failed";
    case ExitCode::unusable_input:
      return "some input could not be used";
    case ExitCode::unknown:
      break;
  }
  return "not everything could be decided";
}

}  // namespace

std::string render_summary(const CampaignResult& result, const TerminalOptions& options) {
  const auto& totals = result.totals;
  const Verdict overall = result.exit_code == ExitCode::pass      ? Verdict::pass
                          : result.exit_code == ExitCode::unknown ? Verdict::unknown
                                                                  : Verdict::fail;
  std::string work = counted(totals.classes, "class") + " of orders explored";
  if (totals.runs > 0) work += ", " + counted(totals.runs, "run") + " sampled";
  const std::string lead(shout(overall));
  const std::string line = indented(
      lead + "  ",
      fmt::format("{} of {}: {} passed, {} failed, {} unknown", counted(totals.variants, "variant"),
                  counted(totals.scenarios, "scenario"), totals.passed, totals.failed,
                  totals.unknown),
      options.width);
  std::string text(1, '\n');
  text += styled(lead, style_of(overall), options.colour);
  text += line.substr(lead.size());
  text += indented(
      "  ",
      fmt::format("{}; {}; seed {}; exit code {}: {}", work, rounded_seconds(result.wall_seconds),
                  result.seed, static_cast<int>(result.exit_code), meaning(result.exit_code)),
      options.width);
  for (const auto& path : options.report_paths) text += "  report: " + path + '\n';
  return text;
}

}  // namespace raceproof::report
