// The built-in invariants on traces made by hand. Passing means: each is violated by what it
// forbids, at the right place and with a sentence that names it, and by nothing else.
#include <gtest/gtest.h>

#include "harness/check/relations.hpp"
#include "tests/harness/check/hand_made_trace.hpp"

namespace raceproof::check {
namespace {

using namespace std::string_view_literals;

class InvariantTest : public ::testing::Test {
 protected:
  /// What is wrong, by the invariant's name in files; empty if nothing is.
  std::string judge() {
    Invariants invariants;
    const auto& violations = invariants.judge(trace.trace());
    std::string text;
    for (std::size_t i = 0; i < violations.size(); ++i) {
      if (!violations[i]) continue;
      text +=
          (text.empty() ? "" : " | ") + std::string(invariant_names[i]) + ": " + violations[i]->why;
    }
    return text;
  }

  void open(std::string_view client, std::string_view user) {
    trace.observe(++now, "client_open", {{"client", client}, {"user", user}});
  }
  void close(std::string_view client) { trace.close(++now, client, 1006); }
  void frame(std::string_view client, std::string_view type, std::string_view user,
             std::string_view run, std::string_view tool = "", bool recovered = false) {
    const std::string text = std::to_string(++now);  // no two frames are alike
    same_frame(client, type, user, run, text, tool, recovered);
  }
  void same_frame(std::string_view client, std::string_view type, std::string_view user,
                  std::string_view run, std::string_view text, std::string_view tool = "",
                  bool recovered = false) {
    trace.observe(++now, "client_frame",
                  {{"client", client},
                   {"type", type},
                   {"text", text},
                   {"user", user},
                   {"run", run},
                   {"tool", tool},
                   {"recovered", recovered}});
  }
  /// Events of run r1 to alice.
  void events(std::initializer_list<std::string_view> types, bool recovered = false) {
    for (const auto type : types) {
      frame("alice", type, "alice", "r1", type.starts_with("tool") ? "search"sv : ""sv, recovered);
    }
  }
  void whole_run() {
    events(
        {"agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"});
  }
  void on(std::string_view strand, std::string_view name, std::initializer_list<Field> fields) {
    trace.on(strand, ++now, name, fields);
  }
  void moves(std::string_view strand, std::string_view machine, std::string_view from,
             std::string_view to) {
    on(strand, "transition", {{"machine", machine}, {"id", "m"sv}, {"from", from}, {"to", to}});
  }

  HandMadeTrace trace;
  std::int64_t now = 0;
};

TEST_F(InvariantTest, NothingIsWrongWithNothing) { EXPECT_EQ(judge(), ""); }

// --- user isolation ---------------------------------------------------------------------------

TEST_F(InvariantTest, FramesReachTheirUser) {
  open("alice", "alice");
  open("tab", "alice");
  open("unknown", "");
  frame("alice", "note", "alice", "");
  frame("tab", "note", "alice", "");
  frame("alice", "note", "", "");
  frame("unknown", "note", "alice", "");
  EXPECT_EQ(judge(), "");
  frame("tab", "note", "bob", "");
  EXPECT_EQ(judge(), "user_isolation: tab (user alice) received 'note', which is for bob");
}

TEST_F(InvariantTest, ARunBelongsToOneUserWhateverItsFramesSay) {
  open("alice", "alice");
  open("tab", "alice");
  open("bob", "bob");
  frame("alice", "agent_started", "alice", "r1");
  frame("tab", "agent_started", "alice", "r1");
  EXPECT_EQ(judge(), "");
  frame("bob", "agent_started", "bob", "r1");
  EXPECT_EQ(judge(), "user_isolation: alice and bob both received events of run r1");
}

TEST_F(InvariantTest, TheGatewaySendsToTheUserOfTheSession) {
  on("gateway/a", "session_accepted", {{"peer", "p"sv}, {"user", "alice"sv}});
  on("gateway/a", "ws_sent", {{"peer", "p"sv}, {"type", "t"sv}, {"user", "alice"sv}});
  on("gateway/a", "ws_sent", {{"peer", "p"sv}, {"type", "t"sv}});
  EXPECT_EQ(judge(), "");
  on("gateway/a", "ws_sent", {{"peer", "p"sv}, {"type", "t"sv}, {"user", "bob"sv}});
  EXPECT_EQ(judge(), "user_isolation: 't', which is for bob, was sent to p, a session of alice");
}

// --- agent events -----------------------------------------------------------------------------

TEST_F(InvariantTest, ARunInOrderIsRight) {
  open("alice", "alice");
  whole_run();
  frame("alice", "agent_started", "alice", "r2");
  frame("alice", "agent_failed", "alice", "r2");
  frame("alice", "agent_completed", "alice", "");  // names no run
  EXPECT_EQ(judge(), "");
}

TEST_F(InvariantTest, ARunBeginsWithItsStart) {
  open("alice", "alice");
  events({"agent_thinking", "agent_started"});
  EXPECT_EQ(judge(),
            "agent_event_order: alice received 'agent_thinking' of run r1 before its "
            "agent_started");
}

TEST_F(InvariantTest, ARunThatCouldNotBeginIsToldOfByItsFailureAlone) {
  open("alice", "alice");
  events({"agent_failed"});
  EXPECT_EQ(judge(), "");
  events({"agent_started"});
  EXPECT_EQ(judge(), "agent_event_order: alice received 'agent_started' of run r1 after its end");
}

TEST_F(InvariantTest, WhoConnectsLateMayMeetARunInItsMiddle) {
  open("alice", "alice");
  close("alice");
  open("alice", "alice");
  events({"agent_thinking", "tool_completed", "agent_completed"});
  open("tab", "bob");
  open("desk", "bob");
  frame("tab", "agent_thinking", "bob", "r2");
  EXPECT_EQ(judge(), "");
}

TEST_F(InvariantTest, NothingComesAfterTheEnd) {
  open("alice", "alice");
  whole_run();
  events({"agent_thinking"});
  EXPECT_EQ(judge(), "agent_event_order: alice received 'agent_thinking' of run r1 after its end");
}

TEST_F(InvariantTest, ThereIsOneEnd) {
  open("alice", "alice");
  events({"agent_started", "agent_failed", "agent_completed"});
  EXPECT_EQ(judge(),
            "agent_event_order: alice received 'agent_completed' of run r1 a second time, or after "
            "another end");
}

TEST_F(InvariantTest, ToolsEndAfterTheyBegin) {
  open("alice", "alice");
  events({"agent_started", "tool_completed"});
  EXPECT_EQ(judge(),
            "agent_event_order: alice received 'tool_completed' of run r1 before the "
            "tool_executing that belongs to it");
}

TEST_F(InvariantTest, AToolMayBeUsedAgain) {
  open("alice", "alice");
  events({"agent_started", "tool_executing", "tool_completed", "tool_executing", "tool_completed"});
  EXPECT_EQ(judge(), "");
  events({"tool_executing", "tool_executing"});
  EXPECT_EQ(judge(),
            "agent_event_order: alice received 'tool_executing' of run r1 while that tool was "
            "executing already");
}

TEST_F(InvariantTest, NoFrameComesTwiceInARow) {
  open("alice", "alice");
  events({"agent_started"});
  same_frame("alice", "agent_thinking", "alice", "r1", "one");
  same_frame("alice", "agent_thinking", "alice", "r1", "two");
  same_frame("alice", "agent_thinking", "alice", "r1", "one");
  EXPECT_EQ(judge(), "");
  same_frame("alice", "agent_thinking", "alice", "r1", "one");
  EXPECT_EQ(judge(), "agent_event_order: alice received 'agent_thinking' of run r1 twice in a row");
}

TEST_F(InvariantTest, WhatIsRecoveredMayRepeatButNotComeLate) {
  open("alice", "alice");
  events({"agent_started", "agent_thinking"});
  close("alice");
  open("alice", "alice");
  events({"agent_started", "agent_thinking", "tool_executing"}, true);
  events({"tool_completed", "agent_completed"});
  EXPECT_EQ(judge(), "");
  events({"agent_thinking"}, true);
  EXPECT_EQ(judge(),
            "agent_event_order: alice received 'agent_thinking' of run r1 as recovered, behind "
            "what happened after it");
}

TEST_F(InvariantTest, ARunIsOpenOnlyWhileSomethingCanHappen) {
  open("alice", "alice");
  events({"agent_started"});
  EXPECT_EQ(judge(), "") << "the run of the world was stopped";
  trace.observe(++now, "unfinished",
                {{"client", "bob"sv}, {"end", "quiescent"sv}, {"stuck", true}, {"waits", "x"sv}});
  EXPECT_NE(judge().find("agent_event_order: run r1 of alice was started and never ended"),
            std::string::npos);
}

TEST_F(InvariantTest, ARunMayStayOpenForAClientThatLeft) {
  open("alice", "alice");
  events({"agent_started"});
  close("alice");
  trace.observe(++now, "unfinished",
                {{"client", "bob"sv}, {"end", "quiescent"sv}, {"stuck", true}, {"waits", "x"sv}});
  EXPECT_EQ(judge().find("agent_event_order"), std::string::npos);
}

// --- sessions ---------------------------------------------------------------------------------

TEST_F(InvariantTest, FramesGoOutBetweenAcceptAndClose) {
  on("gateway/a", "session_accepted", {{"peer", "p"sv}, {"user", "alice"sv}});
  on("gateway/a", "ws_sent", {{"peer", "p"sv}, {"type", "t"sv}});
  on("gateway/a", "session_closing", {{"peer", "p"sv}});
  on("gateway/b", "session_accepted", {{"peer", "p"sv}, {"user", "alice"sv}});
  on("gateway/b", "ws_sent", {{"peer", "p"sv}, {"type", "t"sv}});  // the same peer, come again
  on("gateway/a", "session_closed", {{"peer", "p"sv}});
  EXPECT_EQ(judge(), "");
}

TEST_F(InvariantTest, NothingGoesOutBeforeTheAccept) {
  on("gateway/a", "ws_sent", {{"peer", "p"sv}, {"type", "t"sv}});
  on("gateway/a", "session_accepted", {{"peer", "p"sv}, {"user", "alice"sv}});
  EXPECT_EQ(judge(), "frames_within_session: 't' was sent to p before the session was accepted");
}

TEST_F(InvariantTest, NothingGoesOutAfterTheClose) {
  on("gateway/a", "session_accepted", {{"peer", "p"sv}, {"user", "alice"sv}});
  on("gateway/a", "session_closing", {{"peer", "p"sv}});
  on("gateway/a", "ws_sent", {{"peer", "p"sv}, {"type", "t"sv}});
  EXPECT_EQ(judge(), "frames_within_session: 't' was sent to p after the session began to close");
}

TEST_F(InvariantTest, AClientReceivesOnAnOpenConnection) {
  open("alice", "alice");
  frame("alice", "note", "", "");
  EXPECT_EQ(judge(), "");
  close("alice");
  frame("alice", "note", "", "");
  EXPECT_EQ(judge(), "frames_within_session: alice received 'note' without an open connection");
}

// --- state machines ---------------------------------------------------------------------------

TEST_F(InvariantTest, MachinesMayGoTheirWays) {
  moves("gateway/auth", "breaker", "closed", "open");
  moves("gateway/auth", "breaker", "open", "half_open");
  moves("gateway/auth", "breaker", "half_open", "open");
  moves("other/auth", "breaker", "closed", "open");  // another process' machine of that name
  moves("gateway/auth", "run", "pending", "starting");
  moves("gateway/auth", "run", "starting", "dead");
  moves("gateway/auth", "unheard_of", "a", "b");
  EXPECT_EQ(judge(), "");
}

TEST_F(InvariantTest, MachinesMakeNoIllegalStep) {
  moves("gateway/auth", "breaker", "open", "closed");
  EXPECT_EQ(judge(), "legal_states: breaker m went from open to closed");
}

TEST_F(InvariantTest, AnEndIsFinal) {
  moves("gateway/tracker", "run", "running", "timeout");
  moves("gateway/tracker", "run", "timeout", "completed");
  EXPECT_EQ(judge(), "legal_states: run m went from timeout to completed");
}

TEST_F(InvariantTest, MachinesGoOnFromWhereTheyAre) {
  moves("gateway/auth", "breaker", "closed", "open");
  moves("gateway/auth", "breaker", "closed", "open");
  EXPECT_EQ(judge(), "legal_states: breaker m went from closed to open, but it was open");
}

TEST_F(InvariantTest, AKilledProcessBeginsAnew) {
  moves("gateway/auth", "breaker", "closed", "open");
  trace.kill("gateway", ++now);
  moves("gateway/auth", "breaker", "closed", "open");
  EXPECT_EQ(judge(), "");
}

TEST(Machines, HaveTheirTables) {
  EXPECT_TRUE(is_legal("breaker", "half_open", "closed"));
  EXPECT_FALSE(is_legal("breaker", "closed", "half_open"));
  EXPECT_TRUE(is_legal("bridge", "failed", "initializing"));
  EXPECT_TRUE(is_legal("bridge", "degraded", "uninitialized"));
  EXPECT_FALSE(is_legal("bridge", "failed", "active"));
  EXPECT_TRUE(is_legal("run", "completing", "completed"));
  EXPECT_FALSE(is_legal("run", "running", "completed"));
  EXPECT_FALSE(is_legal("run", "completed", "failed"));
  EXPECT_TRUE(is_legal("session", "accepted", "degraded"));
  EXPECT_FALSE(is_legal("session", "connecting", "established"));
  EXPECT_FALSE(is_legal("session", "closed", "connecting"));
}

// --- transactions -----------------------------------------------------------------------------

TEST_F(InvariantTest, EventsLeaveAfterTheirCommit) {
  const auto leaves = [&](std::int64_t transaction) {
    on("gateway/bridge", "event_leaves",
       {{"run", "r1"sv}, {"type", "agent_started"sv}, {"transaction", transaction}});
  };
  on("gateway/db", "transaction", {{"id", std::int64_t{1}}, {"status", "begin"sv}});
  on("gateway/db", "transaction", {{"id", std::int64_t{1}}, {"status", "committed"sv}});
  leaves(1);
  leaves(0);  // reports no transaction
  EXPECT_EQ(judge(), "");
  on("gateway/db", "transaction", {{"id", std::int64_t{2}}, {"status", "begin"sv}});
  leaves(2);
  on("gateway/db", "transaction", {{"id", std::int64_t{2}}, {"status", "committed"sv}});
  EXPECT_EQ(judge(),
            "commit_first: 'agent_started' of run r1 left before transaction 2 was committed");
}

// Passing means: where the outcome of a commit was unknown, its owner's word counts, but what the
// database says counts more.
TEST_F(InvariantTest, TheDatabaseKnowsWhatIsCommitted) {
  const auto leaves = [&](std::string_view type, std::string_view transaction) {
    on("gateway/bridge", "event_leaves",
       {{"run", "r1"sv}, {"type", type}, {"transaction", transaction}});
  };
  const auto row = [&](std::string_view change) {
    on("database/main", "db_row",
       {{"transaction", std::int64_t{4}},
        {"table", "runs"sv},
        {"key", "r1"sv},
        {"change", change}});
  };
  on("gateway/db", "transaction", {{"id", "r1/begin"sv}, {"status", "unknown"sv}});
  leaves("agent_started", "r1/begin");
  EXPECT_EQ(judge(), "") << "nobody tells of rows";
  on("database/main", "db_listening", {{"port", std::int64_t{1}}});
  row("inserted");
  leaves("agent_started", "r1/begin");
  on("gateway/db", "transaction", {{"id", "r1/end"sv}, {"status", "committed"sv}});
  EXPECT_EQ(judge(), "");
  leaves("agent_completed", "r1/end");
  row("updated");
  EXPECT_EQ(judge(),
            "commit_first: 'agent_completed' of run r1 left before the database had committed it");
}

TEST_F(InvariantTest, WhatWasRolledBackIsNotCommitted) {
  on("gateway/db", "transaction", {{"id", "t"sv}, {"status", "rolled_back"sv}});
  on("gateway/bridge", "event_leaves",
     {{"run", "r1"sv}, {"type", "agent_started"sv}, {"transaction", "t"sv}});
  EXPECT_EQ(judge(),
            "commit_first: 'agent_started' of run r1 left before transaction t was committed");
}

// --- ends -------------------------------------------------------------------------------------

TEST_F(InvariantTest, AShutdownLeavesNothing) {
  const auto left = [&](std::int64_t timers, std::int64_t streams, std::string_view names) {
    trace.observe(
        ++now, "process_left",
        {{"process", "gateway"sv}, {"timers", timers}, {"streams", streams}, {"names", names}});
  };
  left(0, 0, "");
  EXPECT_EQ(judge(), "");
  left(1, 2, "gateway/main: poll");
  EXPECT_EQ(judge(),
            "nothing_left: after its shutdown gateway still has 1 timers, 2 streams "
            "(gateway/main: poll)");
}

TEST_F(InvariantTest, WhatABackendHoldsExplainsWhatWasLeft) {
  const auto held = [&] {
    trace.observe(++now, "backend_left",
                  {{"backend", "redis"sv},
                   {"process", "gateway"sv},
                   {"connection", "gateway/redis"sv},
                   {"subscriptions", std::int64_t{1}},
                   {"state", ""sv},
                   {"rows", std::int64_t{0}}});
  };
  held();
  EXPECT_EQ(judge(), "") << "its connection has been closed, and Redis has not heard of it yet";
  trace.observe(++now, "process_left",
                {{"process", "gateway"sv}, {"streams", std::int64_t{1}}, {"names", ""sv}});
  held();
  EXPECT_EQ(judge(),
            "nothing_left: after its shutdown gateway still has 1 streams; redis holds 1 "
            "subscriptions of gateway/redis");
}

class OpenTransactionTest : public InvariantTest {
 protected:
  void begins(std::int64_t session) {
    on("database/database", "db_connection",
       {{"session", session}, {"connection", "gateway/database"sv}});
  }
  void ends(std::int64_t session, bool left, std::string_view state) {
    on("database/database", "db_disconnection",
       {{"session", session}, {"left", left}, {"state", state}, {"rows", std::int64_t{2}}});
  }
  void shuts_down() { on("gateway/main", "shutdown_end", {}); }
};

// Told before or after the end of the shutdown: the database may notice late.
TEST_F(OpenTransactionTest, IsNotLeftBehind) {
  begins(1);
  begins(2);
  ends(2, true, "idle");
  shuts_down();
  EXPECT_EQ(judge(), "");
  ends(1, true, "idle in transaction");
  EXPECT_EQ(judge(),
            "nothing_left: gateway has shut down, and closed session 1 of the database with a "
            "transaction open in it, which had changed or locked 2 rows");
}

TEST_F(OpenTransactionTest, MayBeGivenUpWhenNothingElseIsLeft) {
  for (std::int64_t session = 1; session <= 3; ++session) begins(session);
  ends(1, true, "active");
  ends(2, true, "idle in transaction (aborted)");
  ends(3, false, "idle in transaction");  // the database ended it
  shuts_down();
  EXPECT_EQ(judge(), "");
}

TEST_F(OpenTransactionTest, IsNotBlamedOnWhoWasKilled) {
  begins(1);
  trace.kill("gateway", ++now);
  ends(1, true, "idle in transaction");
  EXPECT_EQ(judge(), "");
  begins(2);
  shuts_down();  // in its second life
  EXPECT_EQ(judge(), "");
  ends(2, true, "idle in transaction");
  EXPECT_NE(judge(), "");
}

TEST_F(InvariantTest, NobodyWaitsForEver) {
  const auto unfinished = [&](std::string_view end, bool stuck) {
    trace.observe(++now, "unfinished",
                  {{"client", "alice"sv},
                   {"end", end},
                   {"stuck", stuck},
                   {"waits", "alice waits for client expects"sv}});
  };
  unfinished("horizon", false);
  EXPECT_EQ(judge(), "") << "its wait had a limit, beyond the horizon";
  unfinished("horizon", true);
  EXPECT_EQ(judge(),
            "no_deadlock: the time is up, and alice is not done: alice waits for client expects");
}

TEST_F(InvariantTest, NobodyWaitsWhenNothingIsLeftToHappen) {
  trace.observe(++now, "unfinished",
                {{"client", "alice"sv},
                 {"end", "quiescent"sv},
                 {"stuck", true},
                 {"waits", "alice waits for client expects; gateway/db waits for a permit"sv}});
  EXPECT_EQ(judge(),
            "no_deadlock: nothing is left to happen, and alice is not done: alice waits for client "
            "expects; gateway/db waits for a permit");
}

// --- as checks --------------------------------------------------------------------------------

Check named(Check::Kind kind, Invariant invariant) {
  Check check;
  check.kind = kind;
  check.pattern.kind = Pattern::Kind::invariant;
  check.pattern.invariant = invariant;
  return check;
}

// Passing means: a violation is a finding of the check that names the invariant, at its event.
TEST_F(InvariantTest, AreJudgedAsChecks) {
  open("alice", "alice");
  frame("alice", "note", "bob", "");
  const auto event = trace.trace().observations().back().event;
  auto finding = trace.judge(named(Check::Kind::never, Invariant::user_isolation));
  EXPECT_TRUE(finding.violated);
  EXPECT_EQ(finding.event, event);
  EXPECT_EQ(finding.observation, 1U);
  EXPECT_EQ(finding.why, "alice received 'note', which is for bob");
  finding = trace.judge(named(Check::Kind::sometimes, Invariant::user_isolation));
  EXPECT_TRUE(finding.seen);
  EXPECT_FALSE(finding.violated);
  finding = trace.judge(named(Check::Kind::never, Invariant::legal_states));
  EXPECT_FALSE(finding.violated);
}

// Passing means: what a scenario does not name is required all the same, and what it names once.
TEST(BuiltIn, AreAddedUnlessNamed) {
  std::vector<Check> checks = {named(Check::Kind::never, Invariant::commit_first),
                               named(Check::Kind::sometimes, Invariant::no_deadlock)};
  add_built_in(checks);
  EXPECT_EQ(checks.size(), 2 + invariant_count - 1);
  for (std::size_t i = 2; i < checks.size(); ++i) {
    EXPECT_TRUE(checks[i].built_in);
    EXPECT_NE(checks[i].pattern.invariant, Invariant::commit_first);
    EXPECT_EQ(checks[i].text, statement_of(checks[i].pattern.invariant));
  }
}

// Passing means: only observations about one thing are related, those of different things not.
TEST(BuiltIn, RelateWhatIsAboutOneThing) {
  const std::vector<Check> checks = {named(Check::Kind::never, Invariant::commit_first),
                                     named(Check::Kind::never, Invariant::user_isolation),
                                     named(Check::Kind::never, Invariant::legal_states)};
  const auto all = relations(checks);
  ASSERT_EQ(all.size(), 3U) << "isolation looks at one strand at a time";
  const auto part = [&](std::size_t relation, std::string_view name,
                        std::initializer_list<Field> fields, std::string_view process = "g") {
    return part_in(all[relation], {name, std::span(fields.begin(), fields.size())}, process);
  };
  const auto commit = part(0, "transaction", {{"id", std::int64_t{7}}, {"status", "committed"sv}});
  const auto leaves = part(0, "event_leaves", {{"run", "r"sv}, {"transaction", std::int64_t{7}}});
  const auto other = part(0, "event_leaves", {{"run", "r"sv}, {"transaction", std::int64_t{8}}});
  ASSERT_TRUE(commit && leaves && other);
  EXPECT_TRUE(commit->writes && leaves->writes);
  EXPECT_EQ(commit->thing, leaves->thing);
  EXPECT_NE(commit->thing, other->thing);
  EXPECT_FALSE(part(0, "ws_sent", {{"peer", "p"sv}}));
  const auto row = part(1, "db_row", {{"table", "runs"sv}, {"key", "r"sv}}, "database");
  const auto told = part(1, "event_leaves", {{"run", "r"sv}, {"transaction", "x"sv}}, "gateway");
  ASSERT_TRUE(row && told);
  EXPECT_EQ(row->thing, told->thing) << "of two processes";
  const auto one = part(2, "transition", {{"machine", "run"sv}, {"id", "a"sv}});
  const auto same = part(2, "transition", {{"machine", "run"sv}, {"id", "a"sv}});
  const auto another = part(2, "transition", {{"machine", "run"sv}, {"id", "a"sv}}, "h");
  ASSERT_TRUE(one && same && another);
  EXPECT_EQ(one->thing, same->thing);
  EXPECT_NE(one->thing, another->thing);
}

}  // namespace
}  // namespace raceproof::check
