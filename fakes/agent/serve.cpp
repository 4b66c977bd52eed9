#include "fakes/agent/serve.hpp"

#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>

#include "fakes/agent/server.hpp"
#include "runtime/asio/runtime.hpp"
#include "runtime/task.hpp"

namespace raceproof::fakes::agent {
namespace {

Awaitable<> announce(Server& server, std::string host) {
  const auto port = co_await server.listening();
  std::printf("fake agent service on %s:%u; Ctrl-C ends it\n", host.c_str(), unsigned{port});
  std::fflush(stdout);
}

Awaitable<> shut_down(Server& server, AsioRuntime& runtime) {
  co_await server.stop();
  runtime.stop();
}

}  // namespace

int serve(const Settings& settings) {
  AsioRuntime runtime({.name = "agent"});
  const auto control = runtime.make_strand("control");
  Server server(runtime, settings);
  asio::signal_set signals(runtime.context(), SIGINT, SIGTERM);
  signals.async_wait([&](ErrorCode error, int) {
    if (!error) spawn(runtime, control, "shutdown", shut_down(server, runtime));
  });
  server.start();
  spawn(runtime, control, "announce", announce(server, settings.listen.host));
  runtime.run();
  return runtime.failed() ? 1 : 0;
}

}  // namespace raceproof::fakes::agent
