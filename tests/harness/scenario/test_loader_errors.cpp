// Reading bad scenario files. Passing means: each kind of mistake is reported where it stands, with
// what was expected and the nearest known name; all of a file's at once; and nothing can be run.
#include "tests/harness/scenario/texts.hpp"

namespace raceproof::scenario {
namespace {

TEST(ScenarioErrors, UnknownTopLevelKey) {
  const auto found = complaints(head + "gatway: {}\n" + checks);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].starts_with(
      "s.yaml:4:1: unknown key 'gatway' (did you mean 'gateway'?); known keys: scenario, shows, "))
      << found[0];
}

TEST(ScenarioErrors, UnknownNestedKey) {
  const auto found = complaints(head + "gateway:\n  readiness: {radis: connected}\n" + checks);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(
      found[0].starts_with("s.yaml:5:15: unknown key 'radis' in 'gateway.readiness' (did you "
                           "mean 'redis'?); known keys: redis, not_ready, "))
      << found[0];
}

// A rule under `on:` for what does not exist, also where only a variant brings it in.
TEST(ScenarioErrors, UnknownRuleNames) {
  expect_complaint(
      head + "backends:\n  auth:\n    on: {validat: {delay: 1ms}}\n" + checks,
      "s.yaml:6:10: unknown key 'validat' in 'backends.auth.on' (did you mean 'validate'?); known "
      "keys: validate, key_set, health");
  expect_complaint(head + "backends: {agent: {on: {runs: {hang: true}}}}\n" + checks,
                   "s.yaml:4:25: unknown key 'runs' in 'backends.agent.on' (did you mean 'run'?); "
                   "known keys: run, health");
  expect_complaint(head + "backends: {redis: {on: {subscibe: {delay: 1ms}}}}\n" + checks,
                   "s.yaml:4:25: the fake Redis knows no command 'subscibe', for "
                   "'backends.redis.on' (did you mean 'subscribe'?); rules go by the names of "
                   "commands, such as 'publish' and 'script load'");
  const std::string variant = "variants:\n  v: {expect: holds, backends.redis.on: {";
  const auto found = complaints(head + variant + "script lod: {hang: true}}}\n" + checks);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].starts_with("s.yaml:5:42: the fake Redis knows no command 'script lod'"))
      << found[0];
  EXPECT_EQ(
      complaints(head + variant + "script load: {hang: true}, GET: {hang: true}}}\n" + checks),
      std::vector<std::string>{});
}

TEST(ScenarioErrors, DuplicateKey) {
  expect_complaint(head + "gateway: {threads: 1, threads: 2}\n" + checks,
                   "s.yaml:4:23: duplicate key 'threads' (first given at line 4)");
}

TEST(ScenarioErrors, MissingKeys) {
  const auto found = complaints("clients: {}\n" + checks);
  EXPECT_EQ(found, (std::vector<std::string>{"s.yaml:1:1: missing key 'scenario'",
                                             "s.yaml:1:1: missing key 'shows'",
                                             "s.yaml:1:1: missing key 'source'"}));
}

TEST(ScenarioErrors, NotAMap) {
  expect_complaint("- a\n", "s.yaml:1:1: a scenario is a map, got a list");
  EXPECT_EQ(complaints("").size(), 1u);
}

TEST(ScenarioErrors, SyntaxStopsHere) {
  const auto found = complaints(head + "gateway: {a: [1\n" + checks);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NE(found[0].find("YAML syntax"), std::string::npos) << found[0];
}

TEST(ScenarioErrors, Units) {
  expect_complaint(head + "gateway: {grace_period: 500}\n" + checks,
                   "s.yaml:4:25: duration without a unit: '500', did you mean '500ms'? (units: ns, "
                   "us, ms, s, m, h) for 'gateway.grace_period'");
  expect_complaint(head + "backends: {redis: {reply: 3ms..1ms}}\n" + checks,
                   "s.yaml:4:27: range reversed: '3ms..1ms', did you mean '1ms..3ms'? for "
                   "'backends.redis.reply'");
}

TEST(ScenarioErrors, Parameters) {
  const std::string parameters = "parameters:\n  redis.stabilise: 1ms..2ms\n";
  const std::string used = "network: {latency: $redis.stabilise}\n";
  expect_complaint(
      head + parameters + used + "backends: {redis: {reply: $redis.stabilize}}\n" + checks,
      "s.yaml:7:27: unknown parameter '$redis.stabilize' (did you mean "
      "'redis.stabilise'?); parameters: redis.stabilise");
  expect_complaint(head + parameters + checks,
                   "s.yaml:5:3: warning: parameter 'redis.stabilise' is never used "
                   "($redis.stabilise)");
  expect_complaint(head + "parameters: {p: [1]}\nclients: {a: [{wait: $p}]}\n" + checks,
                   "s.yaml:4:17: expected a duration or a range of durations, such as 50ms..400ms, "
                   "for parameter 'p', got a list");
}

TEST(ScenarioErrors, Steps) {
  expect_complaint(head + "clients:\n  a:\n    - wiat: 1s\n" + checks,
                   "s.yaml:6:7: unknown step 'wiat' (did you mean 'wait'?); steps: wait, connect, "
                   "expect, send, close, get, abort, read_slowly");
  expect_complaint(head + "clients:\n  a:\n    - {wait: 1s, close: 1000}\n" + checks,
                   "s.yaml:6:7: expected one step, such as 'wait: 100ms', got a map of 2 keys");
  expect_complaint(head + "clients:\n  a: 5\n" + checks,
                   "s.yaml:5:6: expected a list of steps for 'clients.a', got '5'");
  expect_complaint(
      head + "clients:\n  a b: [{wait: 1s}]\n" + checks,
      "s.yaml:5:3: 'a b' cannot name a client: letters, digits, _ and -, a letter first");
  expect_complaint(head + "clients:\n  a: {count: 2}\n" + checks,
                   "s.yaml:5:6: a group of clients has 'count' and 'steps'");
  const auto group = complaints(head + "clients:\n  a: {count: 2, stebs: [wait]}\n" + checks);
  ASSERT_EQ(group.size(), 2u);
  EXPECT_EQ(group[1],
            "s.yaml:5:17: unknown key 'stebs' in 'clients.a' (did you mean 'steps'?); known "
            "keys: count, steps");
  expect_complaint(head + "clients: {users: {count: 2, steps: [get]}, user1: [get]}\n" + checks,
                   "s.yaml:4:44: client 'user1' of 'user1' is there already, from 'users'");
}

// Steps that must fail whatever the server does.
TEST(ScenarioErrors, StepsThatCannotSucceed) {
  expect_complaint(
      head + "clients: {a: [{expect: hello}]}\n" + checks,
      "s.yaml:4:15: this step can never succeed: no connection is open at this 'expect' "
      "(a connect must come before it)");
  expect_complaint(head + "clients: {a: [connect, close, {send: hello}]}\n" + checks,
                   "s.yaml:4:31: this step can never succeed: no connection is open at this 'send' "
                   "(a connect must come before it)");
  expect_complaint(head + "clients: {a: [connect, {wait: 1s}, {expect: {http: 503}}]}\n" + checks,
                   "s.yaml:4:36: this step can never succeed: an HTTP answer is expected directly "
                   "after a connect");
  expect_complaint(
      head + "clients: {a: [connect, {expect: {close: 2000}}]}\n" + checks,
      "s.yaml:4:24: close code 2000 can never be seen: RFC 6455 section 7.4 has 1000 to "
      "1015 without 1004, and 3000 to 4999");
}

// The client's and the gateway's own rules are reported at the place they are about.
TEST(ScenarioErrors, RulesOfTheParts) {
  const auto step =
      complaints(head + "clients:\n  a:\n    - connect: {retry_on: [often]}\n" + checks);
  ASSERT_EQ(step.size(), 1u);
  EXPECT_TRUE(step[0].starts_with("s.yaml:6:16: retry_on takes ")) << step[0];
  const auto poll = complaints(head + "gateway:\n  readiness:\n    poll: 0ms\n" + checks);
  ASSERT_EQ(poll.size(), 1u);
  EXPECT_EQ(poll[0], "s.yaml:6:5: gateway.readiness.poll: must be longer than 0");
}

TEST(ScenarioErrors, EverythingAtOnce) {
  const auto found = complaints(
      "scenario: a/b\nshows: s\nsource: t\nbogus: 1\nparameters: {p: 5}\n"
      "gateway: {threads: 0}\nbackends: {redis: {reply: x}}\nnetwork: {latency: $p, fragment: "
      "maybe}\n"
      "clients: {a: [{wait: $q}]}\nvariants: {v: {gateway.thread: 1, expect: hold}}\n"
      "check: [{nevr: {close: 1011}}]\nexplore: {search: full}\n");
  ASSERT_EQ(found.size(), 10u);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_TRUE(found[i].starts_with("s.yaml:" + std::to_string(i + 4) + ":")) << found[i];
  }
}

}  // namespace
}  // namespace raceproof::scenario
