// The report a person reads.
#include "reports/terminal.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

#include "reports/terminal_failures.hpp"
#include "reports/terminal_parts.hpp"
#include "reports/text_table.hpp"
#include "reports/words.hpp"

namespace raceproof::report {

using campaign::CampaignResult;
using campaign::ClientSummary;
using campaign::nanoseconds;
using campaign::VariantResult;

namespace {

constexpr std::size_t width_min = 40;

/// The last column: why it is not green, what was found, and over what.
std::string basis_of(const VariantResult& variant) {
  std::string text = reason_in_words(variant);
  if (!text.empty()) text += "; ";
  text += found_in_words(variant) + "; " + bound_in_words(variant.bound);
  const auto levels = levels_in_words(variant);
  return levels.empty() ? text : text + "; " + levels;
}

}  // namespace

std::string render_table(const CampaignResult& result, const TerminalOptions& options) {
  TextTable table({"scenario / variant", "expected", "verdict", "time", "found, and over what"});
  for (const auto& scenario : result.scenarios) {
    table.span({scenario.name, Style::bold});
    for (const auto& variant : scenario.variants) {
      table.row({{"  " + variant.name},
                 {std::string(name(variant.expect))},
                 {std::string(shout(variant.verdict)), style_of(variant.verdict)},
                 {rounded_seconds(variant.wall_seconds)},
                 {basis_of(variant)}});
    }
  }
  return table.render(options.width, options.colour);
}

namespace {

std::string client_line(const ClientSummary& summary) {
  std::string text = fmt::format("{} of {} scripts succeeded", grouped(summary.successes),
                                 grouped(summary.attempts));
  if (summary.attempts > 0) {
    text += fmt::format(" ({})", percent(static_cast<double>(summary.successes) /
                                         static_cast<double>(summary.attempts)));
  }
  const auto& times = summary.session_established;
  if (times.count > 0) {
    text += fmt::format("; session after {} to {}, median {}, standard deviation {:.3g} ms",
                        rounded(times.min), rounded(times.max), rounded(times.median),
                        std::sqrt(times.variance_ms2));
  }
  return text;
}

/// What the search over all orders says about the same time: bounds instead of samples.
std::string exact_bounds_line(const VariantResult& variant) {
  std::optional<nanoseconds> low;
  std::optional<nanoseconds> high;
  for (const auto& client : variant.clients) {
    for (const auto& latency : client.latencies) {
      if (latency.values.count == 0) continue;
      low = std::min(low.value_or(latency.values.min), latency.values.min);
      high = std::max(high.value_or(latency.values.max), latency.values.max);
    }
  }
  return low ? fmt::format("; over all orders and latencies {} to {}", exact(*low), exact(*high))
             : std::string();
}

std::string render_clients(const CampaignResult& result, const TerminalOptions& options) {
  std::string text;
  for (const auto& scenario : result.scenarios) {
    for (const auto& variant : scenario.variants) {
      if (!variant.all_clients || variant.all_clients->attempts == 0) continue;
      text +=
          indented("  " + scenario.name + ", " + variant.name + ": ",
                   client_line(*variant.all_clients) + exact_bounds_line(variant), options.width);
    }
  }
  return text.empty() ? text : "\nclients (simulated time, random runs)\n" + text;
}

std::string ranges_line(const campaign::Bound& bound) {
  std::vector<std::string> ranges;
  for (const auto& range : bound.ranges) {
    ranges.push_back(fmt::format("{} {} to {}", range.name, exact(range.low), exact(range.high)));
  }
  return fmt::format("{}", fmt::join(ranges, ", "));
}

/// The latencies that complete verdicts cover, once for all variants of a scenario that share them.
std::string render_covered(const CampaignResult& result, const TerminalOptions& options) {
  std::string text;
  for (const auto& scenario : result.scenarios) {
    std::vector<std::pair<std::string, std::vector<std::string>>> groups;
    for (const auto& variant : scenario.variants) {
      if (!variant.bound.complete || variant.bound.ranges.empty()) continue;
      const auto ranges = ranges_line(variant.bound);
      const auto known = std::ranges::find(
          groups, ranges, &std::pair<std::string, std::vector<std::string>>::first);
      if (known == groups.end()) {
        groups.emplace_back(ranges, std::vector<std::string>{variant.name});
      } else {
        known->second.push_back(variant.name);
      }
    }
    for (const auto& [ranges, variants] : groups) {
      const bool all = variants.size() == scenario.variants.size();
      const auto name =
          all ? scenario.name : fmt::format("{} ({})", scenario.name, fmt::join(variants, ", "));
      text += indented("  ", name + ": " + ranges, options.width);
    }
  }
  return text.empty() ? text : "\nlatencies covered from end to end\n" + text;
}

std::size_t number_or(const char* text, std::size_t fallback) {
  if (text == nullptr) return fallback;
  const std::string_view view(text);
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(view.data(), view.data() + view.size(), value);
  return error == std::errc() && end == view.data() + view.size() && value > 0 ? value : fallback;
}

}  // namespace

TerminalOptions terminal_options(int descriptor) {
  TerminalOptions options;
  const bool terminal = ::isatty(descriptor) == 1;
  winsize size{};
  if (terminal && ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    options.width = size.ws_col;
  }
  options.width = std::max(number_or(std::getenv("COLUMNS"), options.width), width_min);
  const char* term = std::getenv("TERM");
  const char* no_colour = std::getenv("NO_COLOR");
  options.colour = terminal && (no_colour == nullptr || *no_colour == '\0') &&
                   (term == nullptr || std::string_view(term) != "dumb");
  return options;
}

std::string render_terminal(const CampaignResult& result, const TerminalOptions& options) {
  TerminalOptions used = options;
  used.width = std::max(used.width, width_min);
  std::string text = render_input_errors(result, used);
  if (!result.scenarios.empty()) text += render_table(result, used);
  text += render_covered(result, used);
  text += render_exclusions(result, used);
  text += render_fakes(result, used);
  text += render_clients(result, used);
  text += render_failures(result, used);
  text += render_summary(result, used);
  return text;
}

}  // namespace raceproof::report
