// raceproof_load: loads a WebSocket server on the loopback interface and prints what was measured.
//
// Exit status: 0 every connection did what it was to do, 1 some did not (the table says which), 2
// options that cannot be used.
#include <CLI/CLI.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <cstdio>
#include <fstream>
#include <string>

#include "benchmarks/load/loads.hpp"
#include "benchmarks/load/process.hpp"
#include "benchmarks/load/report.hpp"

namespace raceproof::load {

namespace {

enum ExitStatus { exit_ok = 0, exit_problems = 1, exit_unusable = 2 };

/// What the command line gives beside `Options`, and in its units.
struct Arguments {
  Options options;
  double duration_s = 5;
  double warm_up_s = 0.5;
  double settle_s = 1;
  double time_out_s = 10;
  std::string token_file;
  std::string json_file;
};

std::chrono::milliseconds to_milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

void add_common(CLI::App& app, Arguments& arguments) {
  Options& options = arguments.options;
  app.add_option("--host", options.address, "Address of the server; loopback only")
      ->capture_default_str();
  app.add_option("--port", options.port, "Port of the server")->required();
  app.add_option("--path", options.path, "Path of the upgrade; {n} becomes a number")
      ->capture_default_str();
  app.add_option("--connections", options.connections, "Connections at once")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app.add_option("--token", options.tokens, "Sent as Authorization: Bearer; several: in turn");
  app.add_option("--token-file", arguments.token_file, "One token a line, used in turn");
  app.add_option("--first", options.first,
                 "Type of the frame that opens a session; without it, the upgrade does");
  app.add_option("--time-out", arguments.time_out_s, "Seconds for an upgrade, answer or close")
      ->check(CLI::Range(0.1, 600.0))
      ->capture_default_str();
  app.add_option("--pid", options.pid, "Of the server, to read its memory and processor time");
  app.add_option("--json", arguments.json_file, "Also write the result to this file");
}

void add_duration(CLI::App& app, Arguments& arguments) {
  app.add_option("--duration", arguments.duration_s, "Seconds that are measured")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  app.add_option("--count", arguments.options.count_max, "Ends after this many, if not before")
      ->capture_default_str();
}

bool read_tokens(Arguments& arguments) {
  if (arguments.token_file.empty()) return true;
  std::ifstream file(arguments.token_file);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) arguments.options.tokens.push_back(line);
  }
  return !arguments.options.tokens.empty();
}

/// What is wrong with the options as a whole; empty when they can be used.
std::string problem_with(const Options& options, std::size_t open_files) {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address_v4(options.address, error);
  if (error || !address.is_loopback()) return "--host must be an address of 127.0.0.0/8";
  if (open_files < options.connections + 32) {
    return "only " + std::to_string(open_files) + " open files are allowed here (ulimit -Hn)";
  }
  return {};
}

int report(const Result& result, const std::string& json_file) {
  std::fputs(to_table(result).c_str(), stdout);
  if (!json_file.empty()) {
    std::ofstream file(json_file, std::ios::binary);
    file << to_json(result);
    if (!file.flush()) {
      std::fprintf(stderr, "raceproof_load: cannot write %s\n", json_file.c_str());
      return exit_unusable;
    }
  }
  return result.problems.empty() && result.operations > 0 ? exit_ok : exit_problems;
}

int main_of(int argc, char** argv) {
  CLI::App app{"Loads a WebSocket server on the loopback interface."};
  app.require_subcommand(1);
  Arguments arguments;
  Options& options = arguments.options;
  auto* connect = app.add_subcommand("connect", "Sessions opened and closed, one after another");
  auto* messages = app.add_subcommand("messages", "Messages and answers on open sessions");
  auto* idle = app.add_subcommand("idle", "Memory of the server for each idle session");
  for (auto* load : {connect, messages, idle}) add_common(*load, arguments);
  add_duration(*connect, arguments);
  add_duration(*messages, arguments);
  messages->add_option("--message", options.text, "Text of each message")->capture_default_str();
  messages->add_option("--expect", options.expect,
                       "Type of the frame that answers; without it, any frame does");
  messages
      ->add_option("--rate", arguments.options.rate,
                   "Messages a second, all together; 0: each as soon as the last is answered")
      ->check(CLI::Range(0.0, 1e7));
  messages->add_option("--warm-up", arguments.warm_up_s, "Seconds before that are not measured")
      ->check(CLI::Range(0.0, 600.0))
      ->capture_default_str();
  idle->add_option("--settle", arguments.settle_s, "Seconds before memory is read")
      ->check(CLI::Range(0.0, 600.0))
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_ok : exit_unusable;
  }
  options.duration = to_milliseconds(arguments.duration_s);
  options.warm_up = to_milliseconds(arguments.warm_up_s);
  options.settle = to_milliseconds(arguments.settle_s);
  options.time_out = to_milliseconds(arguments.time_out_s);
  if (!read_tokens(arguments)) {
    std::fprintf(stderr, "raceproof_load: no token in %s\n", arguments.token_file.c_str());
    return exit_unusable;
  }
  if (const auto problem = problem_with(options, raise_open_files()); !problem.empty()) {
    std::fprintf(stderr, "raceproof_load: %s\n", problem.c_str());
    return exit_unusable;
  }
  const auto run = *connect ? run_connect : *messages ? run_messages : run_idle;
  return report(run(options), arguments.json_file);
}

}  // namespace

}  // namespace raceproof::load

int main(int argc, char** argv) {
  try {
    return raceproof::load::main_of(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "raceproof_load: %s\n", error.what());
    return 1;
  }
}
