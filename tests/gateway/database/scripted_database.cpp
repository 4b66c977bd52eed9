#include "tests/gateway/database/scripted_database.hpp"

#include <utility>

namespace raceproof::gateway::database::testing {

class ScriptedSession final : public Session {
 public:
  ScriptedSession(ScriptedDatabase& database, int number) : database_(database), number_(number) {}
  ~ScriptedSession() override { close(); }

  Awaitable<> begin(std::string_view) override { co_await ask("BEGIN", {}); }
  Awaitable<> commit() override { co_await ask("COMMIT", {}); }
  Awaitable<> rollback() override { co_await ask("ROLLBACK", {}); }
  Awaitable<Rows> query(std::string_view sql, std::vector<Value> parameters) override {
    return ask(sql, std::move(parameters));
  }
  [[nodiscard]] bool usable() const override { return !closed_ && !lost_; }
  void close() override {
    if (!std::exchange(closed_, true)) note("closed");
  }

  Awaitable<Rows> ask(std::string_view sql, std::vector<Value> parameters) {
    if (!usable()) throw Error("08003", "the session is closed");
    if (running_) throw Error("", "another statement is in progress on this session");
    note(sql);
    running_ = true;
    Reply reply = database_.script_(Question{number_, sql, parameters});
    try {
      if (reply.hangs) {
        co_await database_.runtime_.sleep_until(Instant::max(), "no answer");
      } else {
        co_await database_.runtime_.sleep_for(reply.after, "answer");
      }
    } catch (...) {
      lost_ = true;
      note("cancelled");
      throw;
    }
    running_ = false;
    if (reply.lost) lost_ = true;
    if (reply.error) throw Error(*reply.error);
    co_return std::move(reply.rows);
  }

 private:
  void note(std::string_view what) {
    database_.log_.push_back(std::to_string(number_) + ' ' + std::string(what));
  }

  ScriptedDatabase& database_;
  int number_;
  bool running_ = false;
  bool lost_ = false;
  bool closed_ = false;
};

Awaitable<std::unique_ptr<Session>> ScriptedDatabase::connect(Executor) {
  auto session = std::make_unique<ScriptedSession>(*this, ++sessions_);
  co_await session->ask("CONNECT", {});
  co_return session;
}

/// What a run's process consists of.
struct Bench::Process {
  Process(Runtime& runtime, Bench& bench, Executor root)
      : strand(std::move(root)),
        database(runtime, bench.script, bench.log),
        pool(std::make_shared<Pool>(runtime, database, bench.settings, strand)),
        transactions(runtime, bench.settings, pool),
        parts{runtime, strand, database, bench.settings, pool, transactions} {}

  Executor strand;
  ScriptedDatabase database;
  std::shared_ptr<Pool> pool;
  Transactions transactions;
  Parts parts;
};

void Bench::run(Body body, std::uint32_t events) {
  ended_ = false;
  log.clear();
  observed.clear();
  explore::BaselineDecider decider;
  sim::RunOptions options;
  options.horizon = std::chrono::hours(10);
  if (events > 0) options.event_limit = events;
  options.on_observation = [this](const Observation& observation) {
    std::string line(observation.name);
    for (const Field& field : observation.fields) {
      line.append(1, ' ').append(field.key).append(1, '=');
      if (const auto* text = std::get_if<std::string_view>(&field.value)) line += *text;
      if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
        line += std::to_string(*number);
      }
      if (const auto* flag = std::get_if<bool>(&field.value)) line += *flag ? "true" : "false";
    }
    observed.push_back(std::move(line));
  };
  std::optional<Process> process;
  // A member of the frame, not of the lambda: the process's start is over before the body is.
  const auto work = [&](Parts& parts) -> Awaitable<> {
    co_await body(parts);
    ended_ = true;
    world_.stop();
  };
  world_.begin(options, decider);
  sim::ProcessOptions one;
  one.name = "gateway";
  one.start = [&](Runtime& runtime, const Executor& root) {
    process.emplace(runtime, *this, root);
    spawn(runtime, root, "body", work(process->parts));
  };
  one.destroy = [&] { process.reset(); };
  world_.add_process(std::move(one));
  const sim::RunEnd end = world_.run();
  events_ = world_.trace().events().size();
  if (events == 0) {
    EXPECT_EQ(end, sim::RunEnd::stopped) << name_of(end) << ' ' << world_.failure();
  }
  world_.end();
}

int Bench::count_observed(std::initializer_list<std::string_view> texts) const {
  int count = 0;
  for (const std::string& line : observed) {
    bool all = true;
    for (const std::string_view text : texts) all = all && line.find(text) != line.npos;
    if (all) ++count;
  }
  return count;
}

Awaitable<std::string> failure_of(Awaitable<> body) {
  try {
    co_await std::move(body);
  } catch (const DatabaseError& error) {
    co_return error.sqlstate() + ' ' + std::string(to_string(error.kind()));
  }
  co_return "none";
}

std::int64_t now_ms(Runtime& runtime) { return (runtime.now() - Instant()).to_ns() / 1'000'000; }

}  // namespace raceproof::gateway::database::testing
