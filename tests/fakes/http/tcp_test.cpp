// The same client and server on the production runtime, over loopback: the object code that the
// simulated tests explore also speaks TCP.
#include <gtest/gtest.h>

#include "fakes/http/server.hpp"
#include "gateway/http_client.hpp"
#include "runtime/asio/runtime.hpp"

namespace raceproof::fakes::http::test {
namespace {

Awaitable<> lines_or_echo(Request request, Exchange& exchange) {
  if (request.target == "/lines") {
    co_await exchange.begin(200, "application/x-ndjson");
    for (int i = 0; i < 3; ++i) co_await exchange.chunk(std::to_string(i) + "\n");
    co_await exchange.end();
  } else {
    co_await exchange.answer(201, std::move(request.body));
  }
}

struct Seen {
  std::string whole;
  std::string lines;
};

Awaitable<> use(AsioRuntime& runtime, Server& server, Seen& seen) {
  const Endpoint at("127.0.0.1", co_await server.listening());
  gateway::HttpCall post;
  post.method = "POST";
  post.target = "/echo";
  post.body = std::string(100'000, 'x');
  const auto answer = co_await gateway::http_fetch(runtime, at, std::move(post));
  seen.whole = std::to_string(answer.status) + " " + std::to_string(answer.body.size());
  gateway::HttpCall get;
  get.target = "/lines";
  const auto lines = co_await gateway::http_lines(runtime, at, std::move(get));
  for (;;) {
    const auto line = co_await lines->next();
    if (!line) break;
    seen.lines += *line + ";";
  }
  co_await server.stop();
  runtime.stop();
}

TEST(OverTcp, WholeAndInLines) {
  AsioRuntime runtime({.threads = 2});
  ListenSettings settings;
  settings.host = "127.0.0.1";
  Server server(runtime, "service", settings, lines_or_echo);
  Seen seen;
  const auto control = runtime.make_strand("control");
  server.start();
  spawn(runtime, control, "use", use(runtime, server, seen));
  const auto work = runtime.keep_alive();
  runtime.run();
  EXPECT_FALSE(runtime.failed());
  EXPECT_EQ(seen.whole, "201 100000");
  EXPECT_EQ(seen.lines, "0;1;2;");
}

}  // namespace
}  // namespace raceproof::fakes::http::test
