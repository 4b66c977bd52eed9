// The flagship scenario on the wall clock: a real gateway on real threads and sockets, once with
// our own client and once with a WebSocket client that nobody here wrote (python3-websockets).
#include "harness/campaign/wall.hpp"

#include <array>
#include <cstdio>
#include <future>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace raceproof::campaign {
namespace {

using namespace std::chrono_literals;

constexpr const char* flagship = "scenarios/cold_start/premature_readiness.yaml";

std::shared_ptr<const scenario::Scenario> load(const std::string& file) {
  auto loaded = scenario::load(file);
  EXPECT_TRUE(loaded) << (loaded ? "" : loaded.error().front().message);
  return loaded ? *loaded : nullptr;
}

/// A draw that leaves a busy machine some room on both sides of the grace period: the window is
/// open for at least 330 ms, more than the client's pause between two attempts, and closed 90 ms
/// before the grace period of 500 ms is over.
WallOptions roomy() {
  WallOptions options;
  options.worst_case = true;
  options.given["redis.stabilise"] = 330ms;
  options.limit = 20s;
  return options;
}

std::int64_t number(const trace::Trace& trace, const trace::ObservationRecord& record,
                    std::string_view key) {
  const auto* field = trace.find(record, key);
  return field == nullptr ? -1 : field->number;
}
std::string text(const trace::Trace& trace, const trace::ObservationRecord& record,
                 std::string_view key) {
  const auto* field = trace.find(record, key);
  return field == nullptr ? "" : std::string(trace.value_text(*field));
}

/// The observations called `name`, in their order.
std::vector<trace::ObservationRecord> all(const trace::Trace& trace, std::string_view name) {
  std::vector<trace::ObservationRecord> found;
  for (const auto& record : trace.observations()) {
    if (trace.text(record.name) == name) found.push_back(record);
  }
  return found;
}

std::string story(const trace::Trace& trace) {
  std::string lines;
  for (const auto& record : trace.observations()) {
    lines += std::to_string(record.time_ns / 1000) + " us " +
             std::string(trace.strand_name(record.strand)) + ": " +
             std::string(trace.text(record.name));
    for (const auto& field : trace.fields(record)) {
      lines += ' ';
      lines += trace.text(field.key);
      lines += '=';
      if (field.type == trace::FieldType::text) {
        lines += trace.value_text(field);
      } else {
        lines += std::to_string(field.number);
      }
    }
    lines += '\n';
  }
  return lines;
}

WallResult play(const std::string& variant, const WallOptions& options,
                const std::string& file = flagship) {
  const auto scenario = load(file);
  return run_wall(*scenario, *scenario->resolve(variant), options);
}

/// The close codes that clients saw.
std::vector<std::int64_t> close_codes(const WallResult& result) {
  std::vector<std::int64_t> codes;
  for (const auto& record : all(result.trace, "client_close")) {
    codes.push_back(number(result.trace, record, "code"));
  }
  return codes;
}

// Without the grace period a client is accepted inside the window, and a real 1011 comes back.
TEST(WallTest, WithoutGraceThereIsA1011) {
  const auto result = play("without_grace", roomy());
  EXPECT_EQ(result.end, WallEnd::clients_done) << result.failure;
  EXPECT_EQ(close_codes(result), std::vector<std::int64_t>{1011}) << story(result.trace);
  ASSERT_EQ(result.clients.size(), 1U);
  EXPECT_TRUE(result.clients[0].finished);
  EXPECT_FALSE(result.clients[0].ok);
}

// The 1011 goes back to what Redis answered to the probe: nobody is subscribed.
TEST(WallTest, The1011FollowsFromRedisAnswer) {
  const auto result = play("without_grace", roomy());
  bool unheard = false;
  for (const auto& record : all(result.trace, "redis_reply")) {
    unheard = unheard || (text(result.trace, record, "command") == "PUBLISH" &&
                          text(result.trace, record, "reply") == ":0");
  }
  EXPECT_TRUE(unheard) << story(result.trace);
}

// With it the same delays harm nobody: the client is served to the end.
TEST(WallTest, WithGraceThereIsNone) {
  const auto result = play("with_grace", roomy());
  EXPECT_EQ(result.end, WallEnd::clients_done) << result.failure;
  EXPECT_EQ(close_codes(result), std::vector<std::int64_t>{1000}) << story(result.trace);
  EXPECT_TRUE(result.clients.at(0).ok);
}

// Asking for "operational" needs no grace period, even with the longest window.
TEST(WallTest, OperationalNeedsNoGrace) {
  WallOptions worst;
  worst.worst_case = true;
  worst.limit = 20s;
  const auto result = play("operational", worst);
  EXPECT_EQ(close_codes(result), std::vector<std::int64_t>{1000}) << story(result.trace);
  EXPECT_TRUE(result.clients.at(0).ok);
}

// Times never go back, and begin at the start of the run, whichever runtime observed.
TEST(WallTest, ObservationsAreInOrder) {
  const auto result = play("operational", roomy());
  std::int64_t last = 0;
  for (const auto& record : result.trace.observations()) {
    EXPECT_GE(record.time_ns, last);
    last = record.time_ns;
  }
  EXPECT_GT(result.trace.observations().size(), 20U);
  EXPECT_GE(result.took.count(), last);
}

// The limit ends a run whose client waits for ever, in an orderly way.
TEST(WallTest, ALimitEndsTheRun) {
  auto options = roomy();
  options.limit = 50ms;
  options.given["client.arrives"] = 1500ms;
  const auto result = play("with_grace", options);
  EXPECT_EQ(result.end, WallEnd::limit);
  EXPECT_FALSE(result.clients.at(0).finished);
  EXPECT_LT(result.took, 5s);
}

// So does the caller.
TEST(WallTest, TheCallerCanStopIt) {
  std::stop_source stop;
  auto options = roomy();
  options.given["client.arrives"] = 1500ms;
  options.stop = stop.get_token();
  const auto later = std::async(std::launch::async, [&] {
    std::this_thread::sleep_for(50ms);
    stop.request_stop();
  });
  EXPECT_EQ(play("with_grace", options).end, WallEnd::stopped);
}

// Equal seeds draw equal numbers, within the ranges; the worst case is slow backends, early
// clients.
TEST(WallDrawTest, DrawsWithinTheRanges) {
  const auto scenario = load(flagship);
  const auto variant = scenario->resolve("without_grace");
  DrawOptions options;
  const auto first = draw_parameters(*variant, options);
  EXPECT_EQ(first, draw_parameters(*variant, options));
  options.seed = 2;
  EXPECT_NE(first, draw_parameters(*variant, options));
  options.worst_case = true;
  const auto worst = draw_parameters(*variant, options);
  for (std::size_t i = 0; i < worst.size(); ++i) {
    const auto& parameter = variant->parameters[i];
    EXPECT_GE(first[i], parameter.low_ns) << parameter.name;
    EXPECT_LE(first[i], parameter.high_ns) << parameter.name;
    if (parameter.name == "redis.stabilise") {
      EXPECT_EQ(worst[i], parameter.high_ns);
    }
    if (parameter.name == "client.arrives") {
      EXPECT_EQ(worst[i], parameter.low_ns);
    }
  }
}

// A given number must belong to a parameter and lie within its range.
TEST(WallDrawTest, RejectsWhatIsNotInTheScenario) {
  const auto scenario = load(flagship);
  const auto variant = scenario->resolve("without_grace");
  DrawOptions options;
  options.given["redis.stabilize"] = 100ms;
  EXPECT_THROW(draw_parameters(*variant, options), std::invalid_argument);
  options.given.clear();
  options.given["redis.stabilise"] = 10s;
  EXPECT_THROW(draw_parameters(*variant, options), std::out_of_range);
}

/// What the foreign client printed.
nlohmann::json run_foreign_client(const Endpoint& gateway) {
  const std::string command = "/usr/bin/python3 tests/harness/wall/foreign_client.py ws://" +
                              gateway.host + ":" + std::to_string(gateway.port) +
                              "/ws?user=foreign --give-up 5";
  std::string output;
  std::FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return {};
  std::array<char, 512> piece{};
  while (std::fgets(piece.data(), piece.size(), pipe) != nullptr) output += piece.data();
  pclose(pipe);
  return nlohmann::json::parse(output, nullptr, false);
}

bool has_foreign_client() {
  return std::system("/usr/bin/python3 -c 'import websockets' >/dev/null 2>&1") == 0;
}

nlohmann::json play_foreign(const std::string& variant, WallResult& result) {
  const auto scenario = load(flagship);
  std::vector<WallValue> values;
  const auto options = roomy();
  WallWorld world(draw_variant(*scenario, *scenario->resolve(variant), options, values), options);
  auto answer = run_foreign_client(world.gateway());
  result = world.finish();
  return answer;
}

// A client that knows nothing of us meets the same 1011.
TEST(ForeignClientTest, WithoutGraceThereIsA1011) {
  if (!has_foreign_client()) GTEST_SKIP() << "python3-websockets is not installed";
  WallResult result;
  const auto answer = play_foreign("without_grace", result);
  EXPECT_EQ(answer.value("outcome", ""), "closed") << answer << '\n' << story(result.trace);
  EXPECT_EQ(answer.value("code", 0), 1011) << answer;
  EXPECT_FALSE(answer.value("reason", "").empty()) << "a close tells why";
}

// ... and is served to the end with the grace period.
TEST(ForeignClientTest, WithGraceItIsServed) {
  if (!has_foreign_client()) GTEST_SKIP() << "python3-websockets is not installed";
  WallResult result;
  const auto answer = play_foreign("with_grace", result);
  EXPECT_EQ(answer.value("outcome", ""), "completed") << answer << '\n' << story(result.trace);
  EXPECT_EQ(answer.value("code", 0), 1000) << answer;
}

}  // namespace
}  // namespace raceproof::campaign
