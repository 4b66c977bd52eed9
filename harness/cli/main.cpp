// The `raceproof` command: its options, and nothing else. What the subcommands do is in
// commands.hpp.
#include <CLI/CLI.hpp>
#include <chrono>
#include <exception>
#include <fmt/format.h>
#include <unistd.h>

#include "fakes/agent/serve.hpp"
#include "fakes/auth/serve.hpp"
#include "fakes/auth/token.hpp"
#include "fakes/redis/serve.hpp"
#include "harness/cli/commands.hpp"

namespace {

using namespace raceproof;

void add_search_options(CLI::App& command, cli::RunArguments& arguments) {
  command.add_option("paths", arguments.paths, "Scenario files, or folders of them")
      ->required()
      ->check(CLI::ExistingPath);
  command.add_option("--variant", arguments.variants, "Only this variant (repeatable)")
      ->allow_extra_args(false);
  command.add_option("--seed", arguments.seed, "Seed of everything random")->capture_default_str();
  command.add_option("--runs", arguments.runs, "Sampled runs, in place of the scenario's number")
      ->check(CLI::PositiveNumber);
  command.add_option("--classes", arguments.classes, "Budget of classes of orders, likewise")
      ->check(CLI::PositiveNumber);
  command.add_option("--preemptions", arguments.preemptions,
                     "Several threads: how often a run may interrupt one, likewise");
  command
      .add_option("--search", arguments.search, "How to search, in place of what the scenario says")
      ->check(CLI::IsMember({"complete", "enumeration", "random", "pct", "baseline"}));
  command.add_option("--jobs", arguments.jobs, "Workers; 0 is one per core")->capture_default_str();
}

/// Prints a token of the fake auth service that is valid for a day.
int print_token(const std::string& user, const std::string& secret) {
  constexpr std::int64_t day = 24 * 60 * 60;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  fakes::auth::TokenSpec spec;
  spec.user = user;
  spec.now = std::chrono::duration_cast<std::chrono::seconds>(now).count();
  spec.expires_in = day;
  spec.secret = secret;
  fmt::print("{}\n", fakes::auth::make_token(spec));
  return 0;
}

int parse_and_run(int argc, char** argv) {
  CLI::App app{
      "raceproof reproduces race conditions deterministically and proves that their fixes hold.\n\n"
      "Exit codes: 0 pass, 1 fail, 2 unusable input, 3 unknown (of several: 2, 1, 3, 0)."};
  app.require_subcommand(1);
  app.set_version_flag("--version", RACEPROOF_VERSION);
  app.footer(
      "Examples:\n"
      "  raceproof run scenarios                       every scenario, reports in out/\n"
      "  raceproof run --variant without_grace FILE    one variant\n"
      "  raceproof replay out/failures/NAME.json       a saved failure, event by event\n"
      "  raceproof envelope --variant with_grace --min gateway.grace_period FILE\n"
      "                                                how long it has to be at the least\n"
      "  raceproof run --wall --worst-case FILE        the same on real TCP and the real clock\n"
      "  raceproof fake redis --port 6380              the fake Redis, for redis-cli\n"
      "  raceproof fake auth --token-for alice         a token that the fake auth service accepts");

  cli::RunArguments run;
  run.program = argv[0];
  auto* run_command = app.add_subcommand(
      "run",
      "Run scenarios and judge them.\n\nEvery variant is searched as its file says (complete: "
      "every "
      "order that the declared ranges allow), judged against its expectation, and reported on "
      "the terminal and in out/report.txt, out/result.json, out/junit.xml and "
      "out/failures/*.json.");
  add_search_options(*run_command, run);
  run_command->add_option("--time", run.seconds, "Wall-clock ceiling per variant, in seconds")
      ->check(CLI::PositiveNumber);
  run_command->add_option("--out", run.out, "Folder of the reports")->capture_default_str();
  run_command->add_flag("--verbose", run.verbose,
                        "Several scenarios: everything about each, as for one; otherwise a line "
                        "for each variant, and details of what is not as it must be");
  run_command->add_flag(
      "--determinism", run.determinism,
      "Repeat every run in another process, with another address layout and number "
      "of workers, and compare");
  run_command->add_flag(
      "--wall", run.wall,
      "Play on the wall clock: production runtime, loopback TCP, delays drawn from "
      "the ranges");
  run_command->add_flag("--worst-case", run.worst_case,
                        "With --wall: the longest delay of each range");
  run_command->add_option("--repeat", run.repeat, "With --wall: how many times")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();

  cli::ReplayArguments replay;
  auto* replay_command = app.add_subcommand(
      "replay",
      "Play one run event by event: virtual time, strand, what happened, and "
      "WebSocket, HTTP and RESP "
      "decoded.\n\nA saved failure is played with the decisions it holds, met by "
      "meaning; the answer "
      "is: reproduced (1), fixed for this interleaving (0), drifted at decision k "
      "and not shown (3), "
      "or no longer applicable (2). A scenario is played with the usual order and "
      "the shortest "
      "delays, or with --seed at random (1 if a check is violated, else 0).");
  replay_command->add_option("file", replay.file, "A saved failure (.json) or a scenario (.yaml)")
      ->required()
      ->check(CLI::ExistingFile);
  replay_command->add_option("--variant", replay.variant, "Which variant of a scenario");
  replay_command->add_option("--seed", replay.seed,
                             "Random orders and delays from this seed: of a scenario's run, of a "
                             "failure's continuations");
  replay_command
      ->add_option("--continuations", replay.continuations,
                   "Of a failure that is not reproduced: how many runs to try that follow it up to "
                   "the drift and are random from there on")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1'000'000}))
      ->capture_default_str();
  replay_command->add_option(
      "--save", replay.save,
      "Write the failure to this file as it shows now, to be kept in place of "
      "the old one");
  replay_command->add_flag("--observations", replay.observations_only,
                           "Only what components observe, without the bytes on the wire");

  cli::EnvelopeArguments envelope;
  auto* envelope_command = app.add_subcommand(
      "envelope",
      "Say for which values of one or two durations a variant can fail, must fail, or cannot.\n\n"
      "The variant is searched completely with those durations ranged; of every order the exact "
      "region is taken, and concrete runs on a grid check it. A duration is a parameter of the "
      "scenario (redis.stabilise) or any setting by its path (gateway.grace_period).");
  envelope_command->add_option("scenario", envelope.file, "A scenario file (.yaml)")
      ->required()
      ->check(CLI::ExistingFile);
  envelope_command->add_option("--variant", envelope.variant, "Which variant of the scenario");
  envelope_command->add_option("--x", envelope.x, "First axis: PARAM=LOW..HIGH");
  envelope_command->add_option("--y", envelope.y, "Second axis, likewise");
  envelope_command->add_option("--min", envelope.minimum,
                               "Least value of PARAM with which nothing fails (PARAM, or "
                               "PARAM=LOW..HIGH to say where to look)");
  envelope_command
      ->add_option("--scale", envelope.scales,
                   "With --min: and what it would be with the range of another parameter "
                   "multiplied (PARAM=FACTOR, repeatable)")
      ->allow_extra_args(false);
  envelope_command->add_flag("--margins", envelope.margins,
                             "How far each parameter, and each setting in which the variants "
                             "differ, may move alone before something fails");
  envelope_command->add_option("--csv", envelope.csv, "Write corners and grid to this file");
  envelope_command->add_option("--svg", envelope.svg, "Write a chart to this file");
  envelope_command->add_option("--json", envelope.json, "Write everything to this file");
  envelope_command->add_option("--seed", envelope.seed, "Seed of the concrete runs")
      ->capture_default_str();
  envelope_command->add_option(
      "--preemptions", envelope.preemptions,
      "Several threads: how often a run may interrupt one, in place of the scenario's");
  envelope_command
      ->add_option("--classes", envelope.classes, "Budget of classes, in place of the scenario's")
      ->check(CLI::PositiveNumber);
  envelope_command
      ->add_option("--time", envelope.seconds, "Wall-clock ceiling per search, in seconds")
      ->check(CLI::PositiveNumber);
  envelope_command->add_option("--jobs", envelope.jobs, "Workers; 0 is one per core")
      ->capture_default_str();
  envelope_command
      ->add_option("--grid", envelope.grid,
                   "Concrete runs at so many points along each axis; 0: none")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  envelope_command->add_option("--runs", envelope.runs, "Concrete runs at each point of the grid")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();

  std::vector<std::filesystem::path> list_paths;
  std::string tag;
  auto* list_command = app.add_subcommand("list", "List scenarios with their variants and tags");
  list_command->add_option("paths", list_paths, "Scenario files, or folders of them")
      ->required()
      ->check(CLI::ExistingPath);
  list_command->add_option("--tag", tag, "Only scenarios with this tag");

  std::vector<std::filesystem::path> lint_paths;
  auto* lint_command = app.add_subcommand(
      "lint", "Check scenario files without running them; says all that is wrong");
  lint_command->add_option("paths", lint_paths, "Scenario files, or folders of them")
      ->required()
      ->check(CLI::ExistingPath);

  auto* fake_command = app.add_subcommand("fake", "Serve a fake backend over TCP until Ctrl-C");
  fake_command->require_subcommand(1);
  fakes::redis::Settings redis;
  redis.host = "127.0.0.1";
  auto* redis_command = fake_command->add_subcommand("redis", "The fake Redis (RESP2)");
  redis_command->add_option("--host", redis.host, "Address to listen on")->capture_default_str();
  redis_command->add_option("--port", redis.port, "Port; 0 lets the system choose")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  fakes::agent::Settings agent;
  agent.listen.host = "127.0.0.1";
  auto* agent_command = fake_command->add_subcommand("agent", "The fake agent service (HTTP)");
  agent_command->add_option("--host", agent.listen.host, "Address to listen on")
      ->capture_default_str();
  agent_command->add_option("--port", agent.listen.port, "Port; 0 lets the system choose")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();

  fakes::auth::Settings auth;
  auth.listen.host = "127.0.0.1";
  auto* auth_command = fake_command->add_subcommand(
      "auth", "The fake auth service (HTTP: POST /validate, GET /jwks.json, GET /health)");
  auth_command->add_option("--host", auth.listen.host, "Address to listen on")
      ->capture_default_str();
  auth_command->add_option("--port", auth.listen.port, "Port; 0 lets the system choose")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  auth_command->add_option("--secret", auth.secret, "Secret of HS256")->capture_default_str();
  auth_command->add_option("--revoked", auth.revoked, "Users whose tokens are revoked");
  std::string token_for;
  auth_command->add_option("--token-for", token_for,
                           "Serve nothing: print a token of this user, valid for a day, and end");

  cli::RunArguments digest;
  auto* digest_command =
      app.add_subcommand("digest", "Print the digest of every run, a line each; equal everywhere");
  add_search_options(*digest_command, digest);
  std::optional<std::uint64_t> events_of;
  digest_command->add_option("--events", events_of,
                             "Instead, all events of the run of this number (from 0), a line each");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (*run_command) return cli::run(run);
  if (*replay_command) return cli::replay(replay);
  if (*envelope_command) return cli::envelope(envelope);
  if (*list_command) return cli::list(list_paths, tag);
  if (*lint_command) return cli::lint(lint_paths);
  if (*digest_command) return cli::digest(digest, events_of);
  if (*agent_command) return fakes::agent::serve(agent);
  if (*auth_command && !token_for.empty()) return print_token(token_for, auth.secret);
  if (*auth_command) return fakes::auth::serve(auth);
  return fakes::redis::serve(redis);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return parse_and_run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "raceproof: {}\n", error.what());
    return 2;
  }
}
