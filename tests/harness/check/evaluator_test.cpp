// Checks on traces made by hand. Passing means: every kind of check says yes and no where it
// should.
#include <gtest/gtest.h>

#include "tests/harness/check/hand_made_trace.hpp"

namespace raceproof::check {
namespace {

using namespace std::chrono_literals;
using Kind = Check::Kind;

TEST(Never, IsViolatedByTheFirstMatch) {
  HandMadeTrace trace;
  trace.close(1, "alice", 1000);
  const auto first = trace.close(2, "alice", 1011);
  trace.close(3, "bob", 1011);
  const auto finding = trace.judge(check_of(Kind::never, close_with(1011)));
  EXPECT_TRUE(finding.violated);
  EXPECT_EQ(finding.event, first);
  EXPECT_EQ(finding.observation, 1U);
  EXPECT_FALSE(trace.judge(check_of(Kind::never, close_with(1008))).violated);
}

TEST(Never, LooksAtHttpFramesFieldsAndClients) {
  HandMadeTrace trace;
  trace.observe(1, "client_http",
                {{"client", std::string_view("alice")}, {"status", std::int64_t{503}}});
  trace.frame(2, "alice", "chat");
  trace.observe(3, "lost", {{"count", std::int64_t{2}}, {"final", true}});
  Pattern http;
  http.kind = Pattern::Kind::http;
  http.code = 503;
  EXPECT_TRUE(trace.judge(check_of(Kind::never, http)).violated);
  http.clients = {"bob", "carol"};
  EXPECT_FALSE(trace.judge(check_of(Kind::never, http)).violated);
  http.clients = {"bob", "alice"};
  EXPECT_TRUE(trace.judge(check_of(Kind::never, http)).violated);
  EXPECT_TRUE(trace.judge(check_of(Kind::never, frame_of("chat"))).violated);
  EXPECT_TRUE(trace.judge(check_of(Kind::never, frame_of(""))).violated) << "any type";
  EXPECT_FALSE(trace.judge(check_of(Kind::never, frame_of("other"))).violated);
  Pattern lost = observed("lost");
  lost.where = {{"count", "2"}, {"final", "true"}};
  EXPECT_TRUE(trace.judge(check_of(Kind::never, lost)).violated);
  lost.where = {{"count", "3"}};
  EXPECT_FALSE(trace.judge(check_of(Kind::never, lost)).violated);
  lost.where = {{"missing", "3"}};
  EXPECT_FALSE(trace.judge(check_of(Kind::never, lost)).violated);
}

// Passing means: `while` speaks of the states as they are when the event happens, not before or
// after.
TEST(While, FollowsTheStates) {
  HandMadeTrace trace;
  trace.observe(0, "look", {});
  trace.state(1, "redis", "connected", true);
  const auto inside = trace.observe(2, "look", {});
  trace.state(3, "redis", "operational", true);
  trace.observe(4, "look", {});
  Pattern look = observed("look");
  using E = StateExpression::Kind;
  const auto connected = fact("redis", "connected");
  const auto not_operational = combined(E::negation, {fact("redis", "operational")});
  look.during = combined(E::all, {connected, not_operational});
  const auto found = trace.judge(check_of(Kind::never, look));
  EXPECT_TRUE(found.violated);
  EXPECT_EQ(found.event, inside);
  look.during =
      combined(E::all, {combined(E::negation, {connected}), fact("redis", "operational")});
  EXPECT_FALSE(trace.judge(check_of(Kind::never, look)).violated);
  look.during = combined(E::any, {fact("never", "reported"), connected});
  EXPECT_EQ(trace.judge(check_of(Kind::never, look)).event, inside);
  look.during = fact("never", "reported");
  EXPECT_FALSE(trace.judge(check_of(Kind::never, look)).violated) << "an unreported fact is false";
}

TEST(Always, HoldsWhereEveryEventMeetsItsConditions) {
  HandMadeTrace trace;
  trace.state(1, "gateway", "ready", true);
  trace.observe(2, "session_accepted", {});
  Pattern accepted = observed("session_accepted");
  accepted.during = fact("gateway", "ready");
  EXPECT_FALSE(trace.judge(check_of(Kind::always, accepted)).violated);
  EXPECT_TRUE(trace.judge(check_of(Kind::always, accepted)).seen);
  trace.state(3, "gateway", "ready", false);
  const auto wrong = trace.observe(4, "session_accepted", {});
  const auto finding = trace.judge(check_of(Kind::always, accepted));
  EXPECT_TRUE(finding.violated);
  EXPECT_EQ(finding.event, wrong);
}

TEST(Always, OfAStateLooksAtEveryMoment) {
  Pattern state;
  state.kind = Pattern::Kind::state;
  state.during = combined(StateExpression::Kind::negation, {fact("gateway", "broken")});
  HandMadeTrace good;
  good.observe(1, "anything", {});
  EXPECT_FALSE(good.judge(check_of(Kind::always, state)).violated);
  good.state(2, "gateway", "broken", true);
  EXPECT_TRUE(good.judge(check_of(Kind::always, state)).violated);
}

TEST(Sometimes, IsSeenOrNotAndNeverViolated) {
  HandMadeTrace trace;
  trace.close(1, "alice", 1011);
  const auto seen = trace.judge(check_of(Kind::sometimes, close_with(1011)));
  EXPECT_TRUE(seen.seen);
  EXPECT_FALSE(seen.violated);
  const auto unseen = trace.judge(check_of(Kind::sometimes, close_with(1000)));
  EXPECT_FALSE(unseen.seen);
  EXPECT_FALSE(unseen.violated);
}

TEST(Eventually, NeedsAMatchWithinItsLimit) {
  HandMadeTrace trace;
  trace.frame(300, "alice", "ready");
  trace.frame(900, "alice", "ready");
  Check check = check_of(Kind::eventually, frame_of("ready"));
  EXPECT_FALSE(trace.judge(check).violated);
  check.within = 300ms;
  EXPECT_FALSE(trace.judge(check).violated) << "the limit itself is in time";
  check.within = 299ms;
  EXPECT_TRUE(trace.judge(check).violated);
  check = check_of(Kind::eventually, frame_of("other"));
  const auto finding = trace.judge(check);
  EXPECT_TRUE(finding.violated);
  EXPECT_FALSE(finding.seen);
  EXPECT_EQ(finding.observation, trace.trace().observations().size()) << "nothing to point at";
}

// Passing means: in a symbolic run, the limit is held against the longest time that the class
// allows.
TEST(Eventually, IsDecidedOnTheRegionInASymbolicRun) {
  HandMadeTrace trace;
  const auto event = trace.frame(300, "alice", "ready");
  Check check = check_of(Kind::eventually, frame_of("ready"));
  check.within = 400ms;
  std::size_t asked = 0;
  const LongestBetween longest = [&](trace::EventId from, trace::EventId to) -> std::int64_t {
    ++asked;
    EXPECT_EQ(from, 0U);
    EXPECT_EQ(to, event);
    return 450'000'000;
  };
  EXPECT_TRUE(trace.judge(check, longest).violated);
  check.within = 450ms;
  EXPECT_FALSE(trace.judge(check, longest).violated);
  check.within.reset();
  EXPECT_FALSE(trace.judge(check, longest).violated);
  EXPECT_EQ(asked, 2U) << "only where a check has a limit";
}

Check leads_to(Pattern from, Pattern to) {
  Check check = check_of(Kind::leads_to, std::move(from));
  check.to = std::move(to);
  return check;
}

TEST(LeadsTo, NeedsAnAnswerToEveryEvent) {
  const auto check = leads_to(frame_of("ask"), frame_of("answer"));
  HandMadeTrace trace;
  EXPECT_FALSE(trace.judge(check).violated) << "nothing was asked";
  EXPECT_FALSE(trace.judge(check).seen);
  trace.frame(1, "alice", "answer");
  const auto asked = trace.frame(2, "alice", "ask");
  auto finding = trace.judge(check);
  EXPECT_TRUE(finding.violated) << "an earlier answer does not count";
  EXPECT_EQ(finding.event, asked);
  trace.frame(3, "alice", "answer");
  EXPECT_FALSE(trace.judge(check).violated);
  EXPECT_TRUE(trace.judge(check).seen);
  trace.frame(4, "alice", "ask");
  EXPECT_TRUE(trace.judge(check).violated);
}

TEST(LeadsTo, TellsClientsApart) {
  const auto check = leads_to(frame_of("ask"), frame_of("answer"));
  HandMadeTrace trace;
  trace.frame(1, "alice", "ask");
  const auto asked = trace.frame(2, "bob", "ask");
  trace.frame(3, "alice", "answer");
  const auto finding = trace.judge(check);
  EXPECT_TRUE(finding.violated);
  EXPECT_TRUE(trace.judge(leads_to(frame_of("ask"), observed("flushed"))).violated);
  trace.observe(4, "flushed", {});  // names no client: answers everybody
  EXPECT_FALSE(trace.judge(leads_to(frame_of("ask"), observed("flushed"))).violated);
  trace.frame(5, "bob", "answer");
  EXPECT_FALSE(trace.judge(check).violated);
  (void)asked;
}

TEST(LeadsTo, HoldsItsLimitAgainstEveryPair) {
  auto check = leads_to(frame_of("ask"), frame_of("answer"));
  HandMadeTrace trace;
  trace.frame(0, "alice", "ask");
  trace.frame(100, "alice", "answer");
  const auto slow = trace.frame(200, "alice", "ask");
  trace.frame(500, "alice", "answer");
  check.within = 300ms;
  EXPECT_FALSE(trace.judge(check).violated);
  check.within = 299ms;
  const auto finding = trace.judge(check);
  EXPECT_TRUE(finding.violated);
  EXPECT_EQ(trace.trace().observations()[finding.observation].event, slow);
  // The same on a region that is wider than this witness.
  check.within = 300ms;
  EXPECT_TRUE(
      trace.judge(check, [](trace::EventId, trace::EventId) { return 300'000'001; }).violated);
}

// Passing means: what is both the end of one pair and the beginning of the next counts as both.
TEST(LeadsTo, MayChain) {
  const auto check = leads_to(frame_of("tick"), frame_of("tick"));
  HandMadeTrace trace;
  trace.frame(1, "alice", "tick");
  trace.frame(2, "alice", "tick");
  const auto last = trace.frame(3, "alice", "tick");
  const auto finding = trace.judge(check);
  EXPECT_TRUE(finding.violated) << "the last tick leads to none";
  EXPECT_EQ(trace.trace().observations()[finding.observation].event, last);
}

// Passing means: causes are followed through the graph of events, never guessed from order or text.
TEST(CausedBy, FollowsTheGraph) {
  HandMadeTrace trace;
  const auto reply =
      trace.observe(1, "redis_reply",
                    {{"command", std::string_view("PUBLISH")}, {"reply", std::string_view(":0")}});
  const auto between = trace.event(2, reply);
  const auto closed = trace.close(3, "alice", 1011, between);
  const auto unrelated = trace.close(4, "bob", 1011);
  EXPECT_TRUE(is_caused_by(trace.trace(), closed, {"PUBLISH", "0", {}}));
  EXPECT_FALSE(is_caused_by(trace.trace(), unrelated, {"PUBLISH", "0", {}}));
  EXPECT_FALSE(is_caused_by(trace.trace(), closed, {"PUBLISH", "1", {}}));
  EXPECT_FALSE(is_caused_by(trace.trace(), closed, {"EVALSHA", "0", {}}));
  EXPECT_TRUE(is_caused_by(trace.trace(), closed, {{}, {}, "redis_reply"}));
  EXPECT_TRUE(is_caused_by(trace.trace(), closed, {{}, {}, "client_close"})) << "itself included";
  EXPECT_FALSE(is_caused_by(trace.trace(), unrelated, {{}, {}, "redis_reply"}));
  EXPECT_EQ(causes_of(trace.trace(), closed),
            (std::vector<trace::EventId>{closed, between, reply, 0}));

  Pattern pattern = close_with(1011);
  pattern.clients = {"alice"};
  pattern.caused_by = CausedBy{"PUBLISH", "0", {}};
  EXPECT_TRUE(trace.judge(check_of(Kind::sometimes, pattern)).seen);
  pattern.clients = {"bob"};
  EXPECT_FALSE(trace.judge(check_of(Kind::sometimes, pattern)).seen);
  pattern.clients = {};
  const auto always = trace.judge(check_of(Kind::always, pattern));
  EXPECT_TRUE(always.violated);
  EXPECT_EQ(always.event, unrelated);
}

// Passing means: an evaluator that is used again starts afresh.
TEST(Evaluator, RemembersNothingOfEarlierTraces) {
  Pattern look = observed("look");
  look.during = fact("redis", "connected");
  const std::vector<Check> checks = {check_of(Kind::sometimes, look),
                                     leads_to(frame_of("ask"), frame_of("answer"))};
  Evaluator evaluator(checks);
  HandMadeTrace first;
  first.state(1, "redis", "connected", true);
  first.observe(2, "look", {});
  first.frame(3, "alice", "ask");
  HandMadeTrace second;
  second.observe(1, "look", {});
  const auto value = [](Duration d) { return d.to_ns(); };
  const auto& findings = evaluator.evaluate(first.trace(), {}, value);
  EXPECT_TRUE(findings[0].seen && findings[1].violated);
  (void)evaluator.evaluate(second.trace(), {}, value);
  EXPECT_FALSE(findings[0].seen || findings[1].violated);
}

}  // namespace
}  // namespace raceproof::check
