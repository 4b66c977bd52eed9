// The engine without connections: expiry on opaque time, delivery of messages, scripts. Passing
// means that time decides nothing unless a key can expire, and that nothing of a script survives
// it.
#include "fakes/redis/engine.hpp"

#include <gtest/gtest.h>

#include "fakes/redis/numbers.hpp"
#include "fakes/redis/resp.hpp"

namespace raceproof::fakes::redis {
namespace {

/// A server whose clock the test moves, and one client that speaks inline commands.
class Bench {
 public:
  explicit Bench(const Settings& settings = {})
      : engine(settings, {.now =
                              [this] {
                                ++clock_readings;
                                return clock;
                              },
                          .output = [this](Client& receiver) { told.push_back(receiver.id); }}),
        client(engine.connect("test")) {}

  std::string ask(std::string_view line) { return ask(*client, line); }
  std::string ask(Client& who, std::string_view line) {
    std::vector<std::string> words;
    EXPECT_TRUE(split_inline(line, words));
    const std::vector<std::string_view> arguments(words.begin(), words.end());
    engine.execute(who, arguments);
    return std::exchange(who.outbox, {});
  }

  Instant clock;
  int clock_readings = 0;
  std::vector<std::int64_t> told;
  Engine engine;
  std::unique_ptr<Client> client;
};

// Keys without a time to live never ask for the time.
TEST(Expiry, PermanentKeysNeverReadTheClock) {
  Bench bench;
  for (const auto line : {"SET a 1", "GET a", "HSET h f 1", "HGETALL h", "KEYS *", "DBSIZE",
                          "RENAME a b", "TTL b", "PERSIST b", "FLUSHALL"}) {
    bench.ask(line);
  }
  EXPECT_EQ(bench.clock_readings, 0);
}

// A key lives through its deadline and not beyond it.
TEST(Expiry, EndsAtTheDeadline) {
  Bench bench;
  bench.ask("SET a 1 PX 1000");
  bench.clock = bench.clock + Duration(std::chrono::milliseconds(1000));
  EXPECT_EQ(bench.ask("GET a"), "$1\r\n1\r\n");
  bench.clock = bench.clock + Duration(std::chrono::nanoseconds(1));
  EXPECT_EQ(bench.ask("GET a"), "$-1\r\n");
  EXPECT_EQ(bench.ask("DBSIZE"), ":0\r\n");
}

// TTL rounds to seconds, PTTL does not; both count down.
TEST(Expiry, IsAnsweredInSecondsAndMilliseconds) {
  Bench bench;
  bench.ask("SET a 1 EX 100");
  bench.clock = bench.clock + Duration(std::chrono::milliseconds(1400));
  EXPECT_EQ(bench.ask("TTL a"), ":99\r\n");
  EXPECT_EQ(bench.ask("PTTL a"), ":98600\r\n");
  bench.ask("PERSIST a");
  EXPECT_EQ(bench.ask("TTL a"), ":-1\r\n");
}

// Unix times are counted from the settings' Unix time at the start.
TEST(Expiry, AbsoluteTimesCountFromTheSettings) {
  Bench bench;
  bench.ask("SET a 1 EXAT 1700000010");
  EXPECT_EQ(bench.ask("TTL a"), ":10\r\n");
  EXPECT_EQ(bench.ask("EXPIRETIME a"), ":1700000010\r\n");
  EXPECT_EQ(bench.ask("TIME"), "*2\r\n$10\r\n1700000000\r\n$1\r\n0\r\n");
}

// A watched key that runs out of time counts as changed.
TEST(Expiry, ChangesAWatchedKey) {
  Bench bench;
  bench.ask("SET a 1 PX 10");
  bench.ask("WATCH a");
  bench.clock = bench.clock + Duration(std::chrono::milliseconds(11));
  bench.ask("MULTI");
  EXPECT_EQ(bench.ask("EXEC"), "*-1\r\n");
}

// Subscribers hear of a message in the order in which they subscribed, before the publisher is
// answered.
TEST(PubSub, DeliversInOrderOfSubscription) {
  Bench bench;
  const auto second = bench.engine.connect("second");
  const auto third = bench.engine.connect("third");
  bench.ask(*third, "SUBSCRIBE news");
  bench.ask(*second, "SUBSCRIBE news");
  bench.ask(*second, "PSUBSCRIBE n*");
  EXPECT_EQ(bench.ask("PUBLISH news hi"), ":3\r\n");
  EXPECT_EQ(bench.told, (std::vector<std::int64_t>{third->id, second->id, second->id}));
  EXPECT_EQ(second->outbox,
            "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$2\r\nhi\r\n"
            "*4\r\n$8\r\npmessage\r\n$2\r\nn*\r\n$4\r\nnews\r\n$2\r\nhi\r\n");
  bench.engine.disconnect(*second);
  EXPECT_EQ(bench.ask("PUBLISH news hi"), ":1\r\n");
}

// While the data set is loading, only what does not need it is served.
TEST(Loading, RefusesCommandsOnData) {
  Bench bench;
  bench.engine.set_loading(true);
  EXPECT_EQ(bench.ask("PING"), "-LOADING Redis is loading the dataset in memory\r\n");
  EXPECT_EQ(bench.ask("GET a"), "-LOADING Redis is loading the dataset in memory\r\n");
  EXPECT_EQ(bench.ask("ECHO hi"), "$2\r\nhi\r\n");
  bench.engine.set_loading(false);
  EXPECT_EQ(bench.ask("PING"), "+PONG\r\n");
}

// With a password, nothing but the handshake is served before AUTH.
TEST(Authentication, ComesFirst) {
  Settings settings;
  settings.password = "secret";
  Bench bench(settings);
  EXPECT_EQ(bench.ask("PING"), "-NOAUTH Authentication required.\r\n");
  EXPECT_EQ(bench.ask("AUTH wrong"),
            "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
  EXPECT_TRUE(bench.ask("HELLO 2").starts_with("-NOAUTH HELLO must be called"));
  EXPECT_EQ(bench.ask("AUTH secret"), "+OK\r\n");
  EXPECT_EQ(bench.ask("PING"), "+PONG\r\n");
}

// The script cache is cold unless it is told to be warm.
TEST(Scripts, CacheIsColdUnlessPreloaded) {
  const std::string body = "return 1";
  const std::string ask_for_it = "EVALSHA " + sha1_hex(body) + " 0";
  Settings settings;
  settings.preload = {body};
  EXPECT_EQ(Bench(settings).ask(ask_for_it), "-NOSCRIPT No matching script. Please use EVAL.\r\n");
  settings.scripts = ScriptCache::warm;
  EXPECT_EQ(Bench(settings).ask(ask_for_it), ":1\r\n");
}

// Interpreters are reused from server to server; what one script does, the next must not see.
TEST(Scripts, NothingLeaksFromServerToServer) {
  const auto try_all = [] {
    Bench bench;
    std::string answers;
    for (const auto body :
         {"x=1", "rawset(_G,'x',1)", "string.rep=nil", "rawset(string,'rep',nil)",
          "getmetatable('').__index=nil", "setmetatable(_G,nil)", "table.insert(_G,1)",
          "getmetatable(_G).__index=nil", "redis.call=nil", "KEYS.x=1 ARGV.x=2",
          "local f = pairs(string) for k in pairs(string) do string[k]=nil end",
          "return {type(rawget(_G,'x')), ('a'):rep(2), #KEYS, tostring(KEYS.x), math.random(1000)}",
          "return tostring({}) .. tostring(print) .. collectgarbage('count')"}) {
      std::vector<std::string_view> arguments = {"EVAL", body, "0"};
      bench.engine.execute(*bench.client, arguments);
    }
    return bench.client->outbox;
  };
  const auto first = try_all();
  EXPECT_EQ(try_all(), first);
  EXPECT_EQ(try_all(), first);
}

// A script that never ends is ended.
TEST(Scripts, EndlessLoopsAreStopped) {
  Bench bench;
  EXPECT_TRUE(
      bench.ask("EVAL 'while true do end' 0").starts_with("-ERR script executed more than"));
}

// An error value of any kind is answered, where the real server of Debian 12 crashes.
TEST(Scripts, AnyErrorValueIsAnswered) {
  Bench bench;
  EXPECT_TRUE(bench.ask("EVAL 'error({})' 0").starts_with("-ERR unknown error script: "));
  EXPECT_TRUE(bench.ask("EVAL 'error()' 0").starts_with("-ERR nil script: "));
  EXPECT_TRUE(bench.ask("EVAL 'error(string)' 0").starts_with("-ERR "));
}

// CLIENT REPLY OFF and SKIP silence commands, but not what they do.
TEST(ClientReply, SilencesReplies) {
  Bench bench;
  EXPECT_EQ(bench.ask("CLIENT REPLY OFF"), "");
  EXPECT_EQ(bench.ask("SET a 1"), "");
  EXPECT_EQ(bench.ask("CLIENT REPLY ON"), "+OK\r\n");
  EXPECT_EQ(bench.ask("CLIENT REPLY SKIP"), "");
  EXPECT_EQ(bench.ask("SET a 2"), "");
  EXPECT_EQ(bench.ask("GET a"), "$1\r\n2\r\n");
}

}  // namespace
}  // namespace raceproof::fakes::redis
