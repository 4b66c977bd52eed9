// The server as its clients see it byte by byte, simulated. Passing means: keep-alive, pipelining
// and bad requests are handled as HTTP/1.1 says, outages cut connections, and stopping leaves
// nothing behind.
#include "fakes/http/server.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include "tests/fakes/http/http_world.hpp"

namespace raceproof::fakes::http::test {
namespace {

using namespace std::chrono_literals;

/// Sends bytes and reads until the server ends the connection.
Awaitable<> talk(Runtime& runtime, std::string bytes, std::string& answered) {
  Stream stream = co_await runtime.connect(Endpoint("service", 80));
  co_await asio::async_write(stream, asio::buffer(bytes), use_awaitable);
  char piece[4096];
  for (;;) {
    ErrorCode error;
    const auto size = co_await stream.async_read_some(asio::buffer(piece),
                                                      asio::redirect_error(use_awaitable, error));
    if (error) break;
    answered.append(piece, size);
  }
}

Awaitable<> say_path(Request request, Exchange& exchange) {
  co_await exchange.answer(200, std::string(request.path()));
}

std::string answer_to(std::string bytes, Handler handler = say_path) {
  HttpWorld world(always(std::move(handler)));
  std::string answered;
  const auto end = world.run([&](Runtime& runtime) { return talk(runtime, bytes, answered); });
  EXPECT_EQ(end, sim::RunEnd::stopped) << world.failure;
  return answered;
}

std::string answer_of(std::string_view status, std::string_view connection, std::string_view body) {
  std::string out = "HTTP/1.1 ";
  out.append(status).append("\r\nServer: raceproof-fake\r\nConnection: ").append(connection);
  out.append("\r\nContent-Type: application/json\r\nContent-Length: ");
  return out.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
}

// Two requests sent at once are answered in order; the second one ends the connection.
TEST(Server, KeepsAliveAndPipelines) {
  EXPECT_EQ(answer_to("GET /a?q HTTP/1.1\r\nHost: x\r\n\r\n"
                      "GET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
            answer_of("200 OK", "keep-alive", "/a") + answer_of("200 OK", "close", "/b"));
}

TEST(Server, AnswersWhatIsNoRequest) {
  const std::string refusal = R"({"error":"bad_request"})";
  EXPECT_EQ(answer_to("hello\r\n\r\n"), answer_of("400 Bad Request", "close", refusal));
  EXPECT_TRUE(answer_to("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n")
                  .starts_with("HTTP/1.1 431 "));
  EXPECT_TRUE(answer_to("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n")
                  .starts_with("HTTP/1.1 413 "));
}

Awaitable<> say_nothing(Request, Exchange&) { co_return; }

TEST(Server, AnswersForAHandlerThatDoesNot) {
  EXPECT_EQ(answer_to("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", say_nothing),
            answer_of("500 Internal Server Error", "close", R"({"error":"no_answer"})"));
}

Awaitable<> say_teapot(Request, Exchange& exchange) {
  std::vector<Header> headers{{"Content-Type", "text/plain"}, {"Retry-After", "1"}};
  co_await exchange.answer(799, "short and stout", std::move(headers));
}

// Any status may be answered, also one that has no name.
TEST(Server, AnswersAnyStatusWithHeaders) {
  const auto answered =
      answer_to("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", say_teapot);
  EXPECT_TRUE(answered.starts_with("HTTP/1.1 799 \r\n")) << answered;
  EXPECT_NE(answered.find("\r\nContent-Type: text/plain\r\nRetry-After: 1\r\n"), std::string::npos);
  EXPECT_EQ(answered.find("application/json"), std::string::npos);
}

// During an outage connections are reset and refused; afterwards all is well.
TEST(Server, HoldsOutages) {
  HttpWorld world(always(say_path));
  world.settings.drop_connections = {{50ms, 100ms}};
  std::string idle_ended_at;
  bool refused = false;
  std::string after;
  world.run([&](Runtime& runtime) -> Awaitable<> {
    Stream idle = co_await runtime.connect(Endpoint("service", 80));
    char byte = 0;
    ErrorCode error;
    co_await idle.async_read_some(asio::buffer(&byte, 1),
                                  asio::redirect_error(use_awaitable, error));
    idle_ended_at = error.message();
    error.clear();
    co_await runtime.connect(Endpoint("service", 80), asio::redirect_error(use_awaitable, error));
    refused = static_cast<bool>(error);
    co_await runtime.sleep_for(200ms, "outage");
    co_await talk(runtime, "GET /c HTTP/1.0\r\n\r\n", after);
  });
  EXPECT_EQ(idle_ended_at, "Connection reset by peer");
  EXPECT_TRUE(refused);
  EXPECT_EQ(after, answer_of("200 OK", "close", "/c"));
}

// Before its first request a connection waits for as long as `connect` says.
TEST(Server, WaitsBeforeTheFirstRequestOnly) {
  HttpWorld world(always(say_path));
  world.settings.connect = {30ms, 30ms};
  std::string answered;
  world.run([&](Runtime& runtime) {
    return talk(runtime,
                "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
                "GET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                answered);
  });
  EXPECT_NE(answered.find("/b"), std::string::npos);
  EXPECT_GE(world.end_ms, 30);
  EXPECT_LT(world.end_ms, 60);
}

Handler never_answers(Runtime& runtime) {
  return [&runtime](Request, Exchange&) -> Awaitable<> {
    co_await runtime.sleep_until(Instant::max(), "for ever");
  };
}

// `stop` ends handlers that are at work and connections that are idle; then nothing is left.
TEST(Server, StopLeavesNothing) {
  HttpWorld world(never_answers);
  std::string busy;
  bool stopped = false;
  world.stop_when_done = false;
  const auto end = world.run([&](Runtime& runtime) -> Awaitable<> {
    Stream idle = co_await runtime.connect(Endpoint("service", 80));
    co_await runtime.sleep_for(1ms, "connected");
    spawn(runtime, world.server->strand(), "stop", [](HttpWorld& w, bool& done) -> Awaitable<> {
      co_await w.server->stop();
      done = true;
    }(world, stopped));
    co_await talk(runtime, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", busy);
  });
  EXPECT_EQ(end, sim::RunEnd::horizon) << world.failure;
  EXPECT_TRUE(stopped);
  EXPECT_EQ(world.waiting, std::vector<std::string>());
  EXPECT_EQ(busy, "");
}

}  // namespace
}  // namespace raceproof::fakes::http::test
