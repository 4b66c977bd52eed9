// The fake in the simulated world as a subject: one fresh world for each conversation.
#include "fakes/redis/server.hpp"
#include "harness/sim/world.hpp"
#include "tests/fakes/redis/stream_player.hpp"
#include "tests/fakes/redis/subject.hpp"

namespace raceproof::fakes::redis::test {
namespace {

/// Always the first alternative and the shortest delay.
class BaselineDecider final : public sim::Decider {
 public:
  std::size_t choose(sim::ChoiceKind, std::span<const sim::Meaning>) override { return 0; }
  std::int64_t draw(std::int64_t low_ns, std::int64_t, const sim::Meaning&) override {
    return low_ns;
  }
};

class FakeSimulated final : public Subject {
 public:
  [[nodiscard]] std::string name() const override { return "fake simulated"; }

  std::vector<std::string> play(const Conversation& conversation) override {
    std::vector<std::string> answers;
    std::unique_ptr<Server> server;
    world_.begin({}, decider_);
    world_.add_process({.name = "redis",
                        .start =
                            [&](Runtime& runtime, const Executor& root) {
                              server = std::make_unique<Server>(runtime, Settings());
                              spawn(runtime, root, "redis", server->run());
                            },
                        .destroy = [&] { server.reset(); }});
    world_.add_process({.name = "client",
                        .cold_start = std::chrono::milliseconds(1),
                        .start =
                            [&](Runtime& runtime, const Executor& root) {
                              spawn(runtime, root, "client",
                                    play_all(runtime, conversation, answers));
                            },
                        .destroy = [] {}});
    const auto end = world_.run();
    world_.end();
    if (end != sim::RunEnd::stopped) answers.emplace_back(sim::name_of(end));
    answers.resize(conversation.steps.size(), "<the run ended: " + std::string(sim::name_of(end)) +
                                                  " " + world_.failure() + ">");
    return answers;
  }

 private:
  Awaitable<> play_all(Runtime& runtime, const Conversation& conversation,
                       std::vector<std::string>& answers) {
    co_await play_over_streams(runtime, Endpoint{"redis", 6379}, conversation, answers);
    world_.stop();
  }

  BaselineDecider decider_;
  sim::World world_;
};

}  // namespace

std::unique_ptr<Subject> start_fake_simulated() { return std::make_unique<FakeSimulated>(); }

}  // namespace raceproof::fakes::redis::test
