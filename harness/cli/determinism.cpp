#include "harness/cli/determinism.hpp"

#include <cstdio>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <stdexcept>
#include <sys/personality.h>
#include <sys/wait.h>

#include "harness/cli/event_text.hpp"
#include "harness/cli/load.hpp"

namespace raceproof::cli {

namespace {

/// New processes get addresses of their own, also where this one was started without (a debugger
/// does that). A system that forbids the change leaves it as it is.
void randomize_addresses_of_children() {
  constexpr unsigned long only_ask = 0xffffffff;
  const int current = personality(only_ask);
  if (current == -1 || (current & ADDR_NO_RANDOMIZE) == 0) return;
  (void)personality(static_cast<unsigned long>(current) & ~ADDR_NO_RANDOMIZE);
}

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

/// Output, by lines, of a command of this program; nothing if the command failed.
std::optional<std::vector<std::string>> lines_of_child(const std::string& command) {
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot start another process of this program");
  std::vector<std::string> lines;
  std::string line;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
    if (c == '\n') {
      lines.push_back(std::exchange(line, {}));
    } else {
      line.push_back(static_cast<char>(c));
    }
  }
  const int status = pclose(pipe);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return std::nullopt;
  return lines;
}

/// The runs of one variant, here and in the other process.
class Comparison {
 public:
  Comparison(const scenario::Scenario& scenario, const scenario::ResolvedVariant& variant,
             const RunArguments& arguments, const std::atomic<bool>& interrupted)
      : scenario_(scenario),
        variant_(variant),
        arguments_(arguments),
        options_(campaign_options(arguments)) {
    options_.interrupted = &interrupted;
  }

  /// What differs, in one sentence; empty if nothing does.
  [[nodiscard]] std::string difference() const {
    const auto here = campaign::run_digests(variant_, options_);
    const auto there = lines_of_child(command(""));
    if (!there) return "the runs could not be repeated: the other process failed";
    const auto digest_there = [&](std::size_t run) {
      const std::string& line = (*there)[run];
      return line.substr(line.rfind(' ') + 1);
    };
    for (std::size_t run = 0; run < here.size() && run < there->size(); ++run) {
      if (digest_there(run) == fmt::format("{:016x}", here[run])) continue;
      return fmt::format("run {}, {}", run, difference_within(run));
    }
    if (here.size() == there->size()) return {};
    return fmt::format("{} runs here, {} in another process", here.size(), there->size());
  }

 private:
  [[nodiscard]] std::string difference_within(std::size_t run) const {
    std::vector<std::string> here;
    (void)campaign::repeat_run(variant_, options_, run,
                               [&](const trace::Trace& trace) { here = event_lines(trace); });
    const auto there = lines_of_child(command(fmt::format(" --events {}", run)));
    const auto event = there ? first_difference(here, *there) : std::string();
    if (!event.empty()) return event;
    return "differs in another process, but not when it is repeated by itself: something outlives "
           "the runs before it";
  }

  [[nodiscard]] std::string command(const std::string& more) const {
    const unsigned other_jobs = options_.jobs == 1 ? 2 : 1;
    std::string text = fmt::format("exec {} digest --seed {} --jobs {} --variant {}",
                                   quoted(std::filesystem::read_symlink("/proc/self/exe").string()),
                                   arguments_.seed, other_jobs, quoted(variant_.name));
    if (arguments_.runs) text += fmt::format(" --runs {}", *arguments_.runs);
    if (arguments_.preemptions) text += fmt::format(" --preemptions {}", *arguments_.preemptions);
    if (arguments_.classes) text += fmt::format(" --classes {}", *arguments_.classes);
    if (!arguments_.search.empty()) text += fmt::format(" --search {}", arguments_.search);
    return text + more + " -- " + quoted(scenario_.file());
  }

  const scenario::Scenario& scenario_;
  const scenario::ResolvedVariant& variant_;
  const RunArguments& arguments_;
  campaign::CampaignOptions options_;
};

}  // namespace

std::string first_difference(const std::vector<std::string>& here,
                             const std::vector<std::string>& there) {
  static const std::string nothing = "nothing more";
  for (std::size_t event = 0; event < here.size() || event < there.size(); ++event) {
    const std::string& mine = event < here.size() ? here[event] : nothing;
    const std::string& theirs = event < there.size() ? there[event] : nothing;
    if (mine == theirs) continue;
    return fmt::format("event {}: {} here; {} in another process", event, mine, theirs);
  }
  return {};
}

void check_determinism(const scenario::Scenario& scenario, const RunArguments& arguments,
                       campaign::ScenarioResult& result, const std::atomic<bool>& interrupted) {
  randomize_addresses_of_children();
  for (auto& variant : result.variants) {
    const bool cut_short =
        variant.reason == campaign::Reason::time || variant.reason == campaign::Reason::interrupted;
    if (cut_short) continue;
    const auto resolved = scenario.resolve(variant.name);
    const auto difference = Comparison(scenario, *resolved, arguments, interrupted).difference();
    if (interrupted) {  // Ctrl-C reaches the other process too
      if (variant.verdict != campaign::Verdict::pass) return;
      variant.verdict = campaign::Verdict::unknown;
      variant.reason = campaign::Reason::interrupted;
      variant.reason_text = "it was not compared with another process to the end";
      return;
    }
    if (difference.empty()) continue;
    variant.verdict = campaign::Verdict::fail;
    variant.reason = campaign::Reason::nondeterministic;
    variant.reason_text = difference;
  }
}

}  // namespace raceproof::cli
