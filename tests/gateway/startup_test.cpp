// Startup and plain HTTP on the production runtime. Passing means: the seven phases run in order, a
// failed one ends the process with a clear message, and HTTP errors are answered as they should be.
#include <gtest/gtest.h>

#include "tests/gateway/websocket_client.hpp"
#include "tests/gateway/world.hpp"

namespace raceproof::gateway::testing {
namespace {

using std::chrono::milliseconds;

bool starts_with(const std::string& text, std::string_view start) {
  return text.starts_with(start);
}

// Listening comes first, then the seven phases, each completed before the next begins.
TEST(Startup, RunsSevenPhases) {
  World world;
  ASSERT_TRUE(world.saw("startup_phase phase=finalize status=complete"));
  for (const auto* phase :
       {"init", "dependencies", "database", "cache", "services", "websocket", "finalize"}) {
    EXPECT_EQ(world.count(std::string("phase=") + phase + " status=begin"), 1U) << phase;
    EXPECT_EQ(world.count(std::string("phase=") + phase + " status=complete"), 1U) << phase;
  }
}

// A required phase that fails stops the process; the message names the phase and the reason.
TEST(Startup, FailedPhaseStopsTheProcess) {
  Settings settings = quick_settings();
  settings.instance.clear();
  World world({}, settings);
  EXPECT_EQ(world.ended(), "startup failed in phase init: instance: must not be empty");
  EXPECT_EQ(world.count("phase=dependencies"), 0U);
}

// A Redis that is not there fails no phase; the manager goes on trying.
TEST(Startup, SurvivesWithoutRedis) {
  Settings settings = quick_settings();
  World world({}, settings);
  world.redis().stop();
  ASSERT_TRUE(world.saw("startup_phase phase=finalize status=complete"));
  EXPECT_EQ(world.count("status=failed"), 0U);
}

// An address in use is an error of run(), not a hang.
TEST(Startup, AddressInUse) {
  World first;
  Settings settings = quick_settings();
  settings.listen.port = first.port();
  World second({}, settings);
  EXPECT_NE(second.ended(), "");
}

// Unknown paths, wrong methods, a plain GET of /ws and nonsense each get their status.
TEST(Http, AnswersErrors) {
  World world;
  const auto port = world.port();
  EXPECT_TRUE(starts_with(http_get(port, "/nope"), "HTTP/1.1 404"));
  EXPECT_TRUE(starts_with(http_get(port, "/ws"), "HTTP/1.1 426"));
  EXPECT_TRUE(starts_with(
      http_exchange(port, "POST /health/live HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"),
      "HTTP/1.1 405"));
  EXPECT_TRUE(starts_with(http_exchange(port, "\x01\r\n\r\n"), "HTTP/1.1 400"));
  EXPECT_TRUE(starts_with(
      http_exchange(port, "GET / HTTP/1.1\r\nX: " + std::string(9000, 'a') + "\r\n\r\n"),
      "HTTP/1.1 431"));
}

// One connection serves one request after another.
TEST(Http, KeepsAlive) {
  World world;
  const std::string twice =
      "GET /health/live HTTP/1.1\r\nHost: h\r\n\r\nGET /nope HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string answers = http_exchange(world.port(), twice, 2);
  EXPECT_TRUE(starts_with(answers, "HTTP/1.1 200"));
  EXPECT_NE(answers.find("HTTP/1.1 404"), std::string::npos);
}

// Half a request is answered with 408 when its time is up; silence is only closed.
TEST(Http, SlowRequest) {
  Settings settings = quick_settings();
  settings.limits.request_timeout = milliseconds(100);
  World world({}, settings);
  EXPECT_TRUE(starts_with(http_exchange(world.port(), "GET /health/live HT"), "HTTP/1.1 408"));
  EXPECT_EQ(http_exchange(world.port(), ""), "");
}

// Beyond the limit of connections an upgrade is refused, before any session is made.
TEST(Http, LimitsSessions) {
  Settings settings = quick_settings();
  settings.limits.max_sessions = 1;
  World world({}, settings);
  ASSERT_TRUE(world.becomes_ready());
  WebSocketClient first(world.port());
  first.receive();
  EXPECT_EQ(WebSocketClient(world.port()).status(), 503);
}

}  // namespace
}  // namespace raceproof::gateway::testing
