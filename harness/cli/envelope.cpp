// `raceproof envelope`: where a variant can fail, must fail, or cannot.
#include "harness/campaign/envelope.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <unistd.h>

#include "harness/cli/commands.hpp"
#include "harness/cli/interrupt.hpp"
#include "harness/cli/progress.hpp"
#include "harness/scenario/library.hpp"
#include "reports/envelope.hpp"
#include "reports/files.hpp"
#include "reports/terminal.hpp"
#include "runtime/duration_text.hpp"
#include "runtime/spelling.hpp"

namespace raceproof::cli {

namespace {

/// What a person has to mend; the message names the option.
class Unusable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// "PARAM=VALUE"
std::pair<std::string, std::string> split_at_equals(const std::string& option,
                                                    const std::string& text,
                                                    std::string_view example) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    throw Unusable(fmt::format("{} {}: write {}", option, text, example));
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

scenario::RangeChange parse_axis(const std::string& option, const std::string& text) {
  const auto [name, range_text] = split_at_equals(option, text,
                                                  "PARAM=LOW..HIGH, such as "
                                                  "gateway.grace_period=0ms..600ms");
  const auto range = parse_delay_range(range_text);
  if (!range) throw Unusable(fmt::format("{} {}: {}", option, text, range.error()));
  if (range->low == range->high) {
    throw Unusable(fmt::format("{} {}: a range is needed, such as 0ms..600ms, not one duration",
                               option, text));
  }
  return {name, range->low, range->high};
}

/// A positive decimal number with at most six digits on either side of the point.
campaign::RangeScale parse_scale(const std::string& text) {
  const auto [name, factor] =
      split_at_equals("--scale", text, "PARAM=FACTOR, such as redis.stabilise=2");
  const auto point = factor.find('.');
  const std::string whole = factor.substr(0, point);
  const std::string part = point == std::string::npos ? "" : factor.substr(point + 1);
  const auto is_number = [](const std::string& digits) {
    return digits.size() <= 6 &&
           std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  };
  campaign::RangeScale scale{name, factor, 0, 1};
  if (is_number(whole) && is_number(part) && !(whole + part).empty()) {
    const std::string digits = whole + part;
    std::from_chars(digits.data(), digits.data() + digits.size(), scale.numerator);
    for (std::size_t i = 0; i < part.size(); ++i) scale.denominator *= 10;
  }
  if (scale.numerator <= 0) {
    throw Unusable(fmt::format(
        "--scale {}: '{}' is no factor; write a positive number such as 2 or 1.5", text, factor));
  }
  return scale;
}

campaign::EnvelopeOptions options_of(const EnvelopeArguments& arguments) {
  campaign::EnvelopeOptions options;
  options.seed = arguments.seed;
  options.jobs =
      arguments.jobs != 0 ? arguments.jobs : std::max(1U, std::thread::hardware_concurrency());
  options.classes = arguments.classes;
  options.preemptions = arguments.preemptions;
  options.seconds = arguments.seconds;
  options.grid = arguments.grid;
  options.runs_per_point = arguments.runs;
  options.interrupted = &interrupted;
  if (!arguments.x.empty()) options.axes.push_back(parse_axis("--x", arguments.x));
  if (!arguments.y.empty()) {
    if (arguments.x.empty()) throw Unusable("--y needs --x: with one range only, call it --x");
    options.axes.push_back(parse_axis("--y", arguments.y));
    if (options.axes[0].name == options.axes[1].name) {
      throw Unusable(fmt::format("--x and --y are both {}", options.axes[0].name));
    }
  }
  if (!arguments.minimum.empty()) {
    campaign::EnvelopeOptions::Minimum minimum{arguments.minimum, {}};
    if (arguments.minimum.find('=') != std::string::npos) {
      minimum.range = parse_axis("--min", arguments.minimum);
      minimum.parameter = minimum.range->name;
    }
    options.minimum = std::move(minimum);
  }
  for (const auto& scale : arguments.scales) options.scales.push_back(parse_scale(scale));
  if (!options.scales.empty() && !options.minimum) {
    throw Unusable("--scale needs --min: it asks what the minimum would be then");
  }
  options.margins = arguments.margins;
  if (options.axes.empty() && !options.minimum && !options.margins) {
    throw Unusable(
        "nothing to look for: give --x PARAM=RANGE (and --y PARAM=RANGE), --min PARAM, or "
        "--margins");
  }
  const bool chart = !arguments.csv.empty() || !arguments.svg.empty();
  if (chart && options.axes.empty()) {
    throw Unusable("--csv and --svg show regions: give --x PARAM=RANGE");
  }
  return options;
}

std::shared_ptr<const scenario::ResolvedVariant> choose_variant(const scenario::Scenario& scenario,
                                                                const std::string& name) {
  const auto names = scenario.variant_names();
  if (name.empty()) {
    if (names.size() == 1) return scenario.variants().front();
    throw Unusable(fmt::format("{} has {} variants: choose one with --variant ({})",
                               scenario.file(), names.size(), fmt::join(names, ", ")));
  }
  auto variant = scenario.resolve(name);
  if (variant == nullptr) {
    throw Unusable(fmt::format("--variant: {} has no variant '{}'{}", scenario.file(), name,
                               suggestion(name, names, "variants")));
  }
  return variant;
}

}  // namespace

int envelope(const EnvelopeArguments& arguments) {
  const auto loaded = scenario::load(arguments.file);
  if (!loaded) {
    for (const auto& diagnostic : loaded.error()) fmt::print(stderr, "{}\n", print(diagnostic));
    return 2;
  }
  try {
    auto options = options_of(arguments);
    const auto variant = choose_variant(**loaded, arguments.variant);
    for (const auto& path : {arguments.csv, arguments.svg, arguments.json}) {
      if (path.empty()) continue;
      std::ofstream probe(path, std::ios::app);  // known before anything has run
      if (!probe) throw Unusable(fmt::format("cannot write {}", path.string()));
    }
    catch_interrupts();
    Progress progress(isatty(STDERR_FILENO) != 0);
    options.progress = [&](const std::string& what, std::uint64_t done, std::uint64_t most) {
      progress.show((*loaded)->name(), variant->name, what, done, most);
    };
    auto result = campaign::find_envelope(**loaded, *variant, options);
    progress.clear();
    if (!result) {
      std::string text;
      for (const auto& problem : result.error()) text += (text.empty() ? "" : "\n") + problem;
      throw Unusable(text);
    }
    result->tool_version = RACEPROOF_VERSION;
    if (!arguments.csv.empty()) report::write_file(arguments.csv, report::to_csv(*result));
    if (!arguments.svg.empty()) report::write_file(arguments.svg, report::to_svg(*result));
    if (!arguments.json.empty()) report::write_file(arguments.json, report::to_json(*result));
    fmt::print("{}", report::render_envelope(*result, report::terminal_options(STDOUT_FILENO)));
    return static_cast<int>(result->exit_code);
  } catch (const Unusable& error) {
    fmt::print(stderr, "raceproof envelope: {}\n", error.what());
    return 2;
  }
}

}  // namespace raceproof::cli
