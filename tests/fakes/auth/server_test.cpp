// The fake auth service in the simulated world, asked over HTTP. Passing means that it judges
// tokens as a real one does, and that each fault does what the settings say, and no more often.
#include "fakes/auth/server.hpp"

#include <gtest/gtest.h>

#include "fakes/auth/token.hpp"
#include "gateway/http_client.hpp"
#include "harness/explore/decisions.hpp"
#include "harness/sim/world.hpp"
#include "runtime/task.hpp"

namespace raceproof::fakes::auth {
namespace {

using namespace std::chrono_literals;
using gateway::HttpAnswer;
using gateway::HttpCall;

/// What came of one request: "status body", or the error; and when, in milliseconds.
struct Answered {
  std::string text;
  std::int64_t at_ms = 0;
};

class Service {
 public:
  /// One after the other.
  std::vector<Answered> ask(std::vector<HttpCall> calls) { return run({std::move(calls)}); }
  /// All at once; the answers in the order of the calls.
  std::vector<Answered> ask_beside(std::vector<HttpCall> calls) {
    std::vector<std::vector<HttpCall>> each;
    for (HttpCall& call : calls) each.push_back({std::move(call)});
    return run(std::move(each));
  }
  Answered ask_one(HttpCall call) {
    auto answers = ask({std::move(call)});
    return answers.empty() ? Answered{"nothing"} : answers[0];
  }
  [[nodiscard]] bool saw(const std::string& text) const {
    return std::find(seen.begin(), seen.end(), text) != seen.end();
  }

  Settings settings;
  std::vector<std::string> seen;

 private:
  std::vector<Answered> run(std::vector<std::vector<HttpCall>> clients) {
    explore::BaselineDecider decider;
    sim::RunOptions options;
    options.horizon = 60s;
    options.on_observation = [this](const Observation& observation) {
      std::string text(observation.name);
      for (const auto& field : observation.fields) {
        if (const auto* value = std::get_if<std::string_view>(&field.value)) {
          text.append(1, ' ').append(*value);
        }
      }
      seen.push_back(std::move(text));
    };
    seen.clear();
    answers_.assign(clients.size(), {});
    left_ = clients.size();
    world_.begin(options, decider);
    world_.add_process({.name = "auth",
                        .start =
                            [this](Runtime& runtime, const Executor&) {
                              server_ = std::make_unique<Server>(runtime, settings);
                              server_->start();
                            },
                        .destroy = [this] { server_.reset(); }});
    world_.add_process({.name = "client",
                        .cold_start = 1ms,
                        .start =
                            [&](Runtime& runtime, const Executor& root) {
                              for (std::size_t i = 0; i < clients.size(); ++i) {
                                spawn(runtime, root, "client",
                                      play(runtime, std::move(clients[i]), answers_[i]));
                              }
                            },
                        .destroy = [] {}});
    world_.run();
    EXPECT_EQ(world_.failure(), "");
    world_.end();
    std::vector<Answered> all;
    for (const auto& answers : answers_) all.insert(all.end(), answers.begin(), answers.end());
    return all;
  }
  Awaitable<> play(Runtime& runtime, std::vector<HttpCall> calls, std::vector<Answered>& answers) {
    const Endpoint to("auth", 8081);
    for (HttpCall& call : calls) {
      Answered answered;
      try {
        const HttpAnswer answer = co_await gateway::http_fetch(runtime, to, std::move(call));
        answered.text = std::to_string(answer.status) + " " + answer.body;
      } catch (const boost::system::system_error& error) {
        answered.text = error.what();
      }
      answered.at_ms = world_.now_ns() / 1'000'000;
      answers.push_back(std::move(answered));
    }
    if (--left_ == 0) world_.stop();
  }

  sim::World world_;
  std::vector<std::vector<Answered>> answers_;
  std::size_t left_ = 0;
  std::unique_ptr<Server> server_;
};

HttpCall get(std::string target) {
  HttpCall call;
  call.target = std::move(target);
  return call;
}
HttpCall validate(const std::string& token) {
  HttpCall call;
  call.method = "POST";
  call.target = "/validate";
  call.body = R"({"token":")" + token + "\"}";
  return call;
}
TokenSpec spec_of(std::string user) {
  TokenSpec spec;
  spec.user = std::move(user);
  spec.now = sim::epoch_unix_seconds;
  return spec;
}
std::string token_of(std::string user) { return make_token(spec_of(std::move(user))); }

std::string refusal(std::string_view reason) {
  return R"(200 {"reason":")" + std::string(reason) + R"(","valid":false})";
}
const std::string accepted_alice = R"(200 {"exp":1757362920,"user":"alice","valid":true})";

TEST(AuthService, JudgesTokens) {
  Service service;
  service.settings.revoked = {"bob"};
  TokenSpec old = spec_of("alice");
  old.expires_in = 0;
  TokenSpec forged = spec_of("alice");
  forged.kind = TokenKind::forged;
  TokenSpec rs256 = spec_of("alice");
  rs256.kind = TokenKind::rs256;
  HttpCall no_json = validate("x");
  no_json.body = "token=x";
  const auto answers = service.ask({validate(token_of("alice")), validate(make_token(rs256)),
                                    validate(make_token(old)), validate(make_token(forged)),
                                    validate(token_of("bob")), validate("x.y.z"), no_json});
  ASSERT_EQ(answers.size(), 7U);
  EXPECT_EQ(answers[0].text, accepted_alice);
  EXPECT_EQ(answers[1].text, accepted_alice);
  EXPECT_EQ(answers[2].text, refusal("expired"));
  EXPECT_EQ(answers[3].text, refusal("bad_signature"));
  EXPECT_EQ(answers[4].text, refusal("revoked"));
  EXPECT_EQ(answers[5].text, refusal("malformed"));
  EXPECT_EQ(answers[6].text, refusal("malformed"));
  EXPECT_TRUE(service.saw("auth_request validate alice"));
  EXPECT_TRUE(service.saw("auth_request validate bob"));
  EXPECT_TRUE(service.saw("auth_answer validate bob"));
}

TEST(AuthService, PublishesItsKeysAndItsHealth) {
  Service service;
  const auto answers =
      service.ask({get("/jwks.json"), get("/health"), get("/admin"), get("/validate")});
  ASSERT_EQ(answers.size(), 4U);
  EXPECT_EQ(answers[0].text, "200 " + std::string(test_key_set));
  EXPECT_EQ(answers[1].text, R"(200 {"status":"ok"})");
  EXPECT_EQ(answers[2].text, R"(404 {"error":"not_found"})");
  EXPECT_EQ(answers[3].text, R"(404 {"error":"not_found"})") << "only POST is a validation";
  for (const auto* operation : {"key_set", "health", "unknown"}) {
    EXPECT_TRUE(service.saw(std::string("auth_request ") + operation + " ")) << operation;
  }
}

TEST(AuthService, TakesItsTime) {
  Service service;
  service.settings.reply = {20ms, 20ms};
  service.settings.on["health"].delay = DelayRange{200ms, 200ms};
  const auto answers = service.ask({validate(token_of("alice")), get("/health")});
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].at_ms, 21);
  EXPECT_EQ(answers[1].at_ms, 221);
}

// A rule concerns its operation, so many times.
TEST(AuthFaults, HappenAsOftenAsTheyShould) {
  Service service;
  auto& rule = service.settings.on["validate"];
  rule.status = 503;
  rule.times = 2;
  const auto call = validate(token_of("alice"));
  const auto answers = service.ask({call, get("/health"), call, call});
  ASSERT_EQ(answers.size(), 4U);
  EXPECT_TRUE(answers[0].text.starts_with("503 "));
  EXPECT_TRUE(answers[1].text.starts_with("200 "));
  EXPECT_TRUE(answers[2].text.starts_with("503 "));
  EXPECT_EQ(answers[3].text, accepted_alice);
  EXPECT_EQ(
      std::count(service.seen.begin(), service.seen.end(), "auth_fault validate alice status"), 2);
}

// One too many at once is turned away, and only as long as the other is worked on; what is no
// validation does not count.
TEST(AuthFaults, MayBeThatItIsBusy) {
  Service service;
  service.settings.at_once = 1;
  service.settings.reply = {20ms, 20ms};
  const auto call = validate(token_of("alice"));
  const auto beside = service.ask_beside({call, call, get("/health")});
  ASSERT_EQ(beside.size(), 3U);
  EXPECT_EQ(beside[0].text, accepted_alice);
  EXPECT_TRUE(beside[1].text.starts_with("503 "));
  EXPECT_EQ(beside[1].at_ms, 1);
  EXPECT_TRUE(beside[2].text.starts_with("200 "));
  EXPECT_TRUE(service.saw("auth_fault validate alice busy"));
  const auto in_turn = service.ask({call, call});
  ASSERT_EQ(in_turn.size(), 2U);
  EXPECT_EQ(in_turn[1].text, accepted_alice);
}

TEST(AuthFaults, DoWhatTheySay) {
  const auto with = [](auto change) {
    Service service;
    change(service.settings.on["validate"]);
    return service.ask_one(validate(token_of("alice"))).text;
  };
  const auto contains = [](const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
  };
  EXPECT_TRUE(contains(with([](OperationRule& rule) { rule.reset = true; }), "no answer"));
  EXPECT_TRUE(contains(with([](OperationRule& rule) { rule.cut = true; }), "cut off"));
  EXPECT_TRUE(contains(with([](OperationRule& rule) { rule.garbage = true; }), "not HTTP"));
  EXPECT_EQ(with([](OperationRule& rule) { rule.hang = true; }), "nothing");
  EXPECT_EQ(with([](OperationRule& rule) { rule.reply = "[]"; }), "200 []");
  EXPECT_EQ(with([](OperationRule& rule) { rule.user = "mallory"; }),
            R"(200 {"exp":1757362920,"user":"mallory","valid":true})");
}

}  // namespace
}  // namespace raceproof::fakes::auth
