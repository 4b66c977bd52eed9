// The gateway's components on the production runtime, beside what the reports about the original
// claim of theirs (seeds/000 to 004, measured there in Python). The table at the end has our
// figures, their targets and their claims.
#include <benchmark/benchmark.h>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <malloc.h>
#include <map>
#include <string>
#include <vector>

#include "fakes/auth/token.hpp"
#include "gateway/agents/context.hpp"
#include "gateway/agents/execution_tracker.hpp"
#include "gateway/auth/auth.hpp"
#include "gateway/auth/credentials.hpp"
#include "gateway/connections/connection_manager.hpp"
#include "runtime/asio/runtime.hpp"
#include "runtime/task.hpp"

namespace {

using namespace raceproof;
using namespace raceproof::gateway;

AuthSettings auth_settings() {
  AuthSettings settings;
  settings.jwt.secret = fakes::auth::test_secret;
  return settings;
}

std::string token_of(const std::string& user) {
  fakes::auth::TokenSpec spec;
  spec.user = user;
  spec.now = static_cast<std::int64_t>(std::time(nullptr));
  return fakes::auth::make_token(spec);
}

ContextFields fields_of(const std::string& user) {
  ContextFields fields;
  fields.user_id = user;
  fields.thread_id = "thread_5f2c9a1b7d3e";
  fields.run_id = "run_0123456789abcdef";
  return fields;
}

/// Runs the benchmark's loop in a coroutine on a strand, as a component of the gateway would.
void on_strand(benchmark::State& state, Awaitable<> (*loop)(benchmark::State&, Runtime&)) {
  AsioRuntime runtime;
  const Executor strand = runtime.make_strand("benchmark");
  spawn(runtime, strand, "benchmark", loop(state, runtime));
  runtime.run();
  if (runtime.failed()) state.SkipWithError("the benchmark failed; its reason is above");
}

// --- creation -----------------------------------------------------------------------------------

void connection_manager_creation(benchmark::State& state) {
  AsioRuntime runtime;
  const ConnectionSettings settings;
  for (auto _ : state) {
    ConnectionManager manager(runtime, settings, nullptr);
    benchmark::DoNotOptimize(&manager);
  }
}
BENCHMARK(connection_manager_creation);

void authenticator_creation(benchmark::State& state) {
  AsioRuntime runtime;
  const AuthSettings settings = auth_settings();
  for (auto _ : state) {
    Auth auth(runtime, settings, {});
    benchmark::DoNotOptimize(&auth);
  }
}
BENCHMARK(authenticator_creation);

void execution_tracker_creation(benchmark::State& state) {
  AsioRuntime runtime;
  const TrackerSettings settings;
  for (auto _ : state) {
    ExecutionTracker tracker(runtime, settings, {});
    benchmark::DoNotOptimize(&tracker);
  }
}
BENCHMARK(execution_tracker_creation);

Awaitable<> create_contexts(benchmark::State& state, Runtime& runtime) {
  const ContextFields fields = fields_of("user_7d1f0c5be2a94");
  for (auto _ : state) {
    const UserExecutionContext context(runtime, EnvironmentName::staging, fields);
    benchmark::DoNotOptimize(&context);
  }
  co_return;
}
void user_context_creation(benchmark::State& state) { on_strand(state, create_contexts); }
BENCHMARK(user_context_creation);

// --- operations ---------------------------------------------------------------------------------

void run_state_change(benchmark::State& state) {
  std::size_t next = 0;
  for (auto _ : state) {
    const RunState from = all_run_states[next++ % all_run_states.size()];
    benchmark::DoNotOptimize(may_follow(from, RunState::completed));
  }
}
BENCHMARK(run_state_change);

/// A run from pending to completed: five calls into the tracker's strand.
Awaitable<> track_runs(benchmark::State& state, Runtime& runtime) {
  const TrackerSettings settings;
  ExecutionTracker tracker(runtime, settings, {});
  std::uint64_t number = 0;
  for (auto _ : state) {
    const std::string run = "run_" + std::to_string(++number);
    co_await call(tracker.strand(), tracker.create(run, "user", "thread"));
    for (const RunState next :
         {RunState::starting, RunState::running, RunState::completing, RunState::completed}) {
      co_await call(tracker.strand(), tracker.move(run, next));
    }
  }
  co_await call(tracker.strand(), tracker.stop());
}
void tracked_run(benchmark::State& state) { on_strand(state, track_runs); }
BENCHMARK(tracked_run);

Awaitable<> use_breaker(benchmark::State& state, Runtime& runtime) {
  Breaker breaker{BreakerSettings{}};
  for (auto _ : state) {
    const Breaker::Permit permit = breaker.admit(runtime.now());
    breaker.succeeded(permit);
    benchmark::DoNotOptimize(&breaker);
  }
  co_return;
}
void breaker_call(benchmark::State& state) { on_strand(state, use_breaker); }
BENCHMARK(breaker_call);

/// A look-up in a full cache, digest of the token included.
Awaitable<> look_up_tokens(benchmark::State& state, Runtime& runtime) {
  const TokenCacheSettings settings;
  TokenCache cache(settings);
  const Instant now = runtime.now();
  std::vector<std::string> tokens;
  for (std::int64_t i = 0; i < settings.max_entries; ++i) {
    tokens.push_back("header." + std::string(200, 'x') + std::to_string(i) + ".signature");
    cache.insert(cache_key(settings.key, tokens.back()), "user", now,
                 now + std::chrono::seconds(3600));
  }
  std::size_t next = 0;
  for (auto _ : state) {
    const std::string key = cache_key(settings.key, tokens[++next % tokens.size()]);
    const auto user = cache.find(key, runtime.now());
    if (!user) state.SkipWithError("a token that was inserted is not found");
  }
  co_return;
}
void token_cache_hit(benchmark::State& state) { on_strand(state, look_up_tokens); }
BENCHMARK(token_cache_hit);

/// Form, HS256 signature and claims.
Awaitable<> check_tokens(benchmark::State& state, Runtime& runtime) {
  const AuthSettings settings = auth_settings();
  const JwtVerifier verifier(settings.jwt);
  const std::string token = token_of("alice");
  for (auto _ : state) {
    const JwtResult result = verifier.verify(token);
    if (result.status != JwtResult::Status::valid ||
        check_claims(runtime, settings.jwt, result.claims) != AuthReason::none) {
      state.SkipWithError("a good token is refused");
    }
  }
  co_return;
}
void jwt_check(benchmark::State& state) { on_strand(state, check_tokens); }
BENCHMARK(jwt_check);

/// Takes what it is given.
class Listening final : public UserSession {
 public:
  bool deliver(const FramePtr& frame) override {
    taken += frame->text.size();
    return true;
  }
  Awaitable<> flushed() override { co_return; }
  Awaitable<> handle(std::string) override { co_return; }

  std::size_t taken = 0;
};

/// What several users do at once, and how long each of them took.
struct Crowd {
  explicit Crowd(Runtime& runtime)
      : auth(runtime, auth_config, {}),
        manager(runtime, connection_config, nullptr),
        tracker(runtime, tracker_config, {}) {}

  const AuthSettings auth_config = auth_settings();
  const ConnectionSettings connection_config;
  const TrackerSettings tracker_config;
  Auth auth;
  ConnectionManager manager;
  ExecutionTracker tracker;
  std::vector<double> milliseconds;
  int busy = 0;  // users that have not finished
};

/// A user's start: the token is checked, the connection registered, a run tracked to its end, its
/// answer delivered, the connection removed.
Awaitable<> start_user(AsioRuntime& runtime, Crowd& crowd, Executor strand, std::string token,
                       std::uint64_t number) {
  const Instant begin = runtime.now();
  const AuthResult who =
      co_await call(crowd.auth.strand(), crowd.auth.authenticate(std::move(token)));
  if (who.status != AuthStatus::accepted) throw std::runtime_error("a good token is refused");
  const std::string run = "run_" + std::to_string(number);
  ContextFields fields = fields_of(who.user);
  fields.run_id = run;
  const UserExecutionContext context(runtime, EnvironmentName::staging, fields);
  const auto session = std::make_shared<Listening>();
  UserConnection connection;
  connection.id = context.request_id();
  connection.user = who.user;
  connection.strand = strand;
  connection.session = session;
  const bool connected =
      co_await call(crowd.manager.strand(), crowd.manager.connect_user(connection));
  if (!connected) throw std::runtime_error("a user is refused");
  co_await call(crowd.tracker.strand(), crowd.tracker.create(run, who.user, fields.thread_id));
  for (const RunState next :
       {RunState::starting, RunState::running, RunState::completing, RunState::completed}) {
    co_await call(crowd.tracker.strand(), crowd.tracker.move(run, next));
  }
  co_await call(crowd.manager.strand(),
                crowd.manager.send_to_user(who.user, "agent_completed", "{\"type\":\"x\"}"));
  std::vector<FramePtr> none;
  co_await call(crowd.manager.strand(),
                crowd.manager.disconnect_user(who.user, connection.id, std::move(none)));
  if (session->taken == 0) throw std::runtime_error("a message was not delivered");
  const Duration took = runtime.now() - begin;
  crowd.milliseconds.push_back(static_cast<double>(took.to_ns()) / 1e6);
  // The tracker keeps ended runs for a while; nobody here waits for that.
  if (--crowd.busy == 0) runtime.stop();
}

/// As in the reports: five users at once. One thread, so `milliseconds` needs no lock.
void concurrent_operation(benchmark::State& state) {
  constexpr int users = 5;
  AsioRuntime runtime;
  Crowd crowd(runtime);
  std::uint64_t number = 0;
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<std::string> tokens;
    for (int i = 0; i < users; ++i) tokens.push_back(token_of("user" + std::to_string(++number)));
    crowd.busy = users;
    state.ResumeTiming();
    for (int i = 0; i < users; ++i) {
      const Executor strand = runtime.make_strand("user");
      spawn(runtime, strand, "user",
            start_user(runtime, crowd, strand, std::move(tokens[static_cast<std::size_t>(i)]),
                       number - users + static_cast<std::uint64_t>(i)));
    }
    runtime.run();
  }
  if (runtime.failed()) state.SkipWithError("a user failed; the reason is above");
  double sum = 0;
  double squares = 0;
  for (const double one : crowd.milliseconds) {
    sum += one;
    squares += one * one;
  }
  const auto count = static_cast<double>(crowd.milliseconds.size());
  const double mean = sum / count;
  state.counters["mean_ms"] = mean;
  state.counters["deviation_ms"] = std::sqrt(std::max(0.0, squares / count - mean * mean));
}
BENCHMARK(concurrent_operation)->Iterations(2000)->Unit(benchmark::kMillisecond);

// --- memory -------------------------------------------------------------------------------------

/// Bytes of the heap that an instance takes, its strand and itself included.
template <class Make>
void memory_of_instances(benchmark::State& state, Make&& make) {
  constexpr std::size_t count = 1000;
  using Instance = decltype(make());
  for (auto _ : state) {
    std::vector<Instance> instances;
    instances.reserve(count);
    const std::size_t before = mallinfo2().uordblks;
    for (std::size_t i = 0; i < count; ++i) instances.push_back(make());
    const std::size_t after = mallinfo2().uordblks;
    state.counters["bytes"] = static_cast<double>(after - before) / count;
  }
}

void connection_manager_memory(benchmark::State& state) {
  AsioRuntime runtime;
  const ConnectionSettings settings;
  memory_of_instances(
      state, [&] { return std::make_unique<ConnectionManager>(runtime, settings, nullptr); });
}
BENCHMARK(connection_manager_memory)->Iterations(1);

void authenticator_memory(benchmark::State& state) {
  AsioRuntime runtime;
  const AuthSettings settings = auth_settings();
  memory_of_instances(
      state, [&] { return std::make_unique<Auth>(runtime, settings, Auth::UsableHandler()); });
}
BENCHMARK(authenticator_memory)->Iterations(1);

void execution_tracker_memory(benchmark::State& state) {
  AsioRuntime runtime;
  const TrackerSettings settings;
  memory_of_instances(state, [&] {
    return std::make_unique<ExecutionTracker>(runtime, settings, ExecutionTracker::EndHandler());
  });
}
BENCHMARK(execution_tracker_memory)->Iterations(1);

// --- the table ----------------------------------------------------------------------------------

/// A row: which figure of ours, and what the reports say of theirs.
struct Row {
  const char* name;       // of the component's figure
  const char* benchmark;  // where ours comes from
  const char* counter;    // of it; null: time in ms
  const char* unit;
  const char* target;
  const char* claim;
};

constexpr Row rows[] = {
    {"connection manager, creation", "connection_manager_creation", nullptr, "ms", "0.5", "0.02"},
    {"authenticator, creation", "authenticator_creation", nullptr, "ms", "100", "0.028"},
    {"execution tracker, creation", "execution_tracker_creation", nullptr, "ms", "-", "< 0.01"},
    {"change of a run's state", "run_state_change", nullptr, "ms", "-", "0.000"},
    {"concurrent operation, 5 users, mean", "concurrent_operation", "mean_ms", "ms", "-", "1.25"},
    {"the same, standard deviation", "concurrent_operation", "deviation_ms", "ms", "50", "0.49"},
    {"connection manager, memory", "connection_manager_memory", "bytes", "bytes", "-", "-"},
    {"authenticator, memory", "authenticator_memory", "bytes", "bytes", "-", "0"},
    {"execution tracker, memory", "execution_tracker_memory", "bytes", "bytes", "-", "-"},
    {"user context, creation", "user_context_creation", nullptr, "ms", "-", "-"},
    {"a run tracked to its end", "tracked_run", nullptr, "ms", "-", "-"},
    {"breaker, one call", "breaker_call", nullptr, "ms", "-", "-"},
    {"token cache, hit of 10,000", "token_cache_hit", nullptr, "ms", "-", "-"},
    {"JWT, signature and claims", "jwt_check", nullptr, "ms", "-", "-"},
};

constexpr const char* real_time = "real";
constexpr const char* processor_time = "processor";

/// Prints as usual, and remembers.
class Remembering final : public benchmark::ConsoleReporter {
 public:
  using ConsoleReporter::ConsoleReporter;

  void ReportRuns(const std::vector<Run>& runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs) {
      if (run.error_occurred) failed = true;
      if (run.run_type != Run::RT_Iteration || run.error_occurred) continue;
      auto& figures = found[run.run_name.function_name];
      const double to_ms = 1e3 / benchmark::GetTimeUnitMultiplier(run.time_unit);
      figures[real_time] = run.GetAdjustedRealTime() * to_ms;
      figures[processor_time] = run.GetAdjustedCPUTime() * to_ms;
      for (const auto& [name, counter] : run.counters) figures[name] = counter.value;
    }
  }

  std::map<std::string, std::map<std::string, double>> found;  // by benchmark and counter
  bool failed = false;
};

std::string figure(const Row& row, const std::map<std::string, double>& figures, const char* name) {
  const auto found = figures.find(name);
  if (found == figures.end()) return "-";
  char text[40];
  std::snprintf(text, sizeof text, "%.*f", std::string_view(row.unit) == "bytes" ? 0 : 6,
                found->second);
  return text;
}

void print_table(const Remembering& reporter) {
  std::printf(
      "\n| component | unit | target of the reports | their claim | ours | processor time |\n");
  std::printf("|---|---|---|---|---|---|\n");
  for (const Row& row : rows) {
    const auto benchmark = reporter.found.find(row.benchmark);
    if (benchmark == reporter.found.end()) continue;  // filtered out
    const bool is_time = row.counter == nullptr;
    const auto ours = figure(row, benchmark->second, is_time ? real_time : row.counter);
    const auto processor = is_time ? figure(row, benchmark->second, processor_time) : "-";
    std::printf("| %s | %s | %s | %s | %s | %s |\n", row.name, row.unit, row.target, row.claim,
                ours.c_str(), processor.c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  Remembering reporter(benchmark::ConsoleReporter::OO_None);
  benchmark::RunSpecifiedBenchmarks(&reporter);
  print_table(reporter);
  return reporter.failed ? 1 : 0;
}
