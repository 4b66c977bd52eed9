// A database server and some clients in one simulated world.
#pragma once

#include <chrono>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fakes/database/client.hpp"
#include "fakes/database/server.hpp"
#include "harness/explore/decisions.hpp"
#include "harness/sim/world.hpp"
#include "runtime/task.hpp"

namespace raceproof::fakes::database::test {

/// What the client process does; the run ends when it returns.
using Body = std::function<Awaitable<>(Runtime&, Executor, Client&)>;

struct Outcome {
  sim::RunEnd end = sim::RunEnd::quiescent;
  std::string failure;
  std::vector<std::string> observed;  ///< "name{key=value, ...}" of the database's observations

  [[nodiscard]] std::size_t count(const std::string& what) const {
    std::size_t found = 0;
    for (const auto& line : observed) found += line.find(what) != std::string::npos ? 1 : 0;
    return found;
  }
};

inline std::string text_of(const Observation& observation) {
  std::string text(observation.name);
  text += "{";
  for (const auto& field : observation.fields) {
    text += (text.ends_with('{') ? "" : ", ") + std::string(field.key) + "=";
    if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
      text += std::to_string(*number);
    } else if (const auto* flag = std::get_if<bool>(&field.value)) {
      text += *flag ? "true" : "false";
    } else if (const auto* word = std::get_if<std::string_view>(&field.value)) {
      text += *word;
    }
  }
  return text + "}";
}

class DatabaseWorld {
 public:
  explicit DatabaseWorld(Settings settings = {}) : settings_(std::move(settings)) {}
  ~DatabaseWorld() { world.end(); }
  DatabaseWorld(const DatabaseWorld&) = delete;
  DatabaseWorld& operator=(const DatabaseWorld&) = delete;

  /// Plays `body` in the process "gateway", which `kill_at` may end (0: not).
  Outcome run(const Body& body, std::uint32_t event_limit = 100'000) {
    Outcome outcome;
    sim::RunOptions options;
    options.event_limit = event_limit;
    options.horizon = std::chrono::minutes(10);
    options.on_observation = [&](const Observation& observation) {
      if (observation.name.starts_with("db_")) outcome.observed.push_back(text_of(observation));
    };
    world.begin(options, decider_);
    add_server();
    world.add_process({.name = "gateway",
                       .cold_start = std::chrono::milliseconds(1),
                       .start =
                           [&](Runtime& runtime, const Executor& root) {
                             client_ =
                                 std::make_unique<Client>(runtime, Endpoint("database", 5432));
                             spawn(runtime, root, "body", play(runtime, root, body));
                           },
                       .destroy = [&] { client_.reset(); }});
    if (prepare) prepare(world);
    outcome.end = world.run();
    outcome.failure = world.failure();
    world.end();
    return outcome;
  }

  sim::World world;
  /// Adds to the world before it runs.
  std::function<void(sim::World&)> prepare;

 private:
  void add_server() {
    world.add_process({.name = "database",
                       .start =
                           [&](Runtime& runtime, const Executor& root) {
                             server_ = std::make_unique<Server>(runtime, settings_);
                             spawn(runtime, root, "database", server_->run());
                           },
                       .destroy = [&] { server_.reset(); }});
  }

  Awaitable<> play(Runtime& runtime, Executor root, const Body& body) {
    co_await body(runtime, root, *client_);
    world.stop();
  }

  Settings settings_;
  explore::BaselineDecider decider_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Client> client_;
};

using SessionPointer = std::unique_ptr<gateway::database::Session>;

/// Runs a statement; its values as text, or SQLSTATE.
inline Awaitable<std::string> say(SessionPointer& session, std::string sql,
                                  std::vector<Value> parameters = {}) {
  std::string answer;
  try {
    const auto rows = co_await session->query(sql, std::move(parameters));
    answer = std::to_string(rows.affected);
    for (const auto& row : rows.rows) {
      for (const auto& value : row) answer += " " + value.value_or("NULL");
    }
  } catch (const Error& error) {
    answer = error.sqlstate();
  }
  co_return answer;
}

}  // namespace raceproof::fakes::database::test
