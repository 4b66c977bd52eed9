// The server's slowness and faults, in the simulated world. Passing means that a delay stands
// before the command's execution, and that each fault does what the settings say and nothing else.
#include "fakes/redis/server.hpp"

#include <gtest/gtest.h>

#include "harness/sim/world.hpp"
#include "tests/fakes/redis/stream_player.hpp"

namespace raceproof::fakes::redis::test {
namespace {

using std::chrono::milliseconds;

class ShortestDelays final : public sim::Decider {
 public:
  std::size_t choose(sim::ChoiceKind, std::span<const sim::Meaning>) override { return 0; }
  std::int64_t draw(std::int64_t low_ns, std::int64_t, const sim::Meaning&) override {
    ++draws;
    return low_ns;
  }
  int draws = 0;
};

struct Played {
  std::vector<std::string> answers;
  std::map<std::string, std::int64_t> first_ms;  ///< when something was first observed
  std::string end;
  int draws = 0;
};

DelayRange exactly(milliseconds delay) { return {delay, delay}; }

Step ask(int connection, std::vector<std::string> arguments, Until until = Until::one_reply) {
  return {connection, encode(arguments), until, arguments[0]};
}

/// Plays the steps from 1 ms on. A connect that fails ends the run as a failed task.
Played play(const Settings& settings, std::vector<Step> steps, milliseconds begin = milliseconds(1),
            int connections = 1) {
  Played played;
  ShortestDelays decider;
  sim::World world;
  const Conversation conversation{"", std::move(steps), connections};
  std::unique_ptr<Server> server;
  const auto note = [&](const Observation& observation) {
    std::string name(observation.name);
    for (const auto& field : observation.fields) {
      if (field.key != "command" && field.key != "reply" && field.key != "fault") continue;
      name += ' ' + std::string(std::get<std::string_view>(field.value));
    }
    played.first_ms.try_emplace(name, world.now_ns() / 1'000'000);
  };
  const auto play_all = [&](Runtime& runtime) -> Awaitable<> {
    co_await play_over_streams(runtime, Endpoint{"redis", 6379}, conversation, played.answers);
    world.stop();
  };
  sim::RunOptions options;
  options.horizon = std::chrono::seconds(10);
  options.on_observation = note;
  world.begin(options, decider);
  world.add_process({.name = "redis",
                     .start =
                         [&](Runtime& runtime, const Executor&) {
                           server = std::make_unique<Server>(runtime, settings);
                           server->start();
                         },
                     .destroy = [&] { server.reset(); }});
  world.add_process(
      {.name = "client",
       .cold_start = begin,
       .start = [&](Runtime& runtime,
                    const Executor& root) { spawn(runtime, root, "client", play_all(runtime)); },
       .destroy = [] {}});
  played.end = sim::name_of(world.run());
  world.end();
  played.draws = decider.draws;
  return played;
}

// Without delays nothing is drawn.
TEST(Delays, ConstantZeroDrawsNothing) {
  const auto played = play({}, {ask(0, {"PING"})});
  EXPECT_EQ(played.answers, std::vector<std::string>{"+PONG\r\n"});
  EXPECT_EQ(played.draws, 0);
}

// A delayed SUBSCRIBE is not yet in force while it is delayed; other connections are served
// meanwhile.
TEST(Delays, StandBeforeExecution) {
  Settings settings;
  settings.on["subscribe"].delay = exactly(milliseconds(100));
  Step subscribe = ask(0, {"SUBSCRIBE", "news"});
  subscribe.until = Until::none;
  const auto played = play(settings,
                           {subscribe,
                            ask(1, {"PUBLISH", "news", "early"}),
                            {0, "", Until::one_reply, ""},
                            ask(1, {"PUBLISH", "news", "late"})},
                           milliseconds(1), 2);
  ASSERT_EQ(played.answers.size(), 4U) << played.end;
  EXPECT_EQ(played.answers[1], ":0\r\n");
  EXPECT_EQ(played.answers[2], "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n");
  EXPECT_EQ(played.answers[3], ":1\r\n");
  EXPECT_GE(played.first_ms.at("redis_reply SUBSCRIBE *3 $9 subscribe $4 news :1"), 101);
}

// `connect` comes once, `reply` before each command.
TEST(Delays, OfTheConnectionAndOfEachReplyAddUp) {
  Settings settings;
  settings.connect = exactly(milliseconds(20));
  settings.reply = exactly(milliseconds(5));
  const auto played = play(settings, {ask(0, {"PING"}), ask(0, {"ECHO", "x"})});
  const auto first = played.first_ms.at("redis_reply PING +PONG");
  EXPECT_GE(first, 26);
  EXPECT_GE(played.first_ms.at("redis_reply ECHO $1 x"), first + 5);
}

// A rule may answer in the command's place, for the first few times only.
TEST(Faults, ReplyAndTimes) {
  Settings settings;
  settings.on["script load"].reply = "ERR out of luck";
  settings.on["script load"].times = 1;
  const auto played =
      play(settings, {ask(0, {"script", "load", "return 1"}), ask(0, {"SCRIPT", "FLUSH"}),
                      ask(0, {"SCRIPT", "LOAD", "return 1"})});
  ASSERT_EQ(played.answers.size(), 3U) << played.end;
  EXPECT_EQ(played.answers[0], "-ERR out of luck\r\n");
  EXPECT_EQ(played.answers[1], "+OK\r\n");
  EXPECT_TRUE(played.answers[2].starts_with("$40\r\n"));
}

// A command whose reply is dropped is executed all the same.
TEST(Faults, DroppedReplyStillExecutes) {
  Settings settings;
  settings.on["set"].drop_reply = true;
  Step set = ask(0, {"SET", "a", "1"});
  set.until = Until::none;
  const auto played = play(settings, {set, ask(0, {"GET", "a"})});
  ASSERT_EQ(played.answers.size(), 2U) << played.end;
  EXPECT_EQ(played.answers[1], "$1\r\n1\r\n");
  EXPECT_TRUE(played.first_ms.contains("redis_fault SET drop_reply"));
}

// A reset ends the connection, a hang silences it.
TEST(Faults, ResetAndHang) {
  Settings settings;
  settings.on["get"].reset = true;
  settings.on["ping"].hang = true;
  EXPECT_EQ(play(settings, {ask(0, {"GET", "a"})}).answers, std::vector<std::string>{"<closed>"});
  const auto hung = play(settings, {ask(0, {"PING"})});
  EXPECT_TRUE(hung.answers.empty());
  EXPECT_EQ(hung.end, "horizon");
}

// While the server loads, it says so.
TEST(Times, Loading) {
  Settings settings;
  settings.loading = milliseconds(50);
  EXPECT_TRUE(play(settings, {ask(0, {"PING"})}).answers.at(0).starts_with("-LOADING "));
  EXPECT_EQ(play(settings, {ask(0, {"PING"})}, milliseconds(60)).answers.at(0), "+PONG\r\n");
}

// Before it listens and during an outage, connections are refused; what was connected is reset.
TEST(Times, ListeningAndOutages) {
  Settings settings;
  settings.listen_after = milliseconds(50);
  settings.drop_connections = {{milliseconds(100), milliseconds(100)}};
  EXPECT_EQ(play(settings, {ask(0, {"PING"})}).end, "task failed");
  EXPECT_EQ(play(settings, {ask(0, {"PING"})}, milliseconds(150)).end, "task failed");
  EXPECT_EQ(play(settings, {ask(0, {"PING"})}, milliseconds(250)).answers.at(0), "+PONG\r\n");
  const auto reset =
      play(settings, {ask(0, {"SUBSCRIBE", "a"}), {0, "", Until::one_reply, ""}}, milliseconds(60));
  EXPECT_EQ(reset.answers.at(1), "<closed>");
}

}  // namespace
}  // namespace raceproof::fakes::redis::test
