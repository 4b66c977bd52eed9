// Passing means: a run's events leave in order and after what they report, whatever goes wrong is
// told with a reason, and nothing of a run outlives it.
#include "gateway/agents/bridge.hpp"

#include <gtest/gtest.h>

#include "gateway/agents/echo_agent.hpp"
#include "tests/gateway/agents/stage.hpp"

namespace raceproof::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Play;
using testing::ScriptedStep;
using testing::Stage;
using Kind = testing::ScriptedStep::Kind;
using Words = std::vector<std::string>;

DelayRange exactly(Duration time) { return {time, time}; }

/// Starts the bridge, submits one run of alice's, and stops after `time`.
std::function<Awaitable<>(Stage&)> one_run(Duration time = seconds(1)) {
  return [time](Stage& stage) -> Awaitable<> {
    co_await stage.start();
    const RunSubmission submission = co_await stage.submit("alice", "r1");
    EXPECT_TRUE(submission.accepted);
    co_await stage.wait(time);
    co_await stage.stop();
  };
}

// The whole path: five events in order with their fields, the reply stored, nothing owed.
TEST(AgentBridge, ReportsTheFiveEventsInOrder) {
  Play play;
  play.run({}, [](Stage& stage) -> Awaitable<> {
    co_await stage.start();
    co_await stage.submit("alice", "r1");
    co_await stage.wait(seconds(1));
    const auto record = co_await stage.record("r1");
    EXPECT_EQ(record->state, RunState::completed);
    const auto left = co_await stage.runs();
    EXPECT_EQ(left, 0U);
    EXPECT_EQ(stage.backend.requests.at(0).run, "r1");
    EXPECT_EQ(stage.backend.requests.at(0).text, "hello");
    EXPECT_TRUE(stage.backend.requests.at(0).request.starts_with("req_"));
    co_await stage.stop();
  });
  EXPECT_EQ(play.types(), (Words{"agent_started", "agent_thinking", "tool_executing",
                                 "tool_completed", "agent_completed"}));
  for (const AgentEvent& event : play.events) {
    EXPECT_EQ(event.user, "alice");
    EXPECT_EQ(event.thread, "thread_alice");
    EXPECT_EQ(event.run, "r1");
    EXPECT_EQ(event.agent, "assistant");
    EXPECT_EQ(event.timestamp.size(), 27U);
  }
  EXPECT_EQ(play.events[2].tool, "search");
  EXPECT_EQ(play.events[4].text, "echo: hello");
  EXPECT_EQ(play.stored_runs, (std::map<std::string, std::string>{{"r1", "agent_completed"}}));
  EXPECT_TRUE(play.outbox.empty());
  EXPECT_EQ(play.simulation.all("transition machine=run"),
            (Words{"transition machine=run id=r1 from=pending to=starting",
                   "transition machine=run id=r1 from=starting to=running",
                   "transition machine=run id=r1 from=running to=completing",
                   "transition machine=run id=r1 from=completing to=completed"}));
}

/// What is observed of transactions and of events that report them, in order.
Words commits_and_leaves(const Play& play) {
  Words found;
  for (const auto& entry : play.simulation.seen) {
    if (entry.what.starts_with("event_leaves") || entry.what.ends_with("committed")) {
      found.push_back(entry.what);
    }
  }
  return found;
}

// An event leaves once what it reports has committed.
TEST(AgentBridge, LetsEventsLeaveAfterTheirCommit) {
  Play play;
  play.run([](Stage& stage) { stage.store.commit = exactly(milliseconds(20)); }, one_run());
  EXPECT_EQ(commits_and_leaves(play),
            (Words{"transaction id=r1/begin status=committed",
                   "event_leaves run=r1 type=agent_started transaction=r1/begin",
                   "transaction id=r1/end status=committed",
                   "event_leaves run=r1 type=agent_completed transaction=r1/end"}));
}

// Told to, it lets them leave first; and when the transaction then fails, the user has been told of
// a reply that is not there.
TEST(AgentBridge, LetsEventsLeaveBeforeTheirCommitWhenToldTo) {
  AgentSettings settings;
  settings.events = EventTiming::before_commit;
  Play play(settings);
  play.run([](Stage& stage) { stage.store.commit = exactly(milliseconds(20)); }, one_run());
  EXPECT_EQ(commits_and_leaves(play),
            (Words{"event_leaves run=r1 type=agent_started transaction=r1/begin",
                   "transaction id=r1/begin status=committed",
                   "event_leaves run=r1 type=agent_completed transaction=r1/end",
                   "transaction id=r1/end status=committed"}));

  Play failing(settings);
  failing.run([](Stage& stage) { stage.store.refused = {AgentEventType::agent_completed}; },
              one_run());
  EXPECT_EQ(failing.types().at(4), "agent_completed");
  EXPECT_EQ(failing.types().at(5), "agent_failed");
  EXPECT_EQ(failing.stored_runs.at("r1"), "agent_failed");
}

// Without a database the events are the same, and report no transactions.
TEST(AgentBridge, WorksWithoutAStore) {
  Play play(AgentSettings(), false);
  play.run({}, one_run());
  EXPECT_EQ(play.types().size(), 5U);
  EXPECT_FALSE(play.simulation.saw("event_leaves"));
}

// Whatever the agent does wrong ends the run with a reason for people, stored and told once.
TEST(AgentBridge, TellsWhyThereIsNoReply) {
  const std::map<std::string, std::string> texts{
      {"refused", "The agent refused the request."},
      {"unreachable", "The agent could not be reached."},
      {"cut_off", "The agent's answer was cut off."},
      {"malformed", "The agent's answer could not be understood."},
      {"silent", "The agent stopped answering."}};
  for (const auto& [reason, text] : texts) {
    Play during;
    during.run(
        [&](Stage& stage) {
          stage.backend.steps = {{Kind::thinking, {}, "hm"}, {Kind::error, {}, reason}};
        },
        one_run());
    EXPECT_EQ(during.types(), (Words{"agent_started", "agent_thinking", "agent_failed"}));
    EXPECT_EQ(during.events.back().text, text);
    EXPECT_EQ(during.stored_runs.at("r1"), "agent_failed");
    EXPECT_TRUE(during.outbox.empty());
    Play at_once;
    at_once.run([&](Stage& stage) { stage.backend.start_error = reason; }, one_run());
    EXPECT_EQ(at_once.types(), (Words{"agent_started", "agent_failed"}));
    EXPECT_EQ(at_once.events.back().text, text);
  }
}

// Steps that end without a reply were cut off, and a tool cannot complete that was not executing.
TEST(AgentBridge, ChecksTheStepsOfTheAgent) {
  Play ended;
  ended.run([](Stage& stage) { stage.backend.steps = {{Kind::end, {}, ""}}; }, one_run());
  EXPECT_EQ(ended.events.back().text, "The agent's answer was cut off.");
  Play disordered;
  disordered.run(
      [](Stage& stage) {
        stage.backend.steps = {{Kind::tool_executing, {}, "search"},
                               {Kind::tool_completed, {}, "fetch"},
                               {Kind::reply, {}, ""}};
      },
      one_run());
  EXPECT_EQ(disordered.types(), (Words{"agent_started", "tool_executing", "agent_failed"}));
  EXPECT_EQ(disordered.events.back().text, "The agent's answer could not be understood.");
}

// A silent agent is declared dead: the user is told, the agent let go, and its late reply refused.
TEST(AgentBridge, EndsADeadRun) {
  Play play;
  play.run(
      [](Stage& stage) {
        stage.backend.steps = {{Kind::thinking, {}, "hm"}, testing::reply_after(seconds(12))};
      },
      one_run(seconds(20)));
  EXPECT_EQ(play.types(), (Words{"agent_started", "agent_thinking", "agent_failed"}));
  EXPECT_EQ(play.events.back().text, "The agent gave no sign of life for too long.");
  EXPECT_EQ(play.simulation.when("arrives type=agent_failed"), 10'000);
  EXPECT_EQ(play.stored_runs.at("r1"), "agent_failed");
}

// An agent that goes on and on times out.
TEST(AgentBridge, EndsARunThatTakesTooLong) {
  Play play;
  play.run(
      [](Stage& stage) {
        stage.backend.steps =
            std::vector<ScriptedStep>(10, ScriptedStep{Kind::thinking, exactly(seconds(4)), "hm"});
      },
      one_run(seconds(40)));
  EXPECT_EQ(play.types().size(), 8U);
  EXPECT_EQ(play.events.back().text, "The agent took too long.");
  EXPECT_EQ(play.simulation.when("arrives type=agent_failed"), 25'000);
}

// With `transitions: any` the dead go on, and complete after they were reported dead.
TEST(AgentBridge, LetsTheDeadCompleteWhenToldTo) {
  AgentSettings settings;
  settings.tracker.transitions = RunTransitions::any;
  Play play(settings);
  play.run([](Stage& stage) { stage.backend.steps = {testing::reply_after(seconds(12))}; },
           one_run(seconds(20)));
  EXPECT_EQ(play.types(), (Words{"agent_started", "agent_failed", "agent_completed"}));
  EXPECT_TRUE(play.simulation.saw("transition machine=run id=r1 from=dead to=running"));
  EXPECT_EQ(play.stored_runs.at("r1"), "agent_completed");
}

// A message that cannot be stored never reaches the agent; a reply that cannot be stored is not
// told.
TEST(AgentBridge, TellsWhatCouldNotBeStored) {
  Play begin;
  begin.run([](Stage& stage) { stage.store.refused = {AgentEventType::agent_started}; },
            [](Stage& stage) -> Awaitable<> {
              co_await stage.start();
              co_await stage.submit("alice", "r1");
              co_await stage.wait(seconds(1));
              EXPECT_TRUE(stage.backend.requests.empty());
              co_await stage.stop();
            });
  EXPECT_EQ(begin.types(), Words{"agent_failed"});
  EXPECT_EQ(begin.events.back().text, "The message could not be stored.");
  EXPECT_FALSE(begin.simulation.saw("event_leaves"));
  EXPECT_TRUE(begin.simulation.saw("transition machine=run id=r1 from=pending to=failed"));

  Play end;
  end.run([](Stage& stage) { stage.store.refused = {AgentEventType::agent_completed}; }, one_run());
  EXPECT_EQ(end.types().back(), "agent_failed");
  EXPECT_EQ(end.types().size(), 5U);
  EXPECT_EQ(end.events.back().text, "The reply could not be stored.");
  EXPECT_EQ(end.stored_runs.at("r1"), "agent_failed");

  Play neither;
  neither.run(
      [](Stage& stage) {
        stage.store.refused = {AgentEventType::agent_completed, AgentEventType::agent_failed};
      },
      one_run());
  EXPECT_EQ(neither.types().back(), "agent_failed");
  EXPECT_FALSE(neither.simulation.saw("event_leaves run=r1 type=agent_failed"));
}

// What is lost for good is seen to be, and stays owed.
TEST(AgentBridge, OwesWhatIsLost) {
  Play play;
  play.run(
      [](Stage& stage) {
        stage.sink.answers[AgentEventType::agent_completed] =
            std::deque<Delivery>(6, Delivery::lost);
      },
      one_run(seconds(20)));
  EXPECT_TRUE(play.simulation.saw("agent_event_lost run=r1 type=agent_completed user=alice"));
  ASSERT_EQ(play.outbox.size(), 1U);
  EXPECT_EQ(play.outbox.begin()->second.type, AgentEventType::agent_completed);
}

AgentEvent owed_event(std::string run) {
  AgentEvent event;
  event.type = AgentEventType::agent_completed;
  event.user = "alice";
  event.run = std::move(run);
  return event;
}

// What an earlier process owed leaves first, in its order; what is lost again stays owed.
TEST(AgentBridge, RelaysWhatWasOwed) {
  Play play;
  play.run(
      [](Stage& stage) {
        stage.store.outbox = {{-3, owed_event("a")}, {-2, owed_event("b")}, {-1, owed_event("c")}};
        stage.sink.answers[AgentEventType::agent_completed] = {Delivery::delivered, Delivery::lost,
                                                               Delivery::queued, Delivery::lost};
      },
      one_run());
  EXPECT_EQ(play.simulation.all("event_relayed"),
            (Words{"event_relayed run=a type=agent_completed user=alice delivery=delivered",
                   "event_relayed run=b type=agent_completed user=alice delivery=lost",
                   "event_relayed run=c type=agent_completed user=alice delivery=queued",
                   "event_relayed run=b type=agent_completed user=alice delivery=lost"}));
  EXPECT_EQ(play.simulation.when("transition machine=bridge id=agent from=initializing to=active"),
            0);
  EXPECT_EQ(play.events.at(0).run, "a");
  EXPECT_EQ(play.events.at(1).run, "c");
  EXPECT_EQ(play.events.at(2).run, "r1");
  ASSERT_EQ(play.outbox.size(), 1U);
  EXPECT_TRUE(play.outbox.contains(-2));
}

// A user cancels runs of his own only; the reason says so.
TEST(AgentBridge, CancelsARunOfItsUser) {
  Play play;
  play.run(
      [](Stage& stage) {
        stage.backend.steps = {{Kind::hang, {}, ""}};
      },
      [](Stage& stage) -> Awaitable<> {
        co_await stage.start();
        co_await stage.submit("alice", "r1");
        co_await stage.wait(seconds(1));
        const bool by_bob = co_await stage.cancel("bob", "r1");
        const bool unknown = co_await stage.cancel("alice", "r2");
        const bool by_alice = co_await stage.cancel("alice", "r1");
        EXPECT_FALSE(by_bob);
        EXPECT_FALSE(unknown);
        EXPECT_TRUE(by_alice);
        co_await stage.wait(seconds(1));
        const auto record = co_await stage.record("r1");
        EXPECT_EQ(record->state, RunState::cancelled);
        const bool again = co_await stage.cancel("alice", "r1");
        EXPECT_FALSE(again);
        co_await stage.stop();
      });
  EXPECT_EQ(play.types(), (Words{"agent_started", "agent_failed"}));
  EXPECT_EQ(play.events.back().text, "The run was cancelled.");
  EXPECT_EQ(play.simulation.when("arrives type=agent_failed"), 1'000);
}

// While the reply is being stored it is too late to cancel.
TEST(AgentBridge, CannotCancelWhatIsCompleting) {
  Play play;
  play.run([](Stage& stage) { stage.store.commit = exactly(seconds(1)); },
           [](Stage& stage) -> Awaitable<> {
             co_await stage.start();
             co_await stage.submit("alice", "r1");
             co_await stage.wait(milliseconds(1500));
             const bool cancelled = co_await stage.cancel("alice", "r1");
             EXPECT_FALSE(cancelled);
             co_await stage.wait(seconds(1));
             co_await stage.stop();
           });
  EXPECT_EQ(play.types().back(), "agent_completed");
}

// A shutdown cancels all runs, stores and tells that, and takes no more.
TEST(AgentBridge, StopsAllRuns) {
  Play play;
  play.run(
      [](Stage& stage) {
        stage.backend.steps = {{Kind::hang, {}, ""}};
      },
      [](Stage& stage) -> Awaitable<> {
        co_await stage.start();
        for (const char* user : {"alice", "bob", "carol"}) {
          co_await stage.submit(user, std::string("run_of_") + user);
        }
        co_await stage.wait(seconds(1));
        co_await stage.stop();
        const auto left = co_await stage.runs();
        EXPECT_EQ(left, 0U);
        const RunSubmission late = co_await stage.submit("alice", "late");
        EXPECT_EQ(late.code, "agent_unavailable");
      });
  ASSERT_EQ(play.events.size(), 6U);
  for (std::size_t i = 3; i < 6; ++i) {
    EXPECT_EQ(play.events[i].type, AgentEventType::agent_failed);
    EXPECT_EQ(play.events[i].text, "The gateway is shutting down.");
  }
  EXPECT_EQ(play.simulation.end_ms, 1'000);
  EXPECT_TRUE(play.outbox.empty());
}

// A store that hangs cannot hold a shutdown up for longer than its limit, and nothing is left.
TEST(AgentBridge, StopsDespiteAStoreThatHangs) {
  Play play;
  play.run([](Stage& stage) { stage.store.commit = exactly(seconds(500)); },
           [](Stage& stage) -> Awaitable<> {
             co_await stage.start();
             co_await stage.submit("alice", "r1");
             co_await stage.wait(seconds(1));
             co_await stage.stop();
             const auto left = co_await stage.runs();
             EXPECT_EQ(left, 0U);
           });
  EXPECT_EQ(play.simulation.end_ms, 6'000);
  EXPECT_TRUE(play.events.empty());
}

// Bounds on how many run at once; ids are unique; each refusal has its code and is seen.
TEST(AgentBridge, RefusesWhatItCannotTake) {
  AgentSettings settings;
  settings.max_runs = 3;
  settings.max_runs_per_user = 2;
  Play play(settings);
  play.run(
      [](Stage& stage) {
        stage.backend.steps = {{Kind::hang, {}, ""}};
      },
      [](Stage& stage) -> Awaitable<> {
        const RunSubmission early = co_await stage.submit("alice", "early");
        EXPECT_EQ(early.code, "agent_unavailable");
        co_await stage.start();
        co_await stage.submit("alice", "a1");
        const RunSubmission twice = co_await stage.submit("alice", "a1");
        EXPECT_EQ(twice.code, "run_exists");
        co_await stage.submit("alice", "a2");
        const RunSubmission third = co_await stage.submit("alice", "a3");
        EXPECT_EQ(third.code, "too_many_runs");
        co_await stage.submit("bob", "b1");
        const RunSubmission fourth = co_await stage.submit("bob", "b2");
        EXPECT_EQ(fourth.code, "too_many_runs");
        co_await stage.wait(seconds(1));
        co_await stage.cancel("alice", "a1");
        co_await stage.wait(seconds(1));
        const RunSubmission now = co_await stage.submit("bob", "b2");
        EXPECT_TRUE(now.accepted);
        co_await stage.stop();
      });
  EXPECT_EQ(play.simulation.count("agent_run_refused"), 4U);
}

// One user's dead agent does not disturb another's run.
TEST(AgentBridge, KeepsRunsApart) {
  Play play;
  play.run(
      [](Stage& stage) {
        stage.backend.steps = {{Kind::hang, {}, ""}};
      },
      [](Stage& stage) -> Awaitable<> {
        co_await stage.start();
        co_await stage.submit("alice", "dead");
        co_await stage.wait(seconds(9));
        stage.backend.steps = {testing::reply_after(seconds(2))};
        co_await stage.submit("bob", "live");
        co_await stage.wait(seconds(5));
        EXPECT_EQ(stage.events_of("dead"), (Words{"agent_started", "agent_failed"}));
        EXPECT_EQ(stage.events_of("live"), (Words{"agent_started", "agent_completed"}));
        co_await stage.stop();
      });
}

// Several emitters: a fast agent's events overtake each other, a slow one's do not.
TEST(AgentBridge, LetsEventsOvertakeEachOtherWithSeveralEmitters) {
  AgentSettings settings;
  settings.emitters = Emitters::several;
  const auto play_with = [&](Duration between) {
    auto play = std::make_unique<Play>(settings);
    play->run(
        [&](Stage& stage) {
          for (ScriptedStep& step : stage.backend.steps) step.after = exactly(between);
        },
        one_run(seconds(3)));
    return play;
  };
  const Words in_order{"agent_started", "agent_thinking", "tool_executing", "tool_completed",
                       "agent_completed"};
  EXPECT_EQ(play_with(milliseconds(250))->types(), in_order);
  const auto fast = play_with(milliseconds(20))->types();
  EXPECT_EQ(fast, (Words{"agent_started", "agent_completed", "agent_thinking", "tool_executing",
                         "tool_completed"}));
}

// The agent that needs no service says what it heard.
TEST(EchoBackend, SaysWhatItHeard) {
  std::vector<AgentStep> steps;
  testing::Simulation simulation;
  EchoBackend backend;
  const auto body = [&]() -> Awaitable<> {
    AgentRequest request;
    request.text = "hello";
    const auto run = co_await backend.start(std::move(request));
    for (;;) {
      auto step = co_await run->next();
      if (!step) break;
      steps.push_back(std::move(*step));
    }
  };
  simulation.run(
      [&](Runtime& runtime, const Executor& root) { spawn(runtime, root, "test", body()); });
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].kind, AgentStep::Kind::reply);
  EXPECT_EQ(steps[0].text, "You said: hello");
}

}  // namespace
}  // namespace raceproof::gateway
