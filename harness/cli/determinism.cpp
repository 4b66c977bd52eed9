#include "harness/cli/determinism.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "harness/cli/load.hpp"

namespace raceproof::cli {

namespace {

/// Output of a command of this program, by lines. `setarch`-like randomisation is the system's own:
/// a new process gets a new address layout.
std::vector<std::string> lines_of_child(const std::string& command) {
  std::vector<std::string> lines;
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  if (pipe == nullptr) throw std::runtime_error("cannot start another process of this program");
  std::string line;
  for (int c = std::fgetc(pipe.get()); c != EOF; c = std::fgetc(pipe.get())) {
    if (c == '\n') {
      lines.push_back(std::exchange(line, {}));
    } else {
      line.push_back(static_cast<char>(c));
    }
  }
  return lines;
}

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

std::string child_command(const scenario::Scenario& scenario, const RunArguments& arguments,
                          const std::string& variant, unsigned jobs) {
  std::string command =
      fmt::format("exec {} digest --seed {} --jobs {} --variant {}",
                  quoted(std::filesystem::read_symlink("/proc/self/exe").string()), arguments.seed,
                  jobs, quoted(variant));
  if (arguments.runs) command += fmt::format(" --runs {}", *arguments.runs);
  if (arguments.classes) command += fmt::format(" --classes {}", *arguments.classes);
  if (!arguments.search.empty()) command += fmt::format(" --search {}", arguments.search);
  return command + " " + quoted(scenario.file());
}

}  // namespace

void check_determinism(const scenario::Scenario& scenario, const RunArguments& arguments,
                       campaign::ScenarioResult& result) {
  auto options = campaign_options(arguments);
  options.timing_runs = 0;
  for (auto& variant : result.variants) {
    const auto here = campaign::run_digests(scenario, *scenario.resolve(variant.name), options);
    const unsigned other_jobs = options.jobs == 1 ? 2 : 1;
    const auto there =
        lines_of_child(child_command(scenario, arguments, variant.name, other_jobs));
    std::string difference;
    if (here.size() != there.size()) {
      difference = fmt::format("{} runs here, {} in another process", here.size(), there.size());
    }
    for (std::size_t i = 0; difference.empty() && i < here.size(); ++i) {
      if (!there[i].ends_with(fmt::format("{:016x}", here[i]))) {
        difference = fmt::format("run {} differs in another process", i);
      }
    }
    if (difference.empty()) continue;
    variant.verdict = campaign::Verdict::fail;
    variant.reason = campaign::Reason::nondeterministic;
    variant.reason_text = difference;
  }
}

}  // namespace raceproof::cli
