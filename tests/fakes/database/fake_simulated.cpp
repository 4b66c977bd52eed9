// The fake in the simulated world as a subject: one fresh world for each conversation.
#include "fakes/database/client.hpp"
#include "fakes/database/server.hpp"
#include "harness/explore/decisions.hpp"
#include "harness/sim/world.hpp"
#include "runtime/task.hpp"
#include "tests/fakes/database/player.hpp"
#include "tests/fakes/database/subject.hpp"

namespace raceproof::fakes::database::test {
namespace {

using namespace std::chrono_literals;

/// Virtual time costs nothing: after three seconds nobody looks for deadlocks any more.
class SettlingByTime final : public Settling {
 public:
  explicit SettlingByTime(Runtime& runtime) : runtime_(runtime) {}
  Awaitable<> opened(PlayedSession&) override { co_return; }
  Awaitable<> before_statement() override { co_return; }
  Awaitable<> settle(const PlayedSessions&) override { co_await runtime_.sleep_for(3s, "settle"); }
  Awaitable<> gone(const PlayedSession&) override { co_await runtime_.sleep_for(1s, "settle"); }

 private:
  Runtime& runtime_;
};

class FakeSimulated final : public Subject {
 public:
  [[nodiscard]] std::string name() const override { return "fake simulated"; }

  std::vector<std::vector<std::string>> play(
      const std::vector<Conversation>& conversations) override {
    std::vector<std::vector<std::string>> answers;
    for (const auto& conversation : conversations) answers.push_back(play_one(conversation));
    return answers;
  }

 private:
  std::vector<std::string> play_one(const Conversation& conversation) {
    std::vector<std::string> answers;
    std::unique_ptr<Server> server;
    sim::RunOptions options;
    options.horizon = 24h;
    world_.begin(options, decider_);
    world_.add_process({.name = "database",
                        .start =
                            [&](Runtime& runtime, const Executor& root) {
                              server = std::make_unique<Server>(runtime, Settings());
                              spawn(runtime, root, "database", server->run());
                            },
                        .destroy = [&] { server.reset(); }});
    std::unique_ptr<Client> client;
    world_.add_process({.name = "client",
                        .cold_start = 1ms,
                        .start =
                            [&](Runtime& runtime, const Executor& root) {
                              client =
                                  std::make_unique<Client>(runtime, Endpoint("database", 5432));
                              spawn(runtime, root, "client",
                                    converse(runtime, root, *client, conversation, answers));
                            },
                        .destroy = [&] { client.reset(); }});
    const auto end = world_.run();
    world_.end();
    answers.resize(conversation.steps.size(), "<the run ended: " + std::string(sim::name_of(end)) +
                                                  " " + world_.failure() + ">");
    return answers;
  }

  Awaitable<> converse(Runtime& runtime, Executor strand, Client& client,
                       const Conversation& conversation, std::vector<std::string>& answers) {
    SettlingByTime settling(runtime);
    answers = co_await test::play(runtime, strand, client, conversation, settling);
    world_.stop();
  }

  explore::BaselineDecider decider_;
  sim::World world_;
};

}  // namespace

std::unique_ptr<Subject> start_fake_simulated() { return std::make_unique<FakeSimulated>(); }

}  // namespace raceproof::fakes::database::test
