// Programs of actors: all that a step touches is the actor that its message arrives at.
#include <fmt/format.h>

#include "tests/zoo/catalogue.hpp"

namespace raceproof::zoo {

using explore::Stage;

// n messages to one actor, from different senders.
Program fan_in(int senders) {
  return {[senders](Stage& stage) {
    const auto sink = stage.strand("sink");
    std::int64_t& order = stage.local();
    for (int sender = 1; sender <= senders; ++sender) {
      stage.step(sink, [&order, sender] { order = order * 10 + sender; });
    }
  }};
}

// The messages of one sender arrive in the order in which they were sent.
Program fan_in_fifo(int senders, int messages) {
  return {[senders, messages](Stage& stage) {
    const auto sink = stage.strand("sink");
    std::int64_t& order = stage.local();
    for (int sender = 1; sender <= senders; ++sender) {
      auto& channel = stage.channel(sink, fmt::format("from {}", sender));
      for (int i = 0; i < messages; ++i) {
        channel.send([&order, sender] { order = order * 10 + sender; });
      }
    }
  }};
}

// Each client asks a server for its value and sets it to one more.
Program actor_lost_update(int clients) {
  return {[clients](Stage& stage) {
    const auto server = stage.strand("server");
    std::int64_t& value = stage.local();
    for (int i = 0; i < clients; ++i) {
      const auto client = stage.strand(fmt::format("client {}", i));
      stage.step(server, [&stage, &value, server, client] {
        stage.step(client, [&stage, &value, server, got = value] {
          stage.step(server, [&value, got] { value = got + 1; });
        });
      });
    }
  }};
}

namespace {

/// The actors of a cold start. Each function is what an arriving message does.
struct ColdStart {
  ColdStart(Stage& on, bool fix)
      : stage(on),
        fixed(fix),
        proxy(on.strand("proxy")),
        backend(on.strand("backend")),
        worked(on.local()),
        stopped(on.local()) {}

  void request() {
    if (!asked) {
      asked = starting = true;
      stage.step(backend, [this] { start(); });
      stage.step(proxy, [this] { grace(); });
    }
    if (up) {
      dispatch();
    } else {
      ++queued;
    }
  }
  void ready() {
    starting = false;
    up = true;
    for (; queued > 0; --queued) dispatch();
  }
  void grace() {
    if (in_flight > 0 || (fixed && starting)) return;
    up = false;
    stage.step(backend, [this] { stopped = 1; });
  }
  void dispatch() {
    ++in_flight;
    stage.step(backend, [this] { work(); });
  }
  void start() {
    stage.step(proxy, [this] { ready(); });
  }
  void work() {
    stage.require(stopped == 0);
    ++worked;
    stage.step(proxy, [this] { --in_flight; });
  }

  Stage& stage;
  const bool fixed;
  const Stage::Strand proxy;
  const Stage::Strand backend;
  // The proxy's.
  bool asked = false;
  bool starting = false;
  bool up = false;
  int queued = 0;
  int in_flight = 0;
  // The backend's.
  std::int64_t& worked;
  std::int64_t& stopped;
};

}  // namespace

Program cold_start(int clients, bool fixed) {
  return {[clients, fixed](Stage& stage) {
    auto& actors = stage.keep<ColdStart>(stage, fixed);
    for (int i = 0; i < clients; ++i) {
      stage.step(actors.proxy, [&actors] { actors.request(); });
    }
  }};
}

}  // namespace raceproof::zoo
