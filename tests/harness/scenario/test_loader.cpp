// Reading good scenario files. Passing means: every part of the file arrives in the model, and
// parameters become the symbolic durations that the search works with.
#include "tests/harness/scenario/texts.hpp"

namespace raceproof::scenario {
namespace {

constexpr std::int64_t ms = 1'000'000;

// The form that design and documentation use.
const std::string example = head + R"(tags: [flagship]
parameters:
  redis.stabilise: 50ms..400ms
  client.arrives: 0ms..1500ms
gateway:
  environment: staging
  readiness: {redis: connected, not_ready: refuse, poll: 100ms}
backends:
  redis:
    connect: 20ms..80ms
    reply: 2ms
    on: {subscribe: {delay: $redis.stabilise}}
network: {latency: 1ms, clients: 1ms..2ms, fragment: true}
process: {cold_start: 5ms, stall: [{at: 10ms..20ms, for: 1s}]}
clients:
  alice:
    - wait: $client.arrives
    - connect: {token: valid, retry_on: [503], every: 250ms, for: 5s}
    - expect: session_established
    - close
  users: {count: 3, steps: [{connect: }, {expect: {close: 1011}}]}
check:
  - never: {close: 1011}
  - sometimes: {close: 1011, client: users, caused_by: {redis: "PUBLISH -> 0"}}
  - leads_to: {from: {observe: client_open}, to: {frame: session_established}, within: 2s}
explore: {search: pct, runs: 7, depth: 2, else: {sample: 5}, time: 30s, until: 10s}
)";

// Symbolic values are compared by their two halves.
void expect_form(const Duration& value, FormId form) {
  EXPECT_EQ(value.affine().constant_ns, 0);
  EXPECT_EQ(value.affine().form, form);
}

TEST(ScenarioLoader, ReadsTheHead) {
  const auto scenario = must_load(example);
  EXPECT_EQ(scenario->name(), "a/b");
  EXPECT_EQ(scenario->shows(), "s");
  EXPECT_EQ(scenario->source(), "t");
  EXPECT_EQ(scenario->tags(), std::vector<std::string>{"flagship"});
  EXPECT_EQ(scenario->text(), example);
  EXPECT_TRUE(scenario->warnings().empty()) << print(scenario->warnings().front());
}

// Without variants there is one, which must hold.
TEST(ScenarioLoader, DefaultVariant) {
  const auto scenario = must_load(example);
  ASSERT_EQ(scenario->variant_names(), std::vector<std::string>{"default"});
  EXPECT_EQ(scenario->variants().front()->expect, Expectation::holds);
  EXPECT_EQ(scenario->resolve("default"), scenario->variants().front());
  EXPECT_EQ(scenario->resolve("other"), nullptr);
}

// Named parameters come first, in the file's order; then one for each single duration of a setting.
TEST(ScenarioLoader, Parameters) {
  const auto variant = must_load(example)->variants().front();
  const std::vector<Parameter> expected{
      {"redis.stabilise", 50 * ms, 400 * ms, false, 6},
      {"client.arrives", 0, 1500 * ms, false, 7},
      {"gateway.readiness.poll", 100 * ms, 100 * ms, true, 10},
      {"backends.redis.reply", 2 * ms, 2 * ms, true, 14},
      {"process.cold_start", 5 * ms, 5 * ms, true, 17},
      {"process.stall[0].for", 1000 * ms, 1000 * ms, true, 17},
  };
  EXPECT_EQ(variant->parameters, expected);
  expect_form(variant->backends.redis.on.at("subscribe").delay->low, 1);
  expect_form(variant->backends.redis.on.at("subscribe").delay->high, 1);
  expect_form(*variant->gateway.readiness.poll, 3);
  expect_form(variant->backends.redis.reply.low, 4);
  expect_form(variant->process.cold_start, 5);
  expect_form(variant->process.stall.at(0).span.high, 6);
}

// A range written in place stays a range, drawn at each use.
TEST(ScenarioLoader, RangesInPlace) {
  const auto variant = must_load(example)->variants().front();
  EXPECT_EQ(variant->backends.redis.connect.low.affine().constant_ns, 20 * ms);
  EXPECT_EQ(variant->backends.redis.connect.high.affine().constant_ns, 80 * ms);
  EXPECT_EQ(variant->network.clients->high.affine().constant_ns, 2 * ms);
  EXPECT_EQ(variant->network.latency.low.affine().constant_ns, 1 * ms);
  EXPECT_FALSE(variant->network.gateway_redis);
  EXPECT_TRUE(variant->network.fragment);
  EXPECT_EQ(variant->process.stall.at(0).at.high.affine().constant_ns, 20 * ms);
}

// Steps in all their forms; groups become numbered clients.
TEST(ScenarioLoader, Clients) {
  using namespace fakes::client;
  const auto variant = must_load(example)->variants().front();
  ASSERT_EQ(variant->clients.size(), 4u);
  EXPECT_EQ(variant->clients[0].name, "alice");
  EXPECT_EQ(variant->clients[1].name, "user1");
  EXPECT_EQ(variant->clients[3].name, "user3");
  const auto& steps = variant->clients[0].steps;
  ASSERT_EQ(steps.size(), 4u);
  expect_form(std::get<Wait>(steps[0]).delay.low, 2);
  EXPECT_EQ(std::get<Connect>(steps[1]).retry_on, std::vector<std::string>{"503"});
  EXPECT_EQ(std::get<Connect>(steps[1]).give_up.to_ns(), 5000 * ms);
  EXPECT_EQ(std::get<Expect>(steps[2]).type, "session_established");
  EXPECT_EQ(std::get<Close>(steps[3]).code, 1000);
  EXPECT_EQ(std::get<Connect>(variant->clients[1].steps[0]).path, "/ws");
  EXPECT_EQ(std::get<Expect>(variant->clients[1].steps[1]).close, 1011);
}

TEST(ScenarioLoader, Explore) {
  const ExploreSettings explore = must_load(example)->variants().front()->explore;
  EXPECT_EQ(explore.search, Search::pct);
  EXPECT_EQ(explore.runs, 7);
  EXPECT_EQ(explore.depth, 2);
  EXPECT_EQ(explore.otherwise.sample, 5);
  EXPECT_EQ(explore.time.to_ns(), 30'000 * ms);
  EXPECT_EQ(explore.until.to_ns(), 10'000 * ms);
}

// The wall clock runs numbers: each parameter's, and no symbolic duration is left.
TEST(ScenarioLoader, ConcreteValues) {
  const auto scenario = must_load(example);
  const auto variant = scenario->variants().front();
  const auto concrete =
      scenario->resolve_concrete(*variant, {300 * ms, 7 * ms, 100 * ms, 2 * ms, 5 * ms, 1000 * ms});
  EXPECT_EQ(concrete->backends.redis.on.at("subscribe").delay->low.to_ns(), 300 * ms);
  EXPECT_EQ(concrete->gateway.readiness.poll->to_ns(), 100 * ms);
  EXPECT_EQ(std::get<fakes::client::Wait>(concrete->clients[0].steps[0]).delay.high.to_ns(),
            7 * ms);
  EXPECT_EQ(concrete->checks.size(), variant->checks.size());
  EXPECT_THROW((void)scenario->resolve_concrete(*variant, {}), std::invalid_argument);
  EXPECT_THROW((void)scenario->resolve_concrete(
                   *variant, {1 * ms, 7 * ms, 100 * ms, 2 * ms, 5 * ms, 1000 * ms}),
               std::out_of_range);
}

// A file that cannot be opened is a diagnostic, not an exception.
TEST(ScenarioLoader, MissingFile) {
  const Loaded loaded = load("/nowhere/x.yaml");
  ASSERT_FALSE(loaded);
  EXPECT_EQ(lines_of(loaded.error()),
            std::vector<std::string>{"/nowhere/x.yaml: the file cannot be read"});
}

}  // namespace
}  // namespace raceproof::scenario
