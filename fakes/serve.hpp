// A fake as a program on TCP, for the command line and for trying things by hand.
#pragma once

#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <string>
#include <utility>

#include "runtime/asio/runtime.hpp"
#include "runtime/task.hpp"

namespace raceproof::fakes {

namespace detail {

template <class Server>
Awaitable<> announce(Server& server, std::string what, std::string host, std::string hint) {
  const auto port = co_await server.listening();
  std::printf("%s on %s:%u; Ctrl-C ends it\n%s", what.c_str(), host.c_str(), unsigned{port},
              hint.c_str());
  std::fflush(stdout);
}

template <class Server>
Awaitable<> shut_down(Server& server, AsioRuntime& runtime) {
  co_await server.stop();
  runtime.stop();
}

}  // namespace detail

/// Serves on TCP until SIGINT or SIGTERM. Prints `what` ("fake Redis") and where it listens, then
/// `hint`, whole lines or nothing. Returns the exit status: 0, or 1 when it could not listen or
/// something failed.
template <class Server, class Settings>
int serve_on_tcp(const Settings& settings, std::string host, std::string what,
                 std::string hint = {}) {
  AsioRuntime runtime({.name = "fake"});
  const auto control = runtime.make_strand("control");
  Server server(runtime, settings);
  asio::signal_set signals(runtime.context(), SIGINT, SIGTERM);
  signals.async_wait([&](ErrorCode error, int) {
    if (!error) spawn(runtime, control, "shutdown", detail::shut_down(server, runtime));
  });
  server.start();
  spawn(runtime, control, "announce",
        detail::announce(server, std::move(what), std::move(host), std::move(hint)));
  runtime.run();
  return runtime.failed() ? 1 : 0;
}

}  // namespace raceproof::fakes
