// The server: the gateway core on the production runtime.
//
// Exit status: 0 after an orderly shutdown (SIGTERM, SIGINT), 1 when it could not start or failed
// while it served, 2 when the configuration cannot be used.
#include <CLI/CLI.hpp>
#include <boost/asio/signal_set.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "adapters/postgres/postgres_database.hpp"
#include "gateway/gateway.hpp"
#include "gateway/settings.hpp"
#include "runtime/asio/runtime.hpp"
#include "runtime/settings_yaml.hpp"
#include "runtime/task.hpp"

namespace raceproof::gateway {

namespace {

enum ExitStatus { exit_ok = 0, exit_failed = 1, exit_unusable = 2 };

void append_value(std::string& line, const FieldValue& value) {
  std::visit(
      [&line](const auto& v) {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, bool>) {
          line += v ? "true" : "false";
        } else if constexpr (std::is_same_v<T, std::string_view>) {
          line.append(1, '"').append(v).append(1, '"');
        } else if constexpr (std::is_same_v<T, std::int64_t>) {
          line += std::to_string(v);
        } else {
          line.append(std::to_string(v.to_ns() / 1000)).append("us");
        }
      },
      value);
}

/// One observation as a line of standard error: seconds since the start, strand, name, fields.
void log_observation(const Observation& observation, std::string_view strand, std::int64_t at_ns) {
  char time[32];
  std::snprintf(time, sizeof time, "%.6f", static_cast<double>(at_ns) / 1e9);
  std::string line(time);
  line.append(1, ' ').append(strand).append(1, ' ').append(observation.name);
  for (const Field& field : observation.fields) {
    line.append(1, ' ').append(field.key).append(1, '=');
    append_value(line, field.value);
  }
  std::fprintf(stderr, "%s\n", line.c_str());
}

std::string environment_variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

/// What the file leaves open, the process's environment says.
void take_environment_variables(Settings& settings) {
  const auto take = [](std::string& value, const char* name) {
    if (value.empty()) value = environment_variable(name);
  };
  take(settings.environment, "ENVIRONMENT");
  take(settings.k_service, "K_SERVICE");
  take(settings.google_cloud_project, "GOOGLE_CLOUD_PROJECT");
  take(settings.gae_application, "GAE_APPLICATION");
}

/// Reads `path`, or only the defaults when it is empty. Nothing when it cannot be used.
std::optional<Settings> load(const std::string& path) {
  Settings settings;
  if (!path.empty()) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
      std::fprintf(stderr, "gatewayd: cannot read %s\n", path.c_str());
      return std::nullopt;
    }
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto diagnostics = read_settings(text, path, settings);
    for (const Diagnostic& diagnostic : diagnostics) {
      std::fprintf(stderr, "%s\n", print(diagnostic).c_str());
    }
    if (has_errors(diagnostics)) return std::nullopt;
  }
  take_environment_variables(settings);
  const auto found = problems(settings);
  for (const std::string& problem : found) {
    std::fprintf(stderr, "%s: %s\n", path.empty() ? "gatewayd" : path.c_str(), problem.c_str());
  }
  if (!found.empty()) return std::nullopt;
  return settings;
}

/// What lies outside of the gateway, as the settings name it.
Ports make_ports(Runtime& runtime, const Settings& settings) {
  Ports ports;
  const DatabaseSettings& database = settings.database;
  if (database.host) {
    postgres::Options options;
    options.host = *database.host;
    options.port = database.port;
    options.user = database.user;
    options.password = database.password.value_or("");
    options.database = database.name;
    options.application = settings.instance;
    ports.database = std::make_unique<postgres::PostgresDatabase>(runtime, std::move(options));
  }
  return ports;
}

/// Runs the gateway and stops the runtime when it is over.
Awaitable<> serve(Gateway& gateway, AsioRuntime& runtime, asio::signal_set& signals, int& status) {
  try {
    co_await gateway.run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gatewayd: %s\n", error.what());
    status = exit_failed;
  }
  // Nothing else keeps the runtime busy.
  asio::post(runtime.context(), [&signals] { signals.cancel(); });
}

int run(const Settings& settings) {
  AsioOptions options;
  options.threads = static_cast<int>(settings.threads);
  options.name = settings.instance;
  options.observer = log_observation;
  AsioRuntime runtime(std::move(options));
  int status = exit_ok;
  Gateway gateway(runtime, settings, make_ports(runtime, settings));
  asio::signal_set signals(runtime.context(), SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (!error) gateway.shutdown();
  });
  spawn(runtime, gateway.strand(), "gatewayd", serve(gateway, runtime, signals, status));
  runtime.run();
  return runtime.failed() ? exit_failed : status;
}

}  // namespace

int gatewayd(int argc, char** argv) {
  CLI::App app{
      "A WebSocket gateway: /ws for clients, /health/live, /health/ready and /health/startup "
      "for probes. Logs to standard error; SIGTERM shuts it down in order."};
  std::string config;
  bool check = false;
  bool print_config = false;
  app.add_option("--config", config, "YAML file with the settings; without it, the defaults");
  app.add_flag("--check", check, "Read the settings, say what is wrong with them, and end");
  app.add_flag("--print-config", print_config, "Print the settings in effect, explained, and end");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_ok : exit_unusable;
  }
  const auto settings = load(config);
  if (!settings) return exit_unusable;
  if (print_config) {
    std::fputs(write_settings(with_profile(*settings), true).c_str(), stdout);
    return exit_ok;
  }
  return check ? exit_ok : run(*settings);
}

}  // namespace raceproof::gateway

int main(int argc, char** argv) { return raceproof::gateway::gatewayd(argc, argv); }
