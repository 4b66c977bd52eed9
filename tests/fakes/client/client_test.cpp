// The scripted client against a small real server, over loopback TCP on the production runtime.
#include "fakes/client/client.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <sstream>

#include "runtime/asio/runtime.hpp"
#include "runtime/task.hpp"
#include "tests/fakes/client/test_server.hpp"

namespace raceproof::fakes::client {
namespace {

using namespace std::chrono_literals;
using test::Behaviour;
using test::TestServer;
using Kind = Behaviour::Kind;
using Steps = std::vector<Step>;

std::string text_of(const FieldValue& value) {
  return std::visit(
      [](const auto& v) -> std::string {
        using V = std::remove_cvref_t<decltype(v)>;
        if constexpr (std::is_same_v<V, bool>)
          return v ? "true" : "false";
        else if constexpr (std::is_same_v<V, std::int64_t>)
          return std::to_string(v);
        else if constexpr (std::is_same_v<V, std::string_view>)
          return std::string(v);
        else
          return "time";
      },
      value);
}

DelayRange exactly(Duration d) { return {d, d}; }

Behaviour sends(std::vector<std::string> frames) {
  Behaviour b;
  b.frames = std::move(frames);
  return b;
}
Behaviour closes(int code, std::string reason) {
  Behaviour b;
  b.close = code;
  b.reason = std::move(reason);
  return b;
}
Behaviour refuses(int status) {
  Behaviour b;
  b.kind = Kind::refuse;
  b.status = status;
  return b;
}
Behaviour does(Kind kind) {
  Behaviour b;
  b.kind = kind;
  return b;
}

Connect connecting(std::vector<std::string> retry_on = {}, Duration give_up = 2s) {
  Connect step;
  step.retry_on = std::move(retry_on);
  step.every = exactly(10ms);
  step.give_up = give_up;
  return step;
}
Expect frame(std::string type) {
  Expect step;
  step.type = std::move(type);
  return step;
}
Expect close_code(std::int64_t code, std::string text = {}) {
  Expect step;
  step.close = code;
  step.text = std::move(text);
  return step;
}

/// One world with one server and one client.
class ClientTest : public ::testing::Test {
 public:
  /// Plays `steps` against `behaviours`; everything is over when it returns.
  bool play(std::vector<Behaviour> behaviours, Steps steps) {
    server_.emplace(runtime_, std::move(behaviours));
    server_->listen(0);
    return play_at(server_->endpoint(), std::move(steps));
  }

  bool play_at(Endpoint at, Steps steps) {
    client_.emplace(runtime_, std::move(at), Script{"alice", std::move(steps)});
    std::optional<bool> ok;
    spawn(runtime_, client_->strand(), "alice", finish(ok));
    spawn(runtime_, runtime_.make_strand("watchdog"), "watchdog", give_up());
    runtime_.run();
    EXPECT_TRUE(ok.has_value()) << "the client never finished\n" << log();
    EXPECT_FALSE(runtime_.failed());
    return ok.value_or(false);
  }

  Awaitable<> finish(std::optional<bool>& ok) {
    ok = co_await client_->run();
    // The server's side of the last connection ends after the client's.
    co_await runtime_.sleep_for(30ms);
    runtime_.stop();
  }
  Awaitable<> give_up() {
    co_await runtime_.sleep_for(10s);
    runtime_.stop();
  }

  /// How often an observation like `prefix` was made ("client_close client=alice code=1011").
  std::size_t count(std::string_view prefix) const {
    return static_cast<std::size_t>(std::count_if(
        seen_.begin(), seen_.end(), [&](const auto& line) { return line.starts_with(prefix); }));
  }
  std::string log() const {
    std::ostringstream out;
    for (const auto& line : seen_) out << line << '\n';
    return out.str();
  }

  AsioOptions options() {
    AsioOptions made;
    made.observer = [this](const Observation& o, std::string_view, std::int64_t) { record(o); };
    return made;
  }
  void record(const Observation& observation) {
    std::string line(observation.name);
    for (const auto& field : observation.fields) {
      line.append(" ").append(field.key).append("=").append(text_of(field.value));
    }
    seen_.push_back(std::move(line));
  }

  std::vector<std::string> seen_;
  AsioRuntime runtime_{options()};
  std::optional<TestServer> server_;
  std::optional<Client> client_;
};

// A frame that arrives meets its expectation, and the end of the script is a clean closing
// handshake; the observations tell all of it in order.
TEST_F(ClientTest, MeetsAFrameAndLeavesCleanly) {
  EXPECT_TRUE(play({sends({R"({"type":"hello","n":1})"})}, {connecting(), frame("hello")}));
  const std::vector<std::string> expected = {
      "client_connecting client=alice attempt=1",
      "client_http client=alice path=/ws status=101",
      "client_open client=alice user=alice subprotocol=",
      R"(client_frame client=alice type=hello text={"type":"hello","n":1} user= run= tool= )"
      "recovered=false",
      "client_close client=alice code=1000 reason= local=true",
      "client_done client=alice ok=true"};
  EXPECT_EQ(seen_, expected);
  EXPECT_EQ(server_->seen().closes, std::vector<int>{1000});
}

// The strand carries the client's name, as traces and checks refer to it.
TEST_F(ClientTest, RunsOnAStrandOfItsName) {
  const Client client(runtime_, {"127.0.0.1", 1}, Script{"bob", {}});
  EXPECT_EQ(runtime_.strand_name(client.strand()), "bob");
}

// The upgrade goes to the path of the script, for its user, with the token as a bearer or without
// one.
TEST_F(ClientTest, SendsPathAndToken) {
  Connect first = connecting();
  first.path = "/chat?x=1";
  first.token = "t0ken";
  Connect second = connecting();
  second.token.clear();
  second.user = "bob";
  EXPECT_TRUE(play({Behaviour{}}, {first, second}));
  EXPECT_EQ(server_->seen().paths,
            (std::vector<std::string>{"/chat?x=1&user=alice", "/ws?user=bob"}));
  EXPECT_EQ(server_->seen().authorizations, (std::vector<std::string>{"Bearer t0ken", ""}));
}

// A status in `retry_on` is tried again until the upgrade is accepted.
TEST_F(ClientTest, RetriesListedStatuses) {
  EXPECT_TRUE(play({refuses(503), refuses(429), Behaviour{}}, {connecting({"503", "429"})}));
  EXPECT_EQ(count("client_connecting"), 3U);
  EXPECT_EQ(count("client_http client=alice path=/ws status=503"), 1U);
  EXPECT_EQ(count("client_http client=alice path=/ws status=429"), 1U);
}

// Any other status fails the step at once, and says what came instead.
TEST_F(ClientTest, FailsOnAnyOtherStatus) {
  EXPECT_FALSE(play({refuses(401)}, {connecting({"503"}), frame("hello")}));
  EXPECT_EQ(count("client_connecting"), 1U);
  EXPECT_EQ(count("client_step_failed client=alice step=1 kind=connect expected=an open connection "
                  "got=HTTP 401"),
            1U)
      << log();
  EXPECT_EQ(count("client_done client=alice ok=false"), 1U);
}

// A refused upgrade can be what the script expects.
TEST_F(ClientTest, ExpectsAnHttpStatus) {
  Expect refused;
  refused.http = 503;
  EXPECT_TRUE(play({refuses(503)}, {connecting(), refused})) << log();
}

// ... and then another status fails it.
TEST_F(ClientTest, FailsOnAnotherHttpStatusThanExpected) {
  Expect refused;
  refused.http = 403;
  EXPECT_FALSE(play({refuses(503)}, {connecting(), refused}));
  EXPECT_EQ(
      count("client_step_failed client=alice step=2 kind=expect expected=HTTP 403 got=HTTP 503"),
      1U)
      << log();
}

// Retrying ends when the next attempt would begin after `for`.
TEST_F(ClientTest, GivesUpRetrying) {
  EXPECT_FALSE(play({refuses(503)}, {connecting({"503"}, 35ms)}));
  EXPECT_GE(count("client_connecting"), 2U) << log();
  EXPECT_LE(count("client_connecting"), 4U) << log();
}

// Nobody listens: the error is observed and the step fails; nothing hangs.
TEST_F(ClientTest, FailsOnARefusedConnection) {
  EXPECT_FALSE(play_at({"127.0.0.1", 1}, {connecting()}));
  EXPECT_EQ(count("client_error client=alice reason=Connection refused"), 1U) << log();
}

// A refused connection in `retry_on` is tried again until somebody listens.
TEST_F(ClientTest, RetriesARefusedConnection) {
  std::uint16_t port = 0;
  {
    const Executor strand = runtime_.make_strand("probe");
    Listener probe = runtime_.listen(strand, {"127.0.0.1", 0});
    port = probe.port();
    probe.close();
  }
  server_.emplace(runtime_, std::vector<Behaviour>{Behaviour{}});
  auto late = [](ClientTest& test, std::uint16_t at) -> Awaitable<> {
    co_await test.runtime_.sleep_for(40ms);
    test.server_->listen(at);
  };
  spawn(runtime_, runtime_.make_strand("late"), "late", late(*this, port));
  EXPECT_TRUE(play_at({"127.0.0.1", port}, {connecting({"refused"})})) << log();
  EXPECT_GE(count("client_error client=alice reason=Connection refused"), 1U);
}

// A connection that ends before the HTTP answer counts as "lost".
TEST_F(ClientTest, RetriesALostAttempt) {
  EXPECT_TRUE(play({does(Kind::drop), Behaviour{}}, {connecting({"lost"})})) << log();
  EXPECT_EQ(count("client_error"), 1U);
}

// `within` ends an attempt whose upgrade is never answered.
TEST_F(ClientTest, LimitsAnAttempt) {
  Connect step = connecting();
  step.within = 30ms;
  EXPECT_FALSE(play({does(Kind::hang)}, {step}));
  EXPECT_EQ(count("client_error client=alice reason=Connection timed out"), 1U) << log();
}

// A limit that is not reached leaves the connection alone.
TEST_F(ClientTest, ALimitThatIsKeptHasNoEffect) {
  Connect step = connecting();
  step.within = 50ms;
  EXPECT_TRUE(play({Behaviour{}}, {step, Wait{exactly(100ms)}, Send{}, frame("echo")})) << log();
}

// Other frames are passed over, and consumed: they cannot be met later.
TEST_F(ClientTest, PassesOverOtherFrames) {
  const auto frames = sends({R"({"type":"a"})", R"({"type":"b"})", R"({"type":"c"})"});
  Expect last = frame("a");
  last.within = 50ms;
  EXPECT_FALSE(play({frames}, {connecting(), frame("b"), frame("c"), last}));
  EXPECT_EQ(count("client_step_failed client=alice step=4 kind=expect expected=a frame 'a' "
                  "got=nothing of the kind in time"),
            1U)
      << log();
}

// `strict` looks at the very next frame only.
TEST_F(ClientTest, StrictFailsOnAnotherFrame) {
  Expect strict = frame("b");
  strict.strict = true;
  EXPECT_FALSE(play({sends({R"({"type":"a"})", R"({"type":"b"})"})}, {connecting(), strict}));
  EXPECT_EQ(count(R"(client_step_failed client=alice step=2 kind=expect expected=a frame 'b' )"
                  R"(got={"type":"a"})"),
            1U)
      << log();
}

// The text narrows down which frame is meant.
TEST_F(ClientTest, MatchesText) {
  Expect second = frame("a");
  second.text = "two";
  EXPECT_TRUE(play({sends({R"({"type":"a","text":"one"})", R"({"type":"a","text":"two"})"})},
                   {connecting(), second}));
}

// A deadline that passes fails the step without harming the stream: the closing handshake still
// works.
TEST_F(ClientTest, ATimeOutLeavesTheStreamIntact) {
  Expect step = frame("never");
  step.within = 20ms;
  EXPECT_FALSE(play({Behaviour{}}, {connecting(), step}));
  EXPECT_EQ(count("client_close client=alice code=1000 reason= local=true"), 1U) << log();
  EXPECT_EQ(server_->seen().closes, std::vector<int>{1000});
}

// The server's close ends a wait for a frame, and code and reason are told.
TEST_F(ClientTest, AnUnexpectedCloseFailsTheStep) {
  EXPECT_FALSE(play({closes(1011, "redis not ready")}, {connecting(), frame("hello")}));
  EXPECT_EQ(count("client_close client=alice code=1011 reason=redis not ready local=false"), 1U);
  EXPECT_EQ(count("client_step_failed client=alice step=2 kind=expect expected=a frame 'hello' "
                  "got=close 1011 'redis not ready'"),
            1U)
      << log();
  EXPECT_EQ(count("client_step_failed"), 1U);
}

// A script that expects the close, and names it, is met by it.
TEST_F(ClientTest, ExpectsAClose) {
  EXPECT_TRUE(play({closes(1011, "redis not ready")}, {connecting(), close_code(1011, "redis")}))
      << log();
}

// Another code than the expected one is a failure.
TEST_F(ClientTest, FailsOnAnotherCloseCode) {
  EXPECT_FALSE(play({closes(1008, "")}, {connecting(), close_code(1011)}));
  EXPECT_EQ(
      count(
          "client_step_failed client=alice step=2 kind=expect expected=close 1011 got=close 1008"),
      1U)
      << log();
}

// A close that arrives while the client waits is met by the next step.
TEST_F(ClientTest, ACloseDuringAWaitIsMetByTheNextStep) {
  EXPECT_TRUE(play({closes(1011, "")}, {connecting(), Wait{exactly(30ms)}, close_code(1011)}));
}

// A close that no step deals with fails the script at its end.
TEST_F(ClientTest, ACloseThatNobodyExpectedFailsTheEnd) {
  EXPECT_FALSE(play({closes(1011, "")}, {connecting(), Wait{exactly(30ms)}}));
  EXPECT_EQ(count("client_step_failed client=alice step=0 kind=end"), 1U) << log();
}

// An orderly close by the server is no failure.
TEST_F(ClientTest, AnOrderlyCloseIsFine) {
  EXPECT_TRUE(play({closes(1001, "going away")}, {connecting(), Wait{exactly(30ms)}})) << log();
}

// A connection lost without a close frame is 1006 (RFC 6455 section 7.1.5), with the error beside
// it.
TEST_F(ClientTest, ALostConnectionIs1006) {
  Behaviour resets;
  resets.reset = true;
  EXPECT_TRUE(play({resets}, {connecting(), close_code(1006)})) << log();
  EXPECT_EQ(count("client_error"), 1U);
  EXPECT_EQ(count("client_close client=alice code=1006"), 1U);
}

// Messages are JSON with type and text, or sent as they stand.
TEST_F(ClientTest, SendsMessages) {
  Send message;
  message.text = "say \"hello\"";
  Send raw;
  raw.raw = "not json";
  EXPECT_TRUE(play({Behaviour{}}, {connecting(), message, frame("echo"), raw, frame("echo")}));
  EXPECT_EQ(server_->seen().frames,
            (std::vector<std::string>{R"({"type":"chat","text":"say \"hello\""})", "not json"}));
  EXPECT_EQ(count("client_sent"), 2U);
}

// Sending on a closed connection fails the step.
TEST_F(ClientTest, CannotSendAfterTheClose) {
  EXPECT_FALSE(play({closes(1011, "")}, {connecting(), Wait{exactly(30ms)}, Send{}}));
  EXPECT_EQ(count("client_step_failed client=alice step=3 kind=send expected=an open connection "
                  "got=close 1011"),
            1U)
      << log();
}

// Sending or expecting without any connection fails the step.
TEST_F(ClientTest, NeedsAConnection) {
  EXPECT_FALSE(play_at({"127.0.0.1", 1}, {frame("hello")}));
  EXPECT_EQ(count("client_step_failed client=alice step=1 kind=expect expected=a frame 'hello' "
                  "got=no connection"),
            1U)
      << log();
}

// A close of the client's own choice arrives as written.
TEST_F(ClientTest, ClosesWithCodeAndReason) {
  EXPECT_TRUE(play({Behaviour{}}, {connecting(), Close{4000, "enough", {}}})) << log();
  EXPECT_EQ(server_->seen().closes, std::vector<int>{4000});
}

// A server that never answers a close is given up after `within`.
TEST_F(ClientTest, LimitsAClose) {
  Behaviour deaf;
  deaf.deaf = true;
  EXPECT_FALSE(play({deaf}, {connecting(), Close{1000, "", 30ms}}));
  EXPECT_EQ(
      count("client_step_failed client=alice step=2 kind=close expected=the server's close frame"),
      1U)
      << log();
}

// An abort is a reset: the server sees no close frame.
TEST_F(ClientTest, Aborts) {
  EXPECT_TRUE(play({Behaviour{}}, {connecting(), Send{}, frame("echo"), Abort{}})) << log();
  EXPECT_EQ(server_->seen().closes, std::vector<int>{0});
  EXPECT_EQ(count("client_close"), 0U);
}

// After a close the script may connect again.
TEST_F(ClientTest, ConnectsAgain) {
  EXPECT_TRUE(play({closes(1011, ""), sends({R"({"type":"hello"})"})},
                   {connecting(), close_code(1011), connecting(), frame("hello")}))
      << log();
  EXPECT_EQ(count("client_connecting client=alice attempt=2"), 1U);
}

// A probe is an ordinary GET; its status is compared.
TEST_F(ClientTest, Probes) {
  Get probe;
  EXPECT_TRUE(play({Behaviour{}}, {probe}));
  EXPECT_EQ(count("client_http client=alice path=/health/ready status=200"), 1U) << log();
}

// Another status fails a single probe.
TEST_F(ClientTest, AProbeFailsOnAnotherStatus) {
  EXPECT_FALSE(play({refuses(503)}, {Get{}}));
  EXPECT_EQ(count("client_step_failed client=alice step=1 kind=get expected=HTTP 200 got=HTTP 503"),
            1U)
      << log();
}

// With `for` a probe is repeated until it is answered as expected.
TEST_F(ClientTest, AProbeIsRepeated) {
  Get probe;
  probe.every = exactly(5ms);
  probe.give_up = 2s;
  EXPECT_TRUE(play({refuses(503), refuses(503), Behaviour{}}, {probe})) << log();
  EXPECT_EQ(count("client_http client=alice path=/health/ready status=503"), 2U);
}

// A probe that is not answered in time fails.
TEST_F(ClientTest, LimitsAProbe) {
  Get probe;
  probe.within = 30ms;
  EXPECT_FALSE(play({does(Kind::hang)}, {probe}));
  EXPECT_EQ(count("client_error client=alice reason=Connection timed out"), 1U) << log();
}

// The token travels as it is told to, behind the subprotocols that are offered anyway; `none` sends
// none; further headers go along.
TEST_F(ClientTest, BringsItsToken) {
  Connect as_header = connecting();
  as_header.token = "abc";
  as_header.headers = {{"X-Trace", "7"}};
  Connect as_subprotocol = connecting();
  as_subprotocol.token = "abc";
  as_subprotocol.send_token_as = TokenAs::subprotocol;
  as_subprotocol.subprotocols = {"jwt-auth"};
  Connect none = connecting();
  none.token = "none";
  EXPECT_TRUE(play({Behaviour{}}, {as_header, as_subprotocol, none})) << log();
  const auto& seen = server_->seen();
  EXPECT_EQ(seen.authorizations, (std::vector<std::string>{"Bearer abc", "", ""}));
  EXPECT_EQ(seen.offers, (std::vector<std::string>{"", "jwt-auth, jwt.abc", ""}));
  EXPECT_EQ(seen.traces, (std::vector<std::string>{"7", "", ""}));
}

// The subprotocol that the server chose can be expected; one that was not offered fails the
// connection (RFC 6455 section 4.1).
TEST_F(ClientTest, KnowsTheSubprotocol) {
  Behaviour chooses;
  chooses.subprotocol = "jwt-auth";
  Connect offers = connecting();
  offers.subprotocols = {"chat", "jwt-auth"};
  Expect chosen;
  chosen.subprotocol = "jwt-auth";
  EXPECT_TRUE(play({chooses}, {offers, chosen})) << log();
  EXPECT_EQ(count("client_open client=alice user=alice subprotocol=jwt-auth"), 1U) << log();
}
TEST_F(ClientTest, ExpectsAnotherSubprotocolInVain) {
  Expect chosen;
  chosen.subprotocol = "jwt-auth";
  EXPECT_FALSE(play({Behaviour{}}, {connecting(), chosen}));
  EXPECT_EQ(count("client_step_failed client=alice step=2 kind=expect "
                  "expected=subprotocol 'jwt-auth' got=none"),
            1U)
      << log();
}
TEST_F(ClientTest, LeavesAServerThatInventsASubprotocol) {
  Behaviour invents;
  invents.subprotocol = "invented";
  EXPECT_FALSE(play({invents}, {connecting()}));
  EXPECT_EQ(count("client_error client=alice reason=Protocol error"), 1U) << log();
}

// Frames are binary, long, and about a thread, where the script says so.
TEST_F(ClientTest, SendsFramesOfAllKinds) {
  Send thread;
  thread.text = "hello";
  thread.thread = "t1";
  Send big;
  big.text = "a";
  big.bytes = 9000;
  Send raw;
  raw.raw = "\x01";
  raw.binary = true;
  raw.bytes = 3;
  EXPECT_TRUE(play({Behaviour{}}, {connecting(), thread, big, raw})) << log();
  const auto& frames = server_->seen().frames;
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(frames[0], R"({"type":"chat","text":"hello","thread_id":"t1"})");
  EXPECT_EQ(frames[1].size(), 9000U);
  EXPECT_TRUE(frames[1].starts_with(R"({"type":"chat","text":"axxx)"));
  EXPECT_EQ(frames[2], "\x01xx");
  EXPECT_EQ(server_->seen().binary, (std::vector<bool>{false, false, true}));
}

// Nothing is read for the time that it says, while the script goes on; then all of it is.
TEST_F(ClientTest, ReadsSlowly) {
  ReadSlowly slow;
  slow.span = exactly(200ms);
  Expect echo = frame("echo");
  const auto begin = std::chrono::steady_clock::now();
  // The read that is pending when it begins still brings its frame.
  EXPECT_TRUE(play({Behaviour{}}, {connecting(), slow, Send{}, echo, Send{}, echo})) << log();
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 200ms);
  EXPECT_EQ(count("client_frame"), 2U);
}
TEST_F(ClientTest, StopsReading) {
  ReadSlowly slow;
  slow.span = exactly(10s);
  Expect early = frame("echo");
  early.within = 50ms;
  EXPECT_FALSE(play({Behaviour{}}, {connecting(), slow, Send{}, frame("echo"), Send{}, early}));
  EXPECT_EQ(count("client_step_failed client=alice step=6 kind=expect expected=a frame 'echo' "
                  "got=nothing of the kind in time"),
            1U)
      << log();
  EXPECT_EQ(count("client_done client=alice ok=false"), 1U) << "it reads again in order to leave";
}

// A message may name the run that the latest frame named; without one the step fails.
TEST_F(ClientTest, MaySpeakOfTheLatestRun) {
  Behaviour tells;
  tells.frames = {R"({"type":"agent_started","run_id":"r1"})",
                  R"({"type":"agent_started","run_id":"r2"})", R"({"type":"pong"})"};
  Send cancel;
  cancel.type = "cancel";
  cancel.with_run = true;
  EXPECT_TRUE(play({tells}, {connecting(), frame("pong"), cancel, frame("echo"), Close{}}))
      << log();
  EXPECT_EQ(server_->seen().frames,
            std::vector<std::string>{R"({"type":"cancel","text":"","run_id":"r2"})"});
}

TEST_F(ClientTest, CannotSpeakOfARunThatNobodyNamed) {
  Send cancel;
  cancel.with_run = true;
  EXPECT_FALSE(play({Behaviour{}}, {connecting(), cancel, Close{}}));
  EXPECT_EQ(count("client_step_failed"), 1U) << log();
  EXPECT_TRUE(server_->seen().frames.empty());
}

// Cancelling a client that waits for a frame resets its connection and ends it.
TEST_F(ClientTest, CanBeCancelled) {
  server_.emplace(runtime_, std::vector<Behaviour>{Behaviour{}});
  server_->listen(0);
  client_.emplace(runtime_, server_->endpoint(), Script{"alice", {connecting(), frame("never")}});
  auto world = [](ClientTest& test, bool& ended) -> Awaitable<> {
    TaskScope scope(test.runtime_, test.client_->strand());
    auto body = [](Client& client) -> Awaitable<> { co_await client.run(); };
    scope.spawn("alice", body(*test.client_));
    co_await test.runtime_.sleep_for(50ms);
    co_await scope.stop();
    co_await test.runtime_.sleep_for(30ms);
    ended = true;
    test.runtime_.stop();
  };
  bool ended = false;
  spawn(runtime_, client_->strand(), "world", world(*this, ended));
  spawn(runtime_, runtime_.make_strand("watchdog"), "watchdog", give_up());
  runtime_.run();
  EXPECT_TRUE(ended) << log();
  EXPECT_EQ(server_->seen().closes, std::vector<int>{0});
  EXPECT_EQ(count("client_done"), 0U);
}

}  // namespace
}  // namespace raceproof::fakes::client
