// `raceproof run`: the campaign, its progress, its reports.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fmt/format.h>
#include <stdexcept>
#include <unistd.h>

#include "harness/campaign/verdict.hpp"
#include "harness/cli/determinism.hpp"
#include "harness/cli/interrupt.hpp"
#include "harness/cli/load.hpp"
#include "harness/cli/progress.hpp"
#include "harness/cli/wall_run.hpp"
#include "reports/files.hpp"
#include "reports/terminal.hpp"
#include "reports/terminal_lines.hpp"

namespace raceproof::cli {

namespace {

std::vector<campaign::StartParameter> start_parameters(const RunArguments& arguments) {
  std::vector<campaign::StartParameter> parameters;
  if (arguments.runs) parameters.push_back({"runs", std::to_string(*arguments.runs)});
  if (arguments.preemptions) {
    parameters.push_back({"preemptions", std::to_string(*arguments.preemptions)});
  }
  if (arguments.classes) parameters.push_back({"classes", std::to_string(*arguments.classes)});
  if (!arguments.search.empty()) parameters.push_back({"search", arguments.search});
  if (arguments.seconds) parameters.push_back({"time", fmt::format("{} s", *arguments.seconds)});
  for (const auto& variant : arguments.variants) parameters.push_back({"variant", variant});
  return parameters;
}

/// The variants' names are a column of the short report, which begins before all have run.
std::size_t longest_variant_name(const LoadedScenarios& loaded,
                                 const campaign::CampaignOptions& options) {
  std::size_t longest = 0;
  for (const auto& scenario : loaded.scenarios) {
    for (const auto& name : scenario->variant_names()) {
      const auto& chosen = options.variants;
      if (!chosen.empty() && std::ranges::find(chosen, name) == chosen.end()) continue;
      longest = std::max(longest, name.size());
    }
  }
  return longest;
}

/// What cannot be written later should be known before anything has run.
void require_writable(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error && access(folder.c_str(), W_OK) != 0) {
    error = std::error_code(errno, std::generic_category());
  }
  if (!error) return;
  throw std::runtime_error(
      fmt::format("cannot write reports to {}: {}", folder.string(), error.message()));
}

}  // namespace

int run(const RunArguments& arguments) {
  const auto begin = std::chrono::steady_clock::now();
  const auto loaded = load_all(arguments);
  if (arguments.wall) return run_wall_scenarios(arguments, loaded);
  require_writable(arguments.out);

  campaign::CampaignResult result;
  result.tool_version = RACEPROOF_VERSION;
  result.seed = arguments.seed;
  result.parameters = start_parameters(arguments);
  result.input_errors = loaded.errors;
  auto options = campaign_options(arguments);
  options.out = arguments.out;
  options.interrupted = &interrupted;
  result.jobs = options.jobs;
  catch_interrupts();

  auto terminal = report::terminal_options(STDOUT_FILENO);
  const bool short_report = loaded.scenarios.size() > 1 && !arguments.verbose;
  const std::size_t name_width = longest_variant_name(loaded, options);
  Progress progress(isatty(STDERR_FILENO) != 0);
  for (const auto& scenario : loaded.scenarios) {
    if (!loaded.errors.empty()) break;  // unusable input: nothing runs
    options.progress = [&](const std::string& variant, const std::string& what, std::uint64_t done,
                           std::uint64_t most) {
      progress.show(scenario->name(), variant, what, done, most);
    };
    result.scenarios.push_back(campaign::run_scenario(*scenario, options));
    if (arguments.determinism) {
      check_determinism(*scenario, arguments, result.scenarios.back(), interrupted);
    }
    if (short_report) {
      progress.clear();
      fmt::print("{}", report::render_lines(result.scenarios.back(), name_width, terminal));
      std::fflush(stdout);
    }
    if (interrupted) break;
  }
  progress.clear();
  campaign::conclude(result);
  if (interrupted && result.exit_code == campaign::ExitCode::pass) {
    result.exit_code = campaign::ExitCode::unknown;  // what was not run was not shown
  }
  result.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();

  terminal.report_paths = report::write_reports(result, arguments.out);
  const bool lines = short_report && loaded.errors.empty();
  fmt::print("{}", lines ? report::render_after_lines(result, terminal)
                         : report::render_terminal(result, terminal));
  return static_cast<int>(result.exit_code);
}

}  // namespace raceproof::cli
