// Checks. Passing means: each kind arrives in the model with its text and line, and a check that
// could never say anything is reported.
#include "harness/scenario/state_expression.hpp"
#include "tests/harness/scenario/texts.hpp"

namespace raceproof::scenario {
namespace {

const std::string clients = "clients: {alice: [get], users: {count: 2, steps: [get]}}\n";
const std::string guard = "  - sometimes: {close: 1011}\n";

std::vector<Check> checks_of(const std::string& list) {
  return own_checks(*must_load(head + clients + "check:\n" + list)->variants().front());
}

void expect_check_complaint(const std::string& check, const std::string& expected) {
  expect_complaint(
      head + clients + "check:\n  - never: {close: 1000}\n" + guard + "  - " + check + "\n",
      expected);
}

TEST(ScenarioChecks, EveryKindOfPattern) {
  const auto checks = checks_of(
      "  - never: {close: 1011, where: {reason: x}}\n"
      "  - never: {http: 503, client: users}\n"
      "  - never: {frame: error, client: alice}\n"
      "  - never: {observe: readiness_verdict, where: {ready: true}}\n"
      "  - never: {state: 'gateway ready and not redis connected'}\n");
  ASSERT_EQ(checks.size(), 5u);
  EXPECT_EQ(checks[0].pattern.kind, Pattern::Kind::close);
  EXPECT_EQ(checks[0].pattern.code, 1011);
  EXPECT_EQ(checks[0].text, "never: {close: 1011, where: {reason: x}}");
  EXPECT_EQ(checks[0].line, 6);
  EXPECT_EQ(checks[1].pattern.kind, Pattern::Kind::http);
  EXPECT_EQ(checks[1].pattern.clients, (std::vector<std::string>{"user1", "user2"}));
  EXPECT_EQ(checks[2].pattern.kind, Pattern::Kind::frame);
  EXPECT_EQ(checks[2].pattern.name, "error");
  EXPECT_EQ(checks[2].pattern.clients, std::vector<std::string>{"alice"});
  EXPECT_EQ(checks[3].pattern.kind, Pattern::Kind::observe);
  EXPECT_EQ(checks[3].pattern.where.at(0), (std::pair<std::string, std::string>{"ready", "true"}));
  EXPECT_EQ(checks[4].pattern.kind, Pattern::Kind::state);
  EXPECT_EQ(print(*checks[4].pattern.during), "gateway ready and not redis connected");
}

TEST(ScenarioChecks, ConditionsAndCauses) {
  const auto checks = checks_of(
      "  - sometimes: {observe: session_setup, while: redis connected and not operational}\n"
      "  - sometimes: {close: 1011, caused_by: {redis: 'PUBLISH -> 0'}}\n"
      "  - always: {close: 1011, caused_by: {observe: session_setup_failed}}\n");
  EXPECT_EQ(print(*checks[0].pattern.during), "redis connected and not redis operational");
  EXPECT_EQ(checks[1].pattern.caused_by->command, "PUBLISH");
  EXPECT_EQ(checks[1].pattern.caused_by->reply, "0");
  EXPECT_EQ(checks[2].kind, Check::Kind::always);
  EXPECT_EQ(checks[2].pattern.caused_by->observation, "session_setup_failed");
}

TEST(ScenarioChecks, Times) {
  const auto checks = checks_of(
      "  - eventually: {frame: session_established, within: 2s}\n"
      "  - leads_to: {from: {observe: client_open}, to: {close: 1000}, within: 5ms}\n"
      "  - leads_to: {from: {observe: client_open}, to: {close: 1000}}\n");
  EXPECT_EQ(checks[0].kind, Check::Kind::eventually);
  EXPECT_EQ(checks[0].within->to_ns(), 2'000'000'000);
  EXPECT_EQ(checks[1].kind, Check::Kind::leads_to);
  EXPECT_EQ(checks[1].pattern.name, "client_open");
  EXPECT_EQ(checks[1].to.code, 1000);
  EXPECT_EQ(checks[1].to.text, "{close: 1000}");
  EXPECT_EQ(checks[1].within->to_ns(), 5'000'000);
  EXPECT_FALSE(checks[2].within);
}

// Passing means: every invariant is required of every variant, once; where a never names one it is
// the scenario's own, and may be what a variant reproduces.
TEST(ScenarioChecks, InvariantsAreRequiredUnlessNamed) {
  const auto scenario = must_load(head +
                                  "variants:\n  a: {expect: reproduces}\n  b: {expect: holds}\n"
                                  "check:\n  - never: {invariant: commit_first, in: [a]}\n"
                                  "  - sometimes: {invariant: commit_first, in: [a]}\n");
  const auto named = own_checks(*scenario->resolve("a"));
  ASSERT_EQ(named.size(), 2u);
  EXPECT_EQ(named[0].pattern.kind, Pattern::Kind::invariant);
  EXPECT_EQ(named[0].pattern.invariant, check::Invariant::commit_first);
  EXPECT_EQ(named[0].text, "never: {invariant: commit_first, in: [a]}");
  EXPECT_EQ(scenario->resolve("a")->checks.size(), 2 + check::invariant_count - 1);
  EXPECT_EQ(scenario->resolve("b")->checks.size(), check::invariant_count);
}

TEST(ScenarioChecks, Mistakes) {
  expect_check_complaint("nevr: {close: 1011}",
                         "s.yaml:8:5: unknown check 'nevr' (did you mean 'never'?); checks: never, "
                         "always, sometimes, eventually, leads_to");
  expect_check_complaint("never: {close: 1011, http: 503}",
                         "s.yaml:8:12: a pattern has exactly one of close, http, frame, observe, "
                         "state, invariant; this one has 2");
  expect_check_complaint("never: {client: alice}",
                         "s.yaml:8:12: a pattern has exactly one of close, http, frame, observe, "
                         "state, invariant; this one has 0");
  expect_check_complaint("always: {invariant: commit_first}",
                         "s.yaml:8:13: an invariant is violated or not: only never and sometimes "
                         "can speak of it");
  expect_check_complaint("never: {invariant: commit_first, client: alice}",
                         "s.yaml:8:12: 'invariant' goes with no other condition");
  expect_check_complaint("never: {close: 1016}",
                         "s.yaml:8:20: close code 1016 can never be seen: RFC 6455 section 7.4 has "
                         "1000 to 1015 without 1004, and 3000 to 4999");
  expect_check_complaint(
      "never: {close: 1011, client: alcie}",
      "s.yaml:8:34: unknown client 'alcie' (did you mean 'alice'?); clients: alice, "
      "users");
  expect_check_complaint(
      "never: {close: 1011, in: [defualt]}",
      "s.yaml:8:31: unknown variant 'defualt' (did you mean 'default'?); variants: "
      "default");
  expect_check_complaint(
      "never: {close: 1011, in: []}",
      "s.yaml:8:30: an empty 'in' applies nowhere; leave it out for all variants");
  expect_check_complaint(
      "never: {close: 1011, caused_by: {redis: PUBLISH}}",
      "s.yaml:8:45: expected a command and its answer, such as \"PUBLISH -> 0\", "
      "got 'PUBLISH'");
  expect_check_complaint("leads_to: {from: {close: 1000}}",
                         "s.yaml:8:15: leads_to has 'from' and 'to'; 'to' is missing");
  expect_check_complaint(
      "always: {close: 1000}",
      "s.yaml:8:13: always says what must be true of each such event: add 'while' "
      "or 'caused_by', or give a 'state' that must hold at every moment");
  expect_check_complaint("never: 1011",
                         "s.yaml:8:12: expected a map for 'check.never', got '1011'");
  expect_check_complaint("never",
                         "s.yaml:8:5: expected one check, such as 'never: {close: 1011}', got "
                         "'never'");
}

// Names that nothing reports make a check blind: a warning.
TEST(ScenarioChecks, UnknownNamesAreWarnedOf) {
  const auto found = complaints(head + clients + "check:\n" + guard +
                                "  - never: {observe: sesion_setup}\n"
                                "  - never: {observe: session_setup, where: {usr: x}}\n"
                                "  - never: {close: 1011, while: redis operationl}\n");
  ASSERT_EQ(found.size(), 3u);
  EXPECT_TRUE(
      found[0].starts_with("s.yaml:7:22: warning: nothing is observed under the name "
                           "'sesion_setup' (did you mean 'session_setup'?)"))
      << found[0];
  EXPECT_EQ(found[1],
            "s.yaml:8:45: warning: session_setup has no field 'usr' (did you mean 'user'?); its "
            "fields: peer, user");
  EXPECT_TRUE(
      found[2].starts_with("s.yaml:9:33: warning: nothing reports the fact 'redis "
                           "operationl', so it is never true (did you mean 'redis "
                           "operational'?)"))
      << found[2];
}

TEST(ScenarioChecks, VacuityIsWarnedOf) {
  const auto found = complaints(head + "check:\n  - never: {close: 1011}\n");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].starts_with("s.yaml:1:1: warning: there is no 'sometimes' check"))
      << found[0];
}

}  // namespace
}  // namespace raceproof::scenario
