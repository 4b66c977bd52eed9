// `raceproof digest`: what happened in every run, as numbers, or in one run, event by event.
#include <algorithm>
#include <fmt/format.h>

#include "harness/cli/event_text.hpp"
#include "harness/cli/load.hpp"

namespace raceproof::cli {

namespace {

void print_digests(const scenario::Scenario& scenario, const scenario::ResolvedVariant& variant,
                   const campaign::CampaignOptions& options) {
  std::uint64_t number = 0;
  for (const auto value : campaign::run_digests(variant, options)) {
    fmt::print("{} {} {} {:016x}\n", scenario.name(), variant.name, number++, value);
  }
}

bool print_events(const scenario::ResolvedVariant& variant,
                  const campaign::CampaignOptions& options, std::uint64_t run) {
  const bool found = campaign::repeat_run(variant, options, run, [](const trace::Trace& trace) {
    for (const auto& line : event_lines(trace)) fmt::print("{}\n", line);
  });
  if (!found) fmt::print(stderr, "{}: there is no run {}\n", variant.name, run);
  return found;
}

}  // namespace

int digest(const RunArguments& arguments, std::optional<std::uint64_t> events_of) {
  const auto loaded = load_all(arguments);
  if (!loaded.errors.empty()) return 2;
  const auto options = campaign_options(arguments);
  for (const auto& scenario : loaded.scenarios) {
    for (const auto& variant : scenario->variants()) {
      const auto& wanted = options.variants;
      if (!wanted.empty() && std::ranges::find(wanted, variant->name) == wanted.end()) continue;
      if (!events_of) {
        print_digests(*scenario, *variant, options);
      } else if (!print_events(*variant, options, *events_of)) {
        return 2;
      }
    }
  }
  return 0;
}

}  // namespace raceproof::cli
