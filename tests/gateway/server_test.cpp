// The cold-start path on the production runtime, over loopback. Passing means: what a client meets
// follows from what Redis really answered, and every end of a session has its close code.
#include <gtest/gtest.h>

#include "tests/gateway/websocket_client.hpp"
#include "tests/gateway/world.hpp"

namespace raceproof::gateway::testing {
namespace {

using std::chrono::milliseconds;

Settings ready_when_connected() {
  Settings settings = quick_settings();
  settings.readiness.redis = RedisCriterion::connected;
  return settings;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != text.npos;
}

// Before Redis answers PING, an upgrade is refused with 503 and Retry-After, and the probes say so.
TEST(Server, RefusesUntilReady) {
  Script script;
  script.loading = true;
  World world(script);
  ASSERT_TRUE(world.saw("redis_trouble connection=command step=PING reason=-LOADING"));
  ASSERT_TRUE(world.saw("startup_phase phase=finalize status=complete"));
  WebSocketClient client(world.port());
  EXPECT_EQ(client.status(), 503);
  EXPECT_EQ(client.retry_after(), "1");
  EXPECT_TRUE(contains(http_get(world.port(), "/health/ready"), "503 Service Unavailable"));
  EXPECT_TRUE(contains(http_get(world.port(), "/health/live"), "200 OK"));
  EXPECT_TRUE(contains(http_get(world.port(), "/health/startup"), "200 OK"));
  EXPECT_TRUE(world.saw("upgrade_refused"));
}

// Operational: the session is established, the agent answers, and the client's close is a 1000.
TEST(Server, EstablishesAndAnswers) {
  World world;
  ASSERT_TRUE(world.becomes_ready());
  EXPECT_TRUE(contains(http_get(world.port(), "/health/ready"), "200 OK"));
  WebSocketClient client(world.port());
  ASSERT_EQ(client.status(), 101);
  EXPECT_TRUE(contains(client.receive().text, R"("type":"session_established")"));
  EXPECT_EQ(world.redis().sessions(), 1U);
  client.send(R"({"type":"chat","text":"hello"})");
  EXPECT_TRUE(contains(client.receive().text, R"("type":"agent_started","user_id":"alice")"));
  const std::string reply = client.receive().text;
  EXPECT_TRUE(contains(reply, R"("type":"agent_completed","user_id":"alice")"));
  EXPECT_TRUE(contains(reply, R"("payload":{"text":"You said: hello"})"));
  client.send(R"({"type":"ping"})");
  EXPECT_EQ(client.receive().text, R"({"type":"pong"})");
  client.send("{");
  EXPECT_TRUE(contains(client.receive().text, R"("code":"malformed")"));
  client.close();
  EXPECT_TRUE(world.saw("session_closed"));
  EXPECT_EQ(world.count("code=1000"), 1U);
  EXPECT_EQ(world.redis().sessions(), 0U);
}

// The race: connected, but nobody subscribes in time. Redis says 0 receivers, the client gets 1011.
TEST(Server, ClosesWith1011WhenTheSubscriberIsLate) {
  Script script;
  script.subscribe = Script::Subscribe::ignored;
  World world(script, ready_when_connected());
  ASSERT_TRUE(world.becomes_ready());
  WebSocketClient client(world.port());
  ASSERT_EQ(client.status(), 101);
  const Received end = client.receive();
  EXPECT_EQ(end.close_code, 1011);
  EXPECT_EQ(end.reason, "no subscriber on the instance channel (PUBLISH -> 0)");
  EXPECT_TRUE(world.saw("session_closed"));
  EXPECT_EQ(world.count("step=probe"), 1U);
  EXPECT_EQ(world.redis().sessions(), 0U) << "no session may stay behind";
}

// A subscription that Redis made but never confirmed proves nothing: 1011.
TEST(Server, ClosesWith1011WhenTheSubscriptionIsNeverConfirmed) {
  Script script;
  script.subscribe = Script::Subscribe::executed_unanswered;
  Settings settings = ready_when_connected();
  settings.redis.command_timeout = milliseconds(300);
  World world(script, settings);
  ASSERT_TRUE(world.becomes_ready());
  WebSocketClient client(world.port());
  const Received end = client.receive();
  EXPECT_EQ(end.close_code, 1011);
}

// A probe that is received while the confirmation is still on its way is good.
TEST(Server, WaitsForAConfirmationOnItsWay) {
  Script script;
  script.subscribe_delay = milliseconds(150);
  World world(script, ready_when_connected());
  ASSERT_TRUE(world.saw("property=subscribed value=true"));
  WebSocketClient client(world.port());
  EXPECT_TRUE(contains(client.receive().text, "session_established"));
}

// The grace period covers the window: refused during it, established after it, never 1011.
TEST(Server, GracePeriodCoversTheWindow) {
  Script script;
  script.subscribe_delay = milliseconds(100);
  Settings settings = ready_when_connected();
  settings.grace_period = Duration(milliseconds(400));
  World world(script, settings);
  ASSERT_TRUE(world.saw("grace_period_begin"));
  EXPECT_EQ(WebSocketClient(world.port()).status(), 503);
  ASSERT_TRUE(world.becomes_ready());
  EXPECT_EQ(world.count("grace_period_end"), 1U);
  WebSocketClient client(world.port());
  EXPECT_TRUE(contains(client.receive().text, "session_established"));
}

// NOSCRIPT without the fallback is a 1011 that says so.
TEST(Server, NoScriptWithoutFallback) {
  Script script;
  script.forgets_scripts = true;
  Settings settings = quick_settings();
  settings.eval_fallback = false;
  World world(script, settings);
  ASSERT_TRUE(world.becomes_ready());
  WebSocketClient client(world.port());
  const Received end = client.receive();
  EXPECT_EQ(end.close_code, 1011);
  EXPECT_TRUE(contains(end.reason, "NOSCRIPT")) << end.reason;
  EXPECT_EQ(world.count("step=register"), 1U);
}

// NOSCRIPT with the fallback goes unnoticed.
TEST(Server, NoScriptWithFallback) {
  Script script;
  script.forgets_scripts = true;
  World world(script);
  ASSERT_TRUE(world.becomes_ready());
  WebSocketClient client(world.port());
  EXPECT_TRUE(contains(client.receive().text, "session_established"));
}

// An orderly shutdown tells every session 1001, and leaves none behind in Redis.
TEST(Server, ShutdownSaysGoingAway) {
  World world;
  ASSERT_TRUE(world.becomes_ready());
  const std::uint16_t port = world.port();
  WebSocketClient first(port, "alice");
  WebSocketClient second(port, "bob");
  first.receive();
  second.receive();
  world.shutdown();
  for (auto* client : {&first, &second}) {
    const Received end = client->receive();
    EXPECT_EQ(end.close_code, 1001);
    EXPECT_EQ(end.reason, "going away");
  }
  EXPECT_EQ(world.ended(), "");
  EXPECT_EQ(world.redis().sessions(), 0U);
  EXPECT_EQ(world.count("session_closing"), 2U);
  EXPECT_EQ(world.count("code=1001"), 4U);  // closing, then closed
}

// A peer that never answers the close frame is cut, so that the shutdown ends.
TEST(Server, ShutdownDoesNotWaitForASilentPeer) {
  Settings settings = quick_settings();
  settings.limits.close_timeout = milliseconds(100);
  World world({}, settings);
  ASSERT_TRUE(world.becomes_ready());
  WebSocketClient client(world.port());
  client.receive();
  world.shutdown();
  EXPECT_EQ(world.ended(), "");
}

// Messages beyond the limit are a 1009, binary ones a 1003.
TEST(Server, RejectsWhatItDoesNotTake) {
  World world;
  ASSERT_TRUE(world.becomes_ready());
  WebSocketClient big(world.port());
  big.receive();
  big.send(std::string(9000, 'x'));
  EXPECT_EQ(big.receive().close_code, 1009);
  EXPECT_TRUE(world.saw("code=1009"));
  WebSocketClient binary(world.port());
  binary.receive();
  binary.send_binary("123");
  EXPECT_EQ(binary.receive().close_code, 1003);
  EXPECT_TRUE(world.saw("code=1003"));
}

// The other two answers to a connect that comes too early.
TEST(Server, NotReadyCanCloseOrDegrade) {
  Script script;
  script.loading = true;
  Settings settings = quick_settings();
  settings.readiness.not_ready = NotReady::accept_then_close;
  {
    World world(script, settings);
    ASSERT_TRUE(world.saw("redis_trouble"));
    const Received end = WebSocketClient(world.port()).receive();
    EXPECT_EQ(end.close_code, 1011);
    EXPECT_EQ(end.reason, "Service not ready: redis: not connected");
  }
  settings.readiness.not_ready = NotReady::accept_degraded;
  World world(script, settings);
  ASSERT_TRUE(world.saw("redis_trouble"));
  WebSocketClient client(world.port());
  EXPECT_TRUE(contains(client.receive().text, "degraded_mode"));
  client.send(R"({"type":"chat","text":"hello"})");
  EXPECT_TRUE(contains(client.receive().text, "service_info"));
}

// A ready verdict is withdrawn when Redis goes, and comes back with it.
TEST(Server, FollowsRedisDownAndUp) {
  World world;
  ASSERT_TRUE(world.becomes_ready());
  world.redis().drop_connections();
  EXPECT_TRUE(world.saw("subject=gateway property=ready value=false"));
  EXPECT_TRUE(world.saw("property=connected value=false"));
  for (int i = 0; i < 100 && world.count("subject=gateway property=ready value=true") < 2; ++i) {
    std::this_thread::sleep_for(milliseconds(50));
  }
  WebSocketClient client(world.port());
  EXPECT_TRUE(contains(client.receive().text, "session_established"));
}

// Evaluated anew at every connect, five retries end the check whatever its deadline.
TEST(Server, EvaluatesAtConnect) {
  Script script;
  script.loading = true;
  Settings settings = quick_settings();
  settings.readiness.evaluate = EvaluateReadiness::at_connect;
  settings.readiness.redis_retry_delay = Duration(milliseconds(10));
  settings.readiness.redis_retry_budget = 5;
  World world(script, settings);
  EXPECT_EQ(world.count("readiness_check"), 0U);
  EXPECT_EQ(WebSocketClient(world.port()).status(), 503);
  EXPECT_EQ(world.count("readiness_check check=redis ok=false"), 6U);
  EXPECT_EQ(world.count("reason=redis: not connected (no retry left)"), 2U);
}

}  // namespace
}  // namespace raceproof::gateway::testing
