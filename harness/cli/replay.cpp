// `raceproof replay`: one run, event by event.
#include "harness/campaign/replay.hpp"

#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>

#include "harness/campaign/failure_file.hpp"
#include "harness/campaign/runner.hpp"
#include "harness/campaign/why.hpp"
#include "harness/cli/answer_text.hpp"
#include "harness/cli/event_text.hpp"
#include "harness/cli/load.hpp"
#include "harness/trace/decode/decoder.hpp"

namespace raceproof::cli {

namespace {

std::string read_all(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Prints a trace in the order of events, with what was observed in each and what arrived.
class Printer {
 public:
  Printer(const trace::Trace& trace, bool with_bytes) : trace_(trace), with_bytes_(with_bytes) {
    for (std::size_t i = 0; i < trace.observations().size(); ++i) {
      observations_[trace.observations()[i].event].push_back(i);
    }
  }

  void print() {
    for (trace::EventId id = 0; id < trace_.events().size(); ++id) print_event(id);
  }

 private:
  void line(const trace::Event& event, std::string_view what) const {
    fmt::print("{:>12.3f} ms  {:<34} {}\n", static_cast<double>(event.time_ns) / 1e6,
               trace_.strand_name(event.strand), what);
  }

  void print_event(trace::EventId id) {
    const trace::Event& event = trace_.events()[id];
    switch (event.kind) {
      case trace::EventKind::timer:
        line(event, fmt::format("timer: {}", trace_.text(event.label)));
        break;
      case trace::EventKind::start:
      case trace::EventKind::process:
      case trace::EventKind::end:
        line(event, fmt::format("{}", trace_.text(event.label)));
        break;
      case trace::EventKind::connect:
        if (with_bytes_) line(event, "connect");
        break;
      case trace::EventKind::arrival:
        if (with_bytes_) print_arrival(event);
        break;
      default:
        break;
    }
    const auto observed = observations_.find(id);
    if (observed == observations_.end()) return;
    for (const std::size_t index : observed->second) {
      print_observation(event, trace_.observations()[index]);
    }
  }

  void print_arrival(const trace::Event& event) {
    if (event.payload == 0) return;
    const trace::Payload& payload = trace_.payloads()[event.payload - 1];
    if (payload.end != 0) {
      line(event, payload.end == 1 ? "<- end of stream" : "<- reset");
      return;
    }
    auto& decoder = decoders_[payload.connection];
    const auto lines = payload.to_server ? decoder.client_to_server(payload.bytes)
                                         : decoder.server_to_client(payload.bytes);
    for (const auto& text : lines) line(event, "<- " + text);
  }

  void print_observation(const trace::Event& event, const trace::ObservationRecord& record) const {
    trace::Event at = event;
    at.strand = record.strand;
    line(at, observation_text(trace_, record));
  }

  const trace::Trace& trace_;
  bool with_bytes_;
  std::map<trace::EventId, std::vector<std::size_t>> observations_;
  std::map<std::uint32_t, trace::ConnectionDecoder> decoders_;
};

/// What the checks say of the run that `runner` holds. True if one is violated.
bool print_findings(campaign::Runner& runner, const scenario::ResolvedVariant& variant,
                    const campaign::RunRecord& record) {
  const auto& trace = runner.world().trace();
  fmt::print("\nthe run ended: {}; digest {:016x}\n", sim::name_of(record.end), record.digest);
  if (!runner.world().failure().empty()) fmt::print("{}\n", runner.world().failure());
  bool violated = campaign::is_broken(record.end);
  for (std::size_t i = 0; i < variant.checks.size(); ++i) {
    const auto& finding = runner.findings()[i];
    const bool guard = variant.checks[i].kind == check::Check::Kind::sometimes;
    if (variant.checks[i].built_in && !finding.violated) continue;
    const char* word = guard ? (finding.seen ? "seen    " : "not seen")
                             : (finding.violated ? "VIOLATED" : "held    ");
    fmt::print("{}  {}\n", word, variant.checks[i].text);
    if (!guard && finding.violated) {
      violated = true;
      fmt::print("          {}\n",
                 campaign::explain(trace, *runner.world().steps(), variant.checks[i], finding));
    }
  }
  return violated;
}

/// Writes the failure as it shows now.
void save_again(campaign::FailureReplay& player, const campaign::Replay& replay,
                const campaign::ReplayOptions& options, const std::filesystem::path& path) {
  const auto saved = player.save_again(replay, options);
  if (!saved) {
    fmt::print(stderr, "{}: not written: no run shows the failure\n", path.string());
    return;
  }
  std::ofstream file(path);
  file << campaign::write_failure(*saved);
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
  fmt::print(stderr, "saved as it shows now: {}\n", path.string());
}

int replay_failure(const ReplayArguments& arguments) {
  auto failure = campaign::read_failure(read_all(arguments.file), arguments.file.string());
  const auto variant = campaign::variant_of(failure);
  if (!variant) {
    fmt::print(stderr, "{}: no longer applicable: {}\n", arguments.file.string(), variant.error());
    return 2;
  }
  fmt::print("{} / {}: {}\n{}\n\n", failure.scenario, failure.variant, failure.check,
             failure.cause);
  campaign::FailureReplay player(std::move(failure), *variant);
  const campaign::ReplayOptions options = {.continuations = arguments.continuations,
                                           .seed = arguments.seed.value_or(1)};
  const auto replay = player.play(options);
  const auto read = player.read_class(replay, options);
  const auto show = [&](const campaign::RunRecord& record) {
    Printer(player.runner().world().trace(), !arguments.observations_only).print();
    (void)print_findings(player.runner(), player.variant(), record);
  };
  show(player.show_followed(replay));
  if (replay.continuations.first) {
    fmt::print("\ncontinuation {}, the first that shows it\n\n", *replay.continuations.first + 1);
    show(player.show_continuation(replay, options, *replay.continuations.first));
  }
  fmt::print("\n{}", answer_text(player.failure(), replay, options, read));
  if (!arguments.save.empty()) save_again(player, replay, options, arguments.save);
  return replay.exit_code();
}

int replay_scenario(const ReplayArguments& arguments) {
  if (!arguments.save.empty()) {
    fmt::print(stderr,
               "--save is for saved failures (.json); `raceproof run` saves a scenario's\n");
    return 2;
  }
  const auto loaded = scenario::load(arguments.file);
  if (!loaded) {
    for (const auto& diagnostic : loaded.error()) fmt::print(stderr, "{}\n", print(diagnostic));
    return 2;
  }
  const auto names = (*loaded)->variant_names();
  std::string name = arguments.variant;
  if (name.empty() && names.size() == 1) name = names.front();
  const auto variant = (*loaded)->resolve(name);
  if (!variant) {
    std::string known;
    for (const auto& candidate : names) known += " " + candidate;
    fmt::print(stderr, "{}: {}; choose one with --variant:{}\n", arguments.file.string(),
               name.empty() ? "it has several variants" : "no variant '" + name + "'", known);
    return 2;
  }
  campaign::Runner runner(*variant, arguments.seed.value_or(1));
  explore::BaselineDecider baseline;
  explore::RandomDecider random(arguments.seed.value_or(1));
  sim::Decider& decider = arguments.seed ? static_cast<sim::Decider&>(random) : baseline;
  const auto record = runner.run(sim::TimeMode::concrete, decider, {.keep_payloads = true});
  Printer(runner.world().trace(), !arguments.observations_only).print();
  return print_findings(runner, *variant, record) ? 1 : 0;
}

}  // namespace

int replay(const ReplayArguments& arguments) {
  const bool saved = arguments.file.extension() == ".json";
  return saved ? replay_failure(arguments) : replay_scenario(arguments);
}

}  // namespace raceproof::cli
