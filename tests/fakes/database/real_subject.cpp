// A real PostgreSQL as a subject. Who waits is read from its own tables of locks.
#include <chrono>
#include <map>
#include <set>

#include "adapters/postgres/postgres_database.hpp"
#include "runtime/asio/runtime.hpp"
#include "runtime/task.hpp"
#include "tests/adapters/postgres/real_postgres.hpp"
#include "tests/fakes/database/player.hpp"
#include "tests/fakes/database/subject.hpp"

namespace raceproof::fakes::database::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using gateway::database::Session;
using gateway::database::Value;

/// The server looks for deadlocks after 20 ms; this is late enough for that to be over.
constexpr auto deadlock_checked = 60ms;
constexpr std::size_t conversations_at_once = 4;

/// Which sessions wait, and for whom.
using Waiting = std::map<std::string, std::set<std::string>>;

bool has_circle(const Waiting& waiting) {
  for (const auto& [start, ignored] : waiting) {
    std::set<std::string> reached = {start};
    for (std::size_t before = 0; before != reached.size();) {
      before = reached.size();
      for (const auto& session : std::set(reached)) {
        const auto found = waiting.find(session);
        if (found == waiting.end()) continue;
        if (found->second.contains(start)) return true;
        reached.insert(found->second.begin(), found->second.end());
      }
    }
  }
  return false;
}

class SettlingByLocks final : public Settling {
 public:
  SettlingByLocks(Runtime& runtime, Session& monitor) : runtime_(runtime), monitor_(monitor) {}

  Awaitable<> opened(PlayedSession& played) override {
    std::vector<Value> none;
    const auto rows = co_await played.session->query("SELECT pg_backend_pid()", std::move(none));
    played.id = *rows.rows[0][0];
  }
  Awaitable<> before_statement() override {
    while (Clock::now() < waiting_since_ + deadlock_checked) {
      co_await runtime_.sleep_for(5ms, "deadlock timeout");
    }
  }
  Awaitable<> settle(const PlayedSessions& sessions) override {
    for (;;) {
      co_await runtime_.sleep_for(300us, "settle");
      const auto pending = pending_of(sessions);
      if (pending.empty()) {
        known_.clear();
        co_return;
      }
      const Waiting waiting = co_await look(pending);
      if (pending_of(sessions) != pending || waiting.size() != pending.size() ||
          has_circle(waiting)) {
        continue;  // somebody has work to do
      }
      if (pending != known_) waiting_since_ = Clock::now();
      known_ = pending;
      co_return;
    }
  }
  Awaitable<> gone(const PlayedSession& played) override {
    for (bool there = true; there;) {
      std::vector<Value> who = {played.id};
      const auto rows = co_await monitor_.query(
          "SELECT count(*) FROM pg_stat_activity WHERE pid = $1::int", std::move(who));
      there = *rows.rows[0][0] != "0";
      if (there) co_await runtime_.sleep_for(1ms, "gone");
    }
  }

 private:
  static std::set<std::string> pending_of(const PlayedSessions& sessions) {
    std::set<std::string> pending;
    for (const auto& played : sessions) {
      if (played->waiting) pending.insert(played->id);
    }
    return pending;
  }

  Awaitable<Waiting> look(const std::set<std::string>& pending) {
    std::string list;
    for (const auto& id : pending) list += (list.empty() ? "" : ",") + id;
    std::vector<Value> parameters = {list};
    const auto rows = co_await monitor_.query(
        "SELECT pid, array_to_string(pg_blocking_pids(pid), ',') FROM pg_locks "
        "WHERE NOT granted AND pid = ANY(string_to_array($1, ',')::int[])",
        std::move(parameters));
    Waiting waiting;
    for (const auto& row : rows.rows) {
      auto& blockers = waiting[*row[0]];
      std::string id;
      for (const char c : *row[1] + ",") {
        if (c == ',') {
          blockers.insert(std::exchange(id, {}));
        } else {
          id += c;
        }
      }
    }
    co_return waiting;
  }

  Runtime& runtime_;
  Session& monitor_;
  std::set<std::string> known_;
  Clock::time_point waiting_since_;
};

class RealPostgresSubject final : public Subject {
 public:
  RealPostgresSubject()
      : database_(runtime_, postgres::test::shared_postgres().options()),
        version_(postgres::test::shared_postgres().run(
            "SELECT 'PostgreSQL ' || split_part(current_setting('server_version'), ' ', 1)")) {}
  [[nodiscard]] std::string name() const override { return version_; }

  std::vector<std::vector<std::string>> play(
      const std::vector<Conversation>& conversations) override {
    std::vector<std::vector<std::string>> answers(conversations.size());
    next_ = 0;
    for (std::size_t i = 0; i < conversations_at_once; ++i) {
      const auto strand = runtime_.make_strand("player");
      spawn(runtime_, strand, "player", play_some(strand, conversations, answers));
    }
    runtime_.run();
    return answers;
  }

 private:
  Awaitable<> play_some(Executor strand, const std::vector<Conversation>& conversations,
                        std::vector<std::vector<std::string>>& answers) {
    const auto monitor = co_await database_.connect(strand);
    while (next_ < conversations.size()) {
      const auto which = next_++;
      SettlingByLocks settling(runtime_, *monitor);
      answers[which] =
          co_await test::play(runtime_, strand, database_, conversations[which], settling);
    }
  }

  AsioRuntime runtime_{{.name = "contract"}};
  postgres::PostgresDatabase database_;
  std::string version_;
  std::size_t next_ = 0;  // the runtime has one thread
};

}  // namespace

std::unique_ptr<Subject> start_real_postgres() { return std::make_unique<RealPostgresSubject>(); }

}  // namespace raceproof::fakes::database::test
