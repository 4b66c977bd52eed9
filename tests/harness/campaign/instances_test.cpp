// Several instances of the gateway behind the load balancer, what befalls them, and what the
// built-in invariants say about it. Real gateways in simulated worlds.
#include <gtest/gtest.h>

#include "fakes/auth/token.hpp"
#include "harness/campaign/campaign.hpp"
#include "harness/campaign/runner.hpp"
#include "harness/campaign/tokens.hpp"
#include "harness/campaign/why.hpp"

namespace raceproof::campaign {
namespace {

const std::string head = "scenario: a/b\nshows: s\nsource: t\n";
const std::string one_client =
    "clients:\n  alice:\n    - connect: {retry_on: [503, refused], every: 100ms, for: 9s}\n"
    "    - expect: {type: session_established, within: 5s}\n";
const std::string talks =
    "    - send: {type: chat, text: hello}\n    - expect: {type: agent_completed, within: 5s}\n";

std::shared_ptr<const scenario::Scenario> load(const std::string& text) {
  const auto loaded = scenario::load_text(head + text, "s.yaml");
  if (loaded) return *loaded;
  for (const auto& diagnostic : loaded.error()) ADD_FAILURE() << print(diagnostic);
  throw std::runtime_error("the scenario cannot be loaded");
}

/// One run in the usual order on the clock.
class OneRun {
 public:
  explicit OneRun(const std::string& text)
      : scenario_(load(text)), runner_(*scenario_->variants().front(), 1) {
    explore::BaselineDecider decider;
    record_ = runner_.run(sim::TimeMode::concrete, decider);
  }

  [[nodiscard]] const trace::Trace& trace() { return runner_.world().trace(); }
  [[nodiscard]] const RunRecord& record() const { return record_; }
  /// The texts (numbers: in decimal) that observations of that name have in `field`, in order.
  std::vector<std::string> values(std::string_view name, std::string_view field) {
    std::vector<std::string> found;
    for (const auto& observation : trace().observations()) {
      if (trace().text(observation.name) != name) continue;
      const auto* value = trace().find(observation, field);
      if (value == nullptr) continue;
      found.push_back(value->type == trace::FieldType::text
                          ? std::string(trace().value_text(*value))
                          : std::to_string(value->number));
    }
    return found;
  }
  /// What is wrong in the run, by the names of invariants.
  std::string wrong() {
    std::string text;
    const auto& checks = scenario_->variants().front()->checks;
    for (std::size_t i = 0; i < checks.size(); ++i) {
      const auto& finding = runner_.findings()[i];
      if (checks[i].built_in && finding.violated) text += checks[i].text + ": " + finding.why;
    }
    return text;
  }
  /// Why the check of that number is violated.
  std::string why(std::size_t check) {
    const auto& finding = runner_.findings()[check];
    if (!finding.violated) return "it is not";
    return explain(trace(), *runner_.world().steps(), scenario_->variants().front()->checks[check],
                   finding);
  }

 private:
  std::shared_ptr<const scenario::Scenario> scenario_;
  Runner runner_;
  RunRecord record_;
};

using Texts = std::vector<std::string>;

TEST(Balancer, RoutesClientsInTurn) {
  OneRun run(
      "process: {instances: 2}\nclients:\n  users:\n    count: 4\n    steps:\n"
      "      - connect: {retry_on: [503], every: 100ms, for: 5s}\n"
      "      - expect: session_established\n"
      "      - wait: 3s\n");
  EXPECT_TRUE(run.record().clients_ok);
  EXPECT_EQ(run.wrong(), "");
  const Texts routed = run.values("balancer_routed", "instance");
  EXPECT_EQ(std::ranges::count(routed, "gateway-1"), std::ranges::count(routed, "gateway-2"));
  EXPECT_EQ(run.values("session_established", "user").size(), 4U);
}

TEST(Balancer, RoutesToWhoeverListens) {
  OneRun run("process: {cold_start: 500ms}\nbalancer: {wait: 2s, probe: 100ms}\n" + one_client +
             talks);
  EXPECT_TRUE(run.record().clients_ok);
  EXPECT_EQ(run.wrong(), "");
  EXPECT_EQ(run.values("balancer_refused", "status"), Texts{});
}

TEST(Balancer, RefusesWhereNobodyListensInTime) {
  OneRun run(
      "process: {cold_start: 20s}\nbalancer: {wait: 1s, probe: 100ms}\n"
      "clients:\n  alice:\n    - connect\n    - expect: {http: 429}\n");
  EXPECT_TRUE(run.record().clients_ok);
  EXPECT_EQ(run.values("balancer_refused", "status"), Texts{"429"});
}

TEST(Balancer, KeepsToTheConcurrencyOfAnInstance) {
  OneRun run(
      "process: {instances: 1}\nbalancer: {concurrency: 1, wait: 1s, refuse_with: 503}\n"
      "clients:\n  alice:\n    - connect: {retry_on: [503], every: 50ms, for: 5s}\n"
      "    - expect: session_established\n    - wait: 8s\n"
      "  bob:\n    - wait: 3s\n    - connect\n    - expect: {http: 503}\n");
  EXPECT_TRUE(run.record().clients_ok);
}

TEST(Balancer, SendsAClientBackWhereItWas) {
  const std::string clients =
      "clients:\n  alice:\n"
      "    - connect: {retry_on: [503], every: 100ms, for: 5s}\n"
      "    - expect: session_established\n    - close\n    - connect\n"
      "    - expect: session_established\n    - close\n    - connect\n"
      "    - expect: session_established\n";
  OneRun without("process: {instances: 2}\n" + clients);
  OneRun with("process: {instances: 2}\nbalancer: {affinity: true}\n" + clients);
  const Texts spread = without.values("balancer_routed", "instance");
  EXPECT_NE(std::ranges::count(spread, spread.front()), std::ssize(spread));
  const Texts same = with.values("balancer_routed", "instance");
  EXPECT_EQ(std::ranges::count(same, same.front()), std::ssize(same));
}

TEST(Scaling, StartsAnInstanceAtATime) {
  OneRun run("process: {instances: 1, scale: [{at: 1s, cold_start: 200ms}]}\n" + one_client);
  const Texts instances = run.values("environment", "name");
  EXPECT_EQ(instances.size(), 1U) << "the run was over before";
  OneRun longer("process: {instances: 1, scale: [{at: 1s, cold_start: 200ms}]}\n" + one_client +
                "    - wait: 2s\n");
  EXPECT_EQ(longer.values("environment", "name").size(), 2U);
}

TEST(Scaling, StartsAnInstanceForACrowd) {
  const std::string crowd =
      "balancer: {route: least_connections}\nclients:\n  users:\n    count: 3\n    steps:\n"
      "      - connect: {retry_on: [503], every: 100ms, for: 5s}\n"
      "      - expect: session_established\n      - wait: 4s\n";
  OneRun calm("process: {scale: [{above: 3}]}\n" + crowd);
  EXPECT_EQ(calm.values("environment", "name").size(), 1U);
  OneRun crowded("process: {scale: [{above: 2, cold_start: 300ms}]}\n" + crowd);
  EXPECT_EQ(crowded.values("balancer_crowded", "connections"), Texts{"3"});
  EXPECT_EQ(crowded.values("environment", "name").size(), 2U);
  EXPECT_TRUE(crowded.record().clients_ok);
}

TEST(Accidents, HitOneInstance) {
  OneRun run(
      "process: {instances: 2, kill: [{at: 3s, instance: 1}]}\n"
      "clients:\n  users:\n    count: 2\n    steps:\n"
      "      - connect: {retry_on: [503], every: 100ms, for: 5s}\n"
      "      - expect: session_established\n      - wait: 4s\n");
  const Texts codes = run.values("client_close", "code");
  EXPECT_EQ(std::ranges::count(codes, "1006"), 1) << "the client of the killed instance";
  EXPECT_EQ(std::ranges::count(codes, "1000"), 1);
}

// Passing means: a gateway that is asked to end closes its sessions with 1001 and then holds no
// timer, stream, listener or handler any more.
TEST(Shutdown, LeavesNothingBehind) {
  OneRun run("process: {shutdown: [{at: 3s}]}\n" + one_client +
             "    - expect: {close: 1001}\n    - wait: 1s\n");
  EXPECT_TRUE(run.record().clients_ok);
  EXPECT_EQ(run.values("process_left", "process"), Texts{"gateway"});
  EXPECT_EQ(run.values("process_left", "names"), Texts{""});
  EXPECT_EQ(run.wrong(), "");
}

// Passing means: what a partition keeps back arrives after it, and the session is set up then.
TEST(Partitions, DelayWhatPassesThem) {
  const std::string rest =
      "gateway: {readiness: {redis: operational}}\nclients:\n  alice:\n    - wait: 3s\n"
      "    - connect\n    - expect: {type: session_established, within: 4s}\n";
  OneRun whole(rest);
  EXPECT_TRUE(whole.record().clients_ok);
  OneRun cut(
      "network:\n  partitions:\n"
      "    - {between: [gateway, redis], at: 2900ms, for: 2s, retransmit: 0ms}\n" +
      rest);
  EXPECT_TRUE(cut.record().clients_ok);
  EXPECT_GT(cut.record().virtual_ns, whole.record().virtual_ns + 1'500'000'000);
}

// Passing means: a client that waits without a limit for what does not come is reported, with what
// it waits for; one whose wait has a limit is not.
TEST(Deadlock, IsAClientThatNothingCanReach) {
  OneRun stuck(one_client + "    - expect: never_sent\nexplore: {until: 8s}\n");
  EXPECT_NE(stuck.wrong().find("nobody waits for what nothing can bring: the time is up, and alice "
                               "is not done: clients/alice waits for client expects"),
            std::string::npos)
      << stuck.wrong();
  OneRun limited(one_client + "    - wait: 60s\nexplore: {until: 8s}\n");
  EXPECT_EQ(limited.wrong(), "");
}

// Passing means: an invariant that nobody names fails a variant whatever it expects; one that a
// never names is what a variant may reproduce.
TEST(Invariants, FailEveryVariantThatDoesNotNameThem) {
  const std::string rest = one_client +
                           "    - expect: never_sent\n"
                           "explore: {search: baseline, until: 8s}\n";
  const auto verdict_of = [&](const std::string& check) {
    CampaignOptions options;
    options.timing_runs = 0;
    const auto result = run_scenario(
        *load(rest + "variants: {v: {expect: reproduces}}\ncheck:\n" + check), options);
    return result.variants.front();
  };
  const auto unnamed = verdict_of("  - never: {frame: session_established}\n");
  EXPECT_EQ(unnamed.verdict, Verdict::fail);
  EXPECT_EQ(unnamed.reason, Reason::violated);
  const auto named = verdict_of("  - never: {invariant: no_deadlock}\n");
  EXPECT_EQ(named.verdict, Verdict::pass) << named.reason_text;
  ASSERT_EQ(named.failures.size(), 1U);
  EXPECT_NE(named.failures[0].cause.find("alice waits for client expects"), std::string::npos);
}

// Passing means: the explanation of a failure names what a backend did last before it.
TEST(Explanations, NameWhatABackendDid) {
  const auto cause_of = [](const std::string& backends) {
    CampaignOptions options;
    options.timing_runs = 0;
    const std::string told = "    - send: {type: chat, text: hello}\n    - wait: 1s\n";
    const auto result = run_scenario(*load(backends + one_client + told +
                                           "gateway: {database: {retry: {times: 0}}}\n"
                                           "explore: {search: baseline, until: 9s}\n"
                                           "variants: {v: {expect: reproduces}}\n"
                                           "check:\n  - never: {frame: agent_failed}\n"),
                                     options);
    const auto& failures = result.variants.front().failures;
    return failures.empty() ? std::string("none") : failures.front().cause;
  };
  EXPECT_TRUE(cause_of("backends: {agent: {on: {run: {cut_after: 2}}}}\n")
                  .starts_with("alice received 'agent_failed' after the agent service's fault at "
                               "run: cut at "));
  EXPECT_TRUE(cause_of("backends: {database: {on: {commit: {fail: \"40001\", skip: 3}}}}\n")
                  .starts_with("alice received 'agent_failed' after the database answered commit "
                               "-> 40001 at "));
  EXPECT_TRUE(
      cause_of("backends: {database: {on: {insert: {reset: true, skip: 7}}}}\n")
          .starts_with("alice received 'agent_failed' after the database's fault at insert: "
                       "reset at "));
}

const std::string all_backends =
    "backends: {auth: {}, agent: {}, database: {}}\n"
    "gateway: {environment: staging, readiness: {redis: operational}}\n";

// Passing means: with all four backends a user logs in, asks, gets the five events in order and the
// reply; no invariant is violated, and the report knows what stood in for what.
TEST(Backends, PlayTheGoldenPath) {
  OneRun run(all_backends +
             "clients:\n  alice:\n"
             "    - connect: {token: valid, retry_on: [503, refused], every: 100ms, for: 9s}\n"
             "    - expect: {type: session_established, within: 5s}\n"
             "    - send: {type: chat, text: hello}\n"
             "    - expect: {type: agent_started, within: 5s}\n"
             "    - expect: {type: agent_thinking, within: 5s}\n"
             "    - expect: {type: tool_executing, within: 5s}\n"
             "    - expect: {type: tool_completed, within: 5s}\n"
             "    - expect: {type: agent_completed, within: 5s}\n");
  EXPECT_TRUE(run.record().clients_ok);
  EXPECT_EQ(run.values("client_step_failed", "got"), Texts{});
  EXPECT_EQ(run.wrong(), "");
  EXPECT_GE(run.values("event_leaves", "transaction").size(), 2U);
  EXPECT_FALSE(run.values("db_committed", "transaction").empty());
}

TEST(Backends, TokensAreLookedAt) {
  OneRun run(all_backends +
             "clients:\n  alice:\n"
             "    - connect: {token: valid, retry_on: [503, refused], every: 100ms, for: 9s}\n"
             "    - expect: {type: session_established, within: 5s}\n"
             "  mallory:\n    - wait: 5s\n    - connect: {token: forged}\n"
             "    - expect: {http: 401}\n");
  EXPECT_TRUE(run.record().clients_ok) << run.values("client_step_failed", "got").size();
}

// Passing means: an orderly shutdown with all backends leaves nothing behind either.
TEST(Backends, AreLeftInOrder) {
  OneRun run(all_backends + "process: {shutdown: [{at: 6s}]}\n" + one_client + talks +
             "    - expect: {close: 1001}\n    - wait: 2s\n");
  EXPECT_TRUE(run.record().clients_ok);
  EXPECT_EQ(run.values("process_left", "names"), Texts{""});
  EXPECT_EQ(run.wrong(), "");
}

// Passing means: each word becomes a token that is what the word says, for the right user, and
// literal tokens stay.
TEST(Tokens, AreWhatTheWordsSay) {
  const auto scenario = load(
      "backends: {auth: {}}\ngateway: {auth: {jwt: {audience: chat}}}\nclients:\n"
      "  alice: [{connect: {token: valid}}, {connect: {token: expired}},\n"
      "          {connect: {token: not_yet_valid}}, {connect: {token: forged}},\n"
      "          {connect: {token: wrong_audience}}, {connect: {token: none}},\n"
      "          {connect: {token: literal, user: bob}},\n"
      "          {connect: {token: valid, user: bob, token_valid: {from: 10s, for: 20s}}}]\n");
  const auto& variant = *scenario->variants().front();
  const std::int64_t now = 1'700'000'000;
  const auto scripts = with_tokens(variant, now);
  std::vector<std::string> tokens;
  std::vector<fakes::auth::ReadToken> read;
  for (const auto& step : scripts.front().steps) {
    tokens.push_back(std::get<fakes::client::Connect>(step).token);
    read.push_back(fakes::auth::read_token(tokens.back(), variant.backends.auth->secret));
  }
  EXPECT_TRUE(read[0].valid);
  EXPECT_EQ(read[0].user, "alice");
  EXPECT_EQ(read[0].audience, "chat");
  EXPECT_GT(read[0].expires, now);
  EXPECT_TRUE(read[1].valid);
  EXPECT_LT(read[1].expires, now);
  EXPECT_TRUE(read[2].valid);
  EXPECT_FALSE(read[3].valid);
  EXPECT_TRUE(read[4].valid);
  EXPECT_NE(read[4].audience, "chat");
  EXPECT_EQ(tokens[5], "none");
  EXPECT_EQ(tokens[6], "literal");
  EXPECT_EQ(read[7].user, "bob");
  EXPECT_EQ(read[7].expires, now + 30);
  EXPECT_NE(read[0].id, read[2].id);
  EXPECT_EQ(tokens, [&] {
    std::vector<std::string> again;
    const auto repeated = with_tokens(variant, now);
    for (const auto& step : repeated.front().steps) {
      again.push_back(std::get<fakes::client::Connect>(step).token);
    }
    return again;
  }()) << "the same in every run";
}

TEST(Tokens, StayWordsWhereNobodyLooksAtThem) {
  const auto scenario = load("clients: {alice: [{connect: {token: valid}}]}\n");
  const auto scripts = with_tokens(*scenario->variants().front(), 1);
  EXPECT_EQ(std::get<fakes::client::Connect>(scripts[0].steps[0]).token, "valid");
}

// A start-up that fails ends the process in order and not the run: nobody listens any more.
TEST(Instances, ThatFailToStartListenNoMore) {
  OneRun run(
      "backends: {database: {on: {create_table: {fail: '42501'}}}}\n"
      "clients:\n  alice:\n    - wait: 1s\n    - connect: {token: valid}\n");
  EXPECT_FALSE(is_broken(run.record().end));
  EXPECT_EQ(run.values("startup_phase", "status").back(), "failed");
  EXPECT_EQ(run.values("client_step_failed", "got"), Texts{"Connection refused"});
  EXPECT_EQ(run.values("process_left", "process"), Texts{"gateway"});
  EXPECT_EQ(run.wrong(), "");
}

// What did not happen is explained by what failed before, or by what it should have followed.
TEST(Causes, OfWhatDidNotHappen) {
  OneRun run(
      "backends: {database: {on: {create_table: {fail: '42501'}}}}\n"
      "clients:\n  alice:\n    - wait: 1s\n    - connect: {token: valid}\n"
      "check:\n  - eventually: {frame: session_established}\n"
      "  - leads_to: {from: {observe: client_connecting}, to: {http: 101}, within: 1s}\n");
  EXPECT_EQ(run.why(0).find("it had not happened when the run ended; start-up failed in phase "
                            "database: "),
            0U)
      << run.why(0);
  EXPECT_EQ(run.why(1), "client_connecting of alice, not followed in time by {http: 101}");
}

TEST(Causes, OfARefusalAreItsReason) {
  const std::string client = "clients:\n  alice:\n    - connect\n    - expect: {http: 503}\n";
  const std::string check = "check:\n  - never: {http: 503}\n";
  OneRun early("backends: {redis: {listen_after: 1s}}\n" + client + check);
  EXPECT_EQ(early.why(0), "alice got HTTP 503 (redis: not connected)");
  OneRun nowhere("process: {cold_start: 9s}\nbalancer: {wait: 1s, refuse_with: 503}\n" + client +
                 check);
  EXPECT_EQ(nowhere.why(0), "alice got HTTP 503 (no instance took the connection)");
}

}  // namespace
}  // namespace raceproof::campaign
