// What is said of a finding. Passing means: it names the fakes whose unverified behaviour can have
// led to it and no others, says what made it happen by the causes in the run, and gives the whole
// region in which it happens.
#include <algorithm>
#include <gtest/gtest.h>
#include <set>

#include "harness/campaign/campaign.hpp"
#include "harness/campaign/failing_region.hpp"
#include "harness/campaign/fakes_used.hpp"
#include "harness/campaign/rests_on.hpp"
#include "harness/campaign/runner.hpp"
#include "harness/campaign/why.hpp"
#include "harness/scenario/library.hpp"

namespace raceproof::campaign {
namespace {

using Texts = std::vector<std::string>;

std::shared_ptr<const scenario::Scenario> load_file(const std::string& name) {
  const auto loaded = scenario::load("scenarios/" + name + ".yaml");
  if (!loaded) throw std::runtime_error("the scenario cannot be loaded: " + name);
  return *loaded;
}

/// The failures of one variant of the library, searched as its file says.
std::vector<Failure> failures_of(const std::string& name, const std::string& variant) {
  CampaignOptions options;
  options.variants = {variant};
  options.timing_runs = 0;
  const auto result = run_scenario(*load_file(name), options);
  return result.variants.at(0).failures;
}

Texts unverified(const Failure& failure, std::string_view fake) {
  const auto found = std::ranges::find(failure.rests_on, fake, &RestsOn::fake);
  return found == failure.rests_on.end() ? Texts{} : found->unverified;
}

bool rests_on_anything_open(const Failure& failure) {
  return std::ranges::any_of(failure.rests_on,
                             [](const RestsOn& fake) { return !fake.unverified.empty(); });
}

/// One run on the clock in the usual order, of the first variant of a scenario given in place.
class OneRun {
 public:
  explicit OneRun(const std::string& text) {
    const auto loaded =
        scenario::load_text("scenario: a/b\nshows: s\nsource: t\n" + text, "s.yaml");
    if (!loaded) {
      for (const auto& diagnostic : loaded.error()) ADD_FAILURE() << print(diagnostic);
      throw std::runtime_error("the scenario cannot be loaded");
    }
    scenario_ = *loaded;
    runner_.emplace(*scenario_->variants().front(), 1);
    explore::BaselineDecider decider;
    (void)runner_->run(sim::TimeMode::concrete, decider);
  }
  /// Why the scenario's first check is violated.
  std::string why() {
    const auto& finding = runner_->findings()[0];
    if (!finding.violated) return "it is not";
    return explain(trace(), steps(), scenario_->variants().front()->checks[0], finding);
  }
  [[nodiscard]] const trace::Trace& trace() { return runner_->world().trace(); }
  [[nodiscard]] const sim::StepLog& steps() { return *runner_->world().steps(); }
  /// Index of the first observation of that name and client; past the end if there is none.
  std::size_t first(std::string_view name, std::string_view client) {
    const auto& all = trace().observations();
    return static_cast<std::size_t>(
        std::ranges::find_if(all,
                             [&](const auto& record) {
                               return trace().text(record.name) == name &&
                                      text_field(trace(), record, "client") == client;
                             }) -
        all.begin());
  }
  [[nodiscard]] std::vector<FakeUsed> fakes() const {
    return fakes_used(*scenario_->variants().front());
  }

 private:
  std::shared_ptr<const scenario::Scenario> scenario_;
  std::optional<Runner> runner_;
};

// --- what it rests on ---------------------------------------------------------------------------

TEST(RestsOn, RedisAloneIsVerified) {
  const auto failures = failures_of("cold_start/premature_readiness", "without_grace");
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_FALSE(rests_on_anything_open(failures[0]));
  ASSERT_EQ(failures[0].rests_on.size(), 1U);
  const RestsOn& redis = failures[0].rests_on[0];
  EXPECT_EQ(redis.fake, "redis");
  EXPECT_TRUE(redis.server.starts_with("redis-server 7.0")) << redis.server;
  for (const char* command : {"PING", "EVALSHA", "PUBLISH"}) {
    EXPECT_NE(std::ranges::find(redis.verified, command), redis.verified.end()) << command;
  }
}

TEST(RestsOn, AServiceThatHasNoRealOneIsNot) {
  const auto failures = failures_of("auth/breaker_storm", "shared");
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_EQ(unverified(failures[0], "auth"), (Texts{"health", "validate"}));
  EXPECT_EQ(unverified(failures[0], "redis"), Texts{});
}

TEST(RestsOn, AServiceThatIsThereAndWasNotAskedHasNoPart) {
  // The gateway refuses the token by itself.
  const auto failures = failures_of("auth/token_not_yet_valid", "to_the_letter");
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_FALSE(rests_on_anything_open(failures[0]));
}

TEST(RestsOn, WhatTheScenarioMakesUpIsNotVerified) {
  const auto failures = failures_of("cold_start/missing_scripts", "no_fallback");
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_EQ(unverified(failures[0], "redis"),
            (Texts{"SCRIPT LOAD -> LOADING", "fault 'reply' at SCRIPT LOAD"}));
  const auto outage = failures_of("cold_start/stale_verdict", "sampled_before");
  ASSERT_EQ(outage.size(), 1U);
  EXPECT_EQ(unverified(outage[0], "redis"), Texts{"outage"});
}

TEST(RestsOn, AnErrorThatWasComparedIsVerified) {
  const auto failures = failures_of("database/deadlock", "as_given");
  ASSERT_FALSE(failures.empty());
  EXPECT_EQ(unverified(failures[0], "database"), Texts{});
  const auto database = std::ranges::find(failures[0].rests_on, "database", &RestsOn::fake);
  ASSERT_NE(database, failures[0].rests_on.end());
  EXPECT_NE(std::ranges::find(database->verified, "update -> 40P01"), database->verified.end());
}

TEST(RestsOn, SilenceCounts) {
  const auto failures = failures_of("agents/agent_cut_off", "silent_unwatched");
  ASSERT_FALSE(failures.empty());
  EXPECT_EQ(unverified(failures[0], "agent"), (Texts{"fault 'hang' at run", "health", "run"}));
}

// Bob's refusal rests on what the auth service says of bob; alice, who is asked about later, and
// whose answer cannot have reached him, is no part of it.
TEST(RestsOn, OnlyThePast) {
  OneRun run(
      "network: {latency: 1ms}\n"
      "backends: {auth: {revoked: [bob], on: {validate: {delay: 5ms}}}}\n"
      "clients:\n  bob:\n    - wait: 1s\n    - connect: {token: valid}\n"
      "  alice:\n    - wait: 3s\n    - connect: {token: valid}\n    - expect: session_established\n"
      "check:\n  - never: {http: 401}\n");
  const Past bob(run.trace(), run.steps(), run.first("client_http", "bob"));
  const std::size_t alice = run.first("client_http", "alice");
  ASSERT_LT(alice, run.trace().observations().size());
  EXPECT_FALSE(bob.has(alice));
  const auto of_bob = rests_on(bob, run.fakes());
  const auto asked = std::ranges::find(of_bob, "auth", &RestsOn::fake);
  ASSERT_NE(asked, of_bob.end());
  EXPECT_EQ(asked->unverified, (Texts{"health", "validate"}));
  // When bob connects nobody has been asked about a token.
  const Past before(run.trace(), run.steps(), run.first("client_connecting", "bob"));
  EXPECT_TRUE(rests_on(before, run.fakes()).empty());
  // The end has everything in its past.
  EXPECT_TRUE(Past(run.trace(), run.steps(), Past::of_the_end).has(alice));
}

// What the gateway says to Redis and to the database is in their contract suites: only what a
// scenario makes up is not. Fails when the gateway learns a command that nobody has compared.
TEST(RestsOn, AllThatTheGatewaySaysWasCompared) {
  std::size_t looked_at = 0;
  std::vector<Diagnostic> diagnostics;
  for (const auto& file : scenario::discover({"scenarios"}, diagnostics)) {
    const auto loaded = scenario::load(file);
    ASSERT_TRUE(loaded.has_value()) << file;
    for (const auto& variant : (*loaded)->variants()) {
      Runner runner(*variant, 1);
      explore::BaselineDecider decider;
      (void)runner.run(sim::TimeMode::concrete, decider);
      const Past all(runner.world().trace(), *runner.world().steps(), Past::of_the_end);
      for (const RestsOn& fake : rests_on(all, fakes_used(*variant))) {
        if (fake.server.empty()) continue;
        ++looked_at;
        for (const std::string& open : fake.unverified) {
          const bool made_up = open.starts_with("fault ") || open == "outage" ||
                               open.find(" -> ") != std::string::npos;
          EXPECT_TRUE(made_up) << file << ", " << variant->name << ": " << fake.fake << " " << open;
        }
      }
    }
  }
  EXPECT_GT(looked_at, 100U);
}

TEST(RestsOn, NotesSayWhatWasCompared) {
  const auto verified = read_verified(
      "# a comment\nserver: redis-server 7.0.15\ndate: 2025-09-08\nconversations: 3\n"
      "compared: >-\n  GET, SCRIPT LOAD,\n  SET,\nerrors: >-\n  ERR, WRONGTYPE,\nstatements: 40\n");
  EXPECT_EQ(verified.server, "redis-server 7.0.15");
  EXPECT_EQ(verified.date, "2025-09-08");
  EXPECT_EQ(verified.scope, "3 conversations, 40 statements");
  EXPECT_EQ(verified.compared, (Texts{"GET", "SCRIPT LOAD", "SET"}));
  EXPECT_EQ(verified.errors, (Texts{"ERR", "WRONGTYPE"}));
  for (const char* fake : {"redis", "database"}) {
    EXPECT_FALSE(read_verified(verified_note(fake)).compared.empty()) << fake;
  }
}

// One order may violate several checks: each is saved in a file of its own.
TEST(Failures, HaveNamesOfTheirOwn) {
  const auto failures = failures_of("platform/shutdown_with_clients", "grace_too_short");
  ASSERT_EQ(failures.size(), 3U);
  EXPECT_EQ(std::set<std::string>({failures[0].id, failures[1].id, failures[2].id}).size(), 3U);
}

// --- why ----------------------------------------------------------------------------------------

const std::string stays =
    "clients:\n  alice:\n    - connect: {retry_on: [503, refused], every: 100ms, for: 9s}\n"
    "    - expect: session_established\n    - wait: 3s\n";

TEST(Why, AKillCutsTheConnection) {
  OneRun run("process: {kill: [{at: 2s}]}\n" + stays + "check:\n  - never: {close: 1006}\n");
  EXPECT_EQ(run.why(), "alice was closed with 1006 after gateway was killed at 2000.000 ms");
}

TEST(Why, AKillBehindABalancerDoesToo) {
  OneRun run("process: {instances: 2, kill: [{at: 2s, instance: 1}, {at: 2s, instance: 2}]}\n" +
             stays + "check:\n  - never: {close: 1006}\n");
  const auto why = run.why();
  EXPECT_TRUE(why.starts_with("alice was closed with 1006 after gateway-")) << why;
  EXPECT_TRUE(why.ends_with(" was killed at 2000.000 ms")) << why;
}

TEST(Why, APartitionTellsOfItLate) {
  OneRun run(
      "process: {kill: [{at: 2s}]}\n"
      "network:\n  latency: 1ms\n"
      "  partitions: [{between: [clients, gateway], at: 1500ms, for: 1s, retransmit: 0ms}]\n" +
      stays + "check:\n  - never: {close: 1006}\n");
  EXPECT_EQ(run.why(),
            "alice was closed with 1006 after gateway was killed at 2000.000 ms, which a link that "
            "was cut at 1500.000 ms kept back until it healed at 2500.000 ms");
}

TEST(Why, ARateLimitSaysSo) {
  OneRun run(
      "gateway: {limits: {bad_messages: 1, messages_per_minute: 1}}\n"
      "clients:\n  alice:\n    - connect: {retry_on: [503, refused], every: 100ms, for: 9s}\n"
      "    - expect: session_established\n    - send: {type: chat, text: one}\n"
      "    - send: {type: chat, text: two}\n    - wait: 1s\n"
      "check:\n  - never: {close: 1008}\n");
  const auto why = run.why();
  EXPECT_TRUE(
      why.starts_with("alice was closed with 1008 (too many bad messages) after 1 refused "
                      "frame, the last as rate_limited at "))
      << why;
}

TEST(Why, AShutdownThatIsOverCutsIt) {
  const auto failures = failures_of("platform/shutdown_with_clients", "grace_too_short");
  ASSERT_FALSE(failures.empty());
  EXPECT_EQ(failures[0].cause,
            "alice was closed with 1006 after gateway ended the connection at 800.000 ms, when its "
            "time for 'connections to end' was over, in its shutdown since 600.000 ms");
}

TEST(Why, ALimitOfConnectionsSaysWhatItCounted) {
  const auto failures = failures_of("connections/leaked_connections", "kept_for_ever");
  ASSERT_FALSE(failures.empty());
  EXPECT_EQ(failures[0].cause,
            "alice was closed with 1008 (too many connections of this user) after 2 connections of "
            "alice were counted at 520.000 ms, 2 of them already over");
}

TEST(Why, TooManyBadMessagesSayWhichWasTheLast) {
  OneRun run(
      "gateway: {limits: {bad_messages: 3}}\n"
      "clients:\n  alice:\n    - connect: {retry_on: [503, refused], every: 100ms, for: 9s}\n"
      "    - expect: session_established\n    - send: {type: nonsense}\n"
      "    - send: {type: nonsense}\n    - send: {type: nonsense}\n    - wait: 1s\n"
      "check:\n  - never: {close: 1008}\n");
  const auto why = run.why();
  EXPECT_TRUE(
      why.starts_with("alice was closed with 1008 (too many bad messages) after 3 refused "
                      "frames, the last as unknown_type at "))
      << why;
}

/// A token that is refused after the upgrade, so that it ends in 1008.
std::string refused(const std::string& token, const std::string& auth) {
  return "gateway:\n  handshake: {auth: accept}\n"
         "  auth: {jwt: {secret: \"raceproof: a secret that is known to everybody\"}}\nbackends: "
         "{auth: " +
         auth +
         "}\nclients:\n  alice:\n    - connect: {retry_on: [503, refused], every: 100ms, for: 9s, "
         "token: " +
         token + "}\n    - wait: 1s\ncheck:\n  - never: {close: 1008}\n";
}

TEST(Why, ATokenIsRefusedByTheGatewayItself) {
  for (const char* token : {"expired", "forged"}) {
    OneRun run(refused(token, "{}"));
    const auto why = run.why();
    EXPECT_TRUE(why.starts_with("alice was closed with 1008 (Authentication failed: ")) << why;
    EXPECT_NE(why.find(") after the gateway's own look at the token at "), std::string::npos)
        << why;
  }
}

TEST(Why, ATokenIsRefusedByTheService) {
  OneRun run(refused("valid", "{revoked: [alice]}"));
  const auto why = run.why();
  EXPECT_TRUE(why.starts_with("alice was closed with 1008 (Authentication failed: ")) << why;
  EXPECT_NE(why.find(") after the auth service answered validate with "), std::string::npos) << why;
}

TEST(Why, ABreakerSaysWhatOpenedIt) {
  const auto failures = failures_of("auth/breaker_storm", "shared");
  ASSERT_FALSE(failures.empty());
  EXPECT_EQ(failures[0].cause,
            "alice got HTTP 503 (breaker_open) after the breaker of everyone had opened at "
            "1230.000 ms, on 3 refusals (the last: bad_signature)");
}

// --- when ---------------------------------------------------------------------------------------

// The region of all failing classes is where concrete runs fail: no random run fails outside of
// it, and it is not simply everything.
TEST(FailsIf, IsWhereConcreteRunsFail) {
  const auto failures = failures_of("cold_start/premature_readiness", "without_grace");
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_TRUE(failures[0].fails_if_complete);
  EXPECT_EQ(failures[0].fails_if_more, 0U);
  EXPECT_EQ(failures[0].fails_if,
            (std::vector<Texts>{{"gateway.grace_period = 0ms", "client.arrives <= 100ms",
                                 "redis.stabilise > client.arrives + 89ms"},
                                {"gateway.grace_period = 0ms", "client.arrives >= 100ms",
                                 "client.arrives < redis.stabilise + 161ms"}}));
  const auto variant = load_file("cold_start/premature_readiness")->resolve("without_grace");
  Runner runner(*variant, 1);
  std::uint64_t failed = 0;
  std::uint64_t held_inside = 0;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    explore::RandomDecider random(seed);
    const auto record = runner.run(sim::TimeMode::concrete, random);
    const auto value = [&](std::string_view name) {
      const auto at = std::ranges::find(variant->parameters, name, &scenario::Parameter::name);
      return runner.world()
          .time()
          .variables()[static_cast<std::size_t>(at - variant->parameters.begin())]
          .value;
    };
    constexpr std::int64_t ms = 1'000'000;
    const auto arrives = value("client.arrives");
    const auto stabilise = value("redis.stabilise");
    const bool inside =
        arrives <= 100 * ms ? stabilise > arrives + 89 * ms : arrives < stabilise + 161 * ms;
    const bool fails = (record.violated & 1) != 0;
    EXPECT_TRUE(inside || !fails) << "seed " << seed;
    failed += fails ? 1 : 0;
    held_inside += inside && !fails ? 1 : 0;
  }
  EXPECT_GT(failed, 100U);
  EXPECT_GT(held_inside, 0U) << "possible failure, not certain failure";
}

TEST(FailsIf, JoinsWhatTheClassesShare) {
  // Each of several orders fails for a part of the range, and all together for this.
  const auto failures = failures_of("agents/reconnect_during_run", "flushed_beside_live");
  ASSERT_FALSE(failures.empty());
  EXPECT_EQ(failures[0].region, Texts{"50ms <= user.away <= 100ms"});
  EXPECT_EQ(failures[0].fails_if, std::vector<Texts>{Texts{"50ms <= user.away <= 150ms"}});
}

TEST(FailsIf, IsNotSaidOfSamples) {
  CampaignOptions options;
  options.variants = {"without_grace"};
  options.search = scenario::Search::random;
  options.runs = 60;
  const auto result = run_scenario(*load_file("cold_start/premature_readiness"), options);
  ASSERT_FALSE(result.variants[0].failures.empty());
  EXPECT_TRUE(result.variants[0].failures[0].fails_if.empty());
  EXPECT_FALSE(result.variants[0].failures[0].fails_if_complete);
}

TEST(FailsIf, IsBoundedInLength) {
  const auto failures = failures_of("cold_start/grace_too_short", "reproduction");
  ASSERT_FALSE(failures.empty());
  EXPECT_EQ(failures[0].fails_if.size(), pieces_max);
  EXPECT_GT(failures[0].fails_if_more, 0U);
}

}  // namespace
}  // namespace raceproof::campaign
