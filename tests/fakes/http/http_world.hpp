// A simulated world with one HTTP server ("service", port 80) and one client.
#pragma once

#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <string>

#include "fakes/http/server.hpp"
#include "harness/explore/decisions.hpp"
#include "harness/sim/world.hpp"
#include "runtime/task.hpp"

namespace raceproof::fakes::http::test {

class HttpWorld {
 public:
  /// What a client does; the run ends when it returns.
  using Body = std::function<Awaitable<>(Runtime&)>;
  using MakeHandler = std::function<Handler(Runtime&)>;

  explicit HttpWorld(MakeHandler make_handler) : make_handler_(std::move(make_handler)) {
    settings.host = "service";
    settings.port = 80;
    options.horizon = std::chrono::seconds(100);
  }
  ~HttpWorld() { world.end(); }
  HttpWorld(const HttpWorld&) = delete;
  HttpWorld& operator=(const HttpWorld&) = delete;

  /// Runs until the client is done; with `stop_when_done` off, until the horizon.
  sim::RunEnd run(Body body, sim::Decider& decider) {
    body_ = std::move(body);
    world.begin(options, decider);
    world.add_process({.name = settings.host,
                       .start =
                           [this](Runtime& runtime, const Executor&) {
                             server = std::make_unique<Server>(runtime, "service", settings,
                                                               make_handler_(runtime));
                             server->start();
                           },
                       .destroy = [this] { server.reset(); }});
    world.add_process(
        {.name = "client",
         .cold_start = std::chrono::milliseconds(1),
         .start = [this](Runtime& runtime,
                         const Executor& root) { spawn(runtime, root, "client", play(runtime)); },
         .destroy = [] {}});
    const auto end = world.run();
    end_ms = world.now_ns() / 1'000'000;
    failure = world.failure();
    waiting.clear();
    for (const auto& one : world.waiting()) waiting.push_back(one.text());
    world.end();
    return end;
  }
  sim::RunEnd run(Body body) {
    explore::BaselineDecider decider;
    return run(std::move(body), decider);
  }

  sim::World world;
  sim::RunOptions options;
  ListenSettings settings;
  bool stop_when_done = true;
  std::unique_ptr<Server> server;  ///< while a run lasts
  std::string failure;
  std::vector<std::string> waiting;  ///< what was still waited for when the run ended
  std::int64_t end_ms = 0;

 private:
  Awaitable<> play(Runtime& runtime) {
    co_await body_(runtime);
    if (stop_when_done) world.stop();
  }

  MakeHandler make_handler_;
  Body body_;
};

/// The same handler in every run; it needs no runtime.
inline HttpWorld::MakeHandler always(Handler handler) {
  return [handler](Runtime&) { return handler; };
}

}  // namespace raceproof::fakes::http::test
