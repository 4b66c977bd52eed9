// The part of the terminal report that explains failures.
#include "reports/terminal_failures.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "reports/text_table.hpp"
#include "reports/words.hpp"

namespace raceproof::report {

using campaign::Expectation;
using campaign::Failure;
using campaign::ScenarioResult;
using campaign::VariantResult;
using campaign::Verdict;

namespace {

std::string times_in_words(const std::vector<campaign::WitnessTime>& times) {
  std::string text;
  for (const auto& time : times) {
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {}", time.name, exact(time.at));
  }
  return text;
}

/// The delays with which it fails most steadily.
std::string steady_in_words(const Failure& failure) {
  if (!failure.steady_slack || failure.steady_delays.empty()) return {};
  return fmt::format("{}: then events whose order matters are {} apart at the least",
                     times_in_words(failure.steady_delays), exact(*failure.steady_slack));
}

std::string distance_in_words(const Failure& failure) {
  std::string text = failure.baseline_distance == 0
                         ? "the usual order itself fails"
                         : counted(failure.baseline_distance, "decision") + " from the usual order";
  if (failure.margin) {
    text += fmt::format("; from the steady delays, it vanishes once {} moves by {}",
                        failure.margin->parameter, exact(failure.margin->slack));
  }
  if (failure.tie_only) text += "; only when two times are exactly equal";
  return text;
}

/// `scenarios/x.yaml:31` if the violated check stands in the scenario file.
std::string check_place(const ScenarioResult& scenario, const VariantResult& variant,
                        const Failure& failure) {
  const auto found = std::ranges::find(variant.checks, failure.check, &campaign::CheckResult::text);
  if (found == variant.checks.end() || found->source_line == 0) return "";
  return fmt::format(" ({}:{})", scenario.file, found->source_line);
}

std::string render_failure(const ScenarioResult& scenario, const VariantResult& variant,
                           const Failure& failure, std::size_t width) {
  std::string text;
  const auto line = [&](std::string_view label, const std::string& value) {
    if (!value.empty()) text += indented(fmt::format("    {:<7} ", label), value, width);
  };
  line("check", failure.check + check_place(scenario, variant, failure));
  line("why", failure.cause);
  line("where", failure.call_site);
  line("rests on", unverified_in_words(failure));
  line("with", times_in_words(failure.delays));
  line("when", times_in_words(failure.witness));
  line("steady", steady_in_words(failure));
  line("fails if", region_in_words(failure));
  line("margin", distance_in_words(failure));
  line("saved", failure.file);
  line("replay", failure.replay_command);
  return text;
}

}  // namespace

std::string render_failures(const campaign::CampaignResult& result,
                            const TerminalOptions& options) {
  std::string text;
  for (const auto& scenario : result.scenarios) {
    for (const auto& variant : scenario.variants) {
      if (variant.failures.empty()) continue;
      const bool expected =
          variant.expect == Expectation::reproduces && variant.verdict != Verdict::fail;
      text += '\n';
      text += styled(expected ? "reproduced" : "FAILED", expected ? Style::good : Style::bad,
                     options.colour);
      text += fmt::format("  {}, {}\n", scenario.name, variant.name);
      const std::size_t shown = std::min(variant.failures.size(), options.failures_per_variant);
      for (std::size_t i = 0; i < shown; ++i) {
        if (i > 0) text += '\n';
        text += render_failure(scenario, variant, variant.failures[i], options.width);
      }
      if (shown < variant.failures.size()) {
        text += fmt::format("    and {} in the other reports\n",
                            counted(variant.failures.size() - shown, "more failure"));
      }
    }
  }
  return text;
}

}  // namespace raceproof::report
