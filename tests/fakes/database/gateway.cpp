// What the gateway says, with its own texts: the names of its tables get the conversation's prefix.
#include <map>

#include "gateway/database/statements.hpp"
#include "tests/fakes/database/conversation.hpp"

namespace raceproof::fakes::database::test {
namespace {

namespace say = gateway::database::statements;

/// `sql` with % in front of each of the gateway's tables where it stands as a table.
std::string own(std::string_view sql) {
  std::string text(sql);
  for (const std::string table :
       {"schema_migrations", "users", "threads", "runs", "messages", "outbox"}) {
    for (const std::string before : {"TABLE ", "EXISTS ", "FROM ", "INTO ", "UPDATE "}) {
      const auto at = text.find(before + table);
      if (at != std::string::npos) text.insert(at + before.size(), "%");
    }
  }
  return text;
}

std::string step(char session, std::string_view sql, const std::vector<std::string>& parameters) {
  std::string line = std::string(1, session) + ": " + own(sql);
  for (const auto& parameter : parameters) line += " | " + parameter;
  return line;
}

std::vector<std::string> tables() {
  std::vector<std::string> all = {own(say::create_migrations)};
  for (const auto sql : say::create_runs) all.push_back(own(sql));
  for (const auto sql : say::create_outbox) all.push_back(own(sql));
  return all;
}

using Lines = std::vector<std::string>;

Lines begin_run(char session, const std::string& user, const std::string& thread,
                const std::string& run) {
  const std::string who(1, session);
  return {
      who + ": BEGIN",
      step(session, say::count_begun_of_user, {user}),
      step(session, say::add_user, {user}),
      step(session, say::count_begun_of_thread, {thread, user}),
      step(session, say::add_thread, {thread, user}),
      step(session, say::add_run, {run, thread, user}),
      step(session, say::add_message, {thread, run, "user", "hello"}),
      step(session, say::add_event,
           {"one", "agent_started", user, thread, run, "agent", "", "", "2025-09-08"}),
      who + ": COMMIT",
  };
}

Lines end_run(char session, const std::string& user, const std::string& thread,
              const std::string& run) {
  const std::string who(1, session);
  return {
      who + ": BEGIN",
      step(session, say::end_run, {run, thread, user, "completed"}),
      step(session, say::count_ended_of_thread, {thread, user}),
      step(session, say::count_ended_of_user, {user}),
      step(session, say::add_message, {thread, run, "agent", "world"}),
      step(session, say::add_event,
           {"one", "agent_completed", user, thread, run, "agent", "", "world", "2025-09-08"}),
      who + ": COMMIT",
  };
}

/// The lines of two, one of each in turn.
Lines interleaved(const Lines& a, const Lines& b) {
  Lines all;
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    if (i < a.size()) all.push_back(a[i]);
    if (i < b.size()) all.push_back(b[i]);
  }
  return all;
}

Lines together(std::initializer_list<Lines> parts) {
  Lines all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

Lines state() {
  return {
      "A: SELECT id, runs_begun, runs_ended FROM %users ORDER BY id",
      "A: SELECT id, user_id, runs_begun, runs_ended FROM %threads ORDER BY id",
      "A: SELECT id, status FROM %runs ORDER BY id",
      "A: SELECT thread_id, run_id, role, body FROM %messages ORDER BY id",
      step('A', say::unsent_events, {"one", "10"}),
  };
}

}  // namespace

std::vector<Conversation> gateway_conversations() {
  std::vector<Conversation> all;
  const auto add = [&](const char* name, Lines preparation, const Lines& lines) {
    all.push_back(make_conversation(name, std::move(preparation), lines));
  };
  Lines migrate = {
      "A: BEGIN", step('A', say::create_migrations, {}), "A: COMMIT",
      "A: BEGIN", step('A', say::lock_migrations, {}),   step('A', say::applied_migrations, {})};
  for (const auto sql : say::create_runs) migrate.push_back(step('A', sql, {}));
  migrate.push_back(step('A', say::record_migration, {"1", "runs"}));
  for (const auto sql : say::create_outbox) migrate.push_back(step('A', sql, {}));
  migrate.push_back(step('A', say::record_migration, {"2", "outbox"}));
  migrate.emplace_back("A: COMMIT");
  Lines meanwhile = {"B: SELECT 1", step('B', say::create_migrations, {}), "B: BEGIN",
                     step('B', say::lock_migrations, {}), step('B', say::applied_migrations, {})};
  add("the gateway migrates, another one watches", {}, interleaved(migrate, meanwhile));
  add("the gateway begins and ends a run", tables(),
      together({begin_run('A', "alice", "t1", "r1"),
                end_run('A', "alice", "t1", "r1"),
                {step('A', say::remove_event, {"1"}), step('A', say::probe, {})},
                state()}));
  add("two runs of one user begin at once", tables(),
      together(
          {interleaved(begin_run('A', "alice", "t1", "r1"), begin_run('B', "alice", "t1", "r2")),
           {"B: COMMIT"},
           state()}));
  add("the end of a run meets the beginning of the next", tables(),
      together({begin_run('A', "alice", "t1", "r1"),
                interleaved(begin_run('A', "alice", "t1", "r2"), end_run('B', "alice", "t1", "r1")),
                {"A: ROLLBACK", "B: ROLLBACK"},
                state()}));
  add("two users begin in one thread", tables(),
      together({interleaved(begin_run('A', "alice", "t1", "r1"), begin_run('B', "bob", "t1", "r2")),
                {"B: ROLLBACK"},
                state()}));
  add("a run that is there already", tables(),
      together(
          {begin_run('A', "alice", "t1", "r1"), begin_run('B', "alice", "t1", "r1"), state()}));
  return all;
}

}  // namespace raceproof::fakes::database::test
