// The fake on the production runtime as a subject.
#include <future>
#include <thread>

#include "fakes/redis/server.hpp"
#include "runtime/asio/runtime.hpp"
#include "tests/fakes/redis/socket_player.hpp"
#include "tests/fakes/redis/subject.hpp"

namespace raceproof::fakes::redis::test {
namespace {

Settings on_any_port() {
  Settings settings;
  settings.host = "127.0.0.1";
  settings.port = 0;
  return settings;
}

Awaitable<> tell_port(Server& server, std::promise<std::uint16_t>& port) {
  port.set_value(co_await server.listening());
}

Awaitable<> shut_down(Server& server, AsioRuntime& runtime) {
  co_await server.stop();
  runtime.stop();
}

class FakeOnTcp final : public Subject {
 public:
  FakeOnTcp() : control_(runtime_.make_strand("control")), server_(runtime_, on_any_port()) {
    std::promise<std::uint16_t> port;
    server_.start();
    spawn(runtime_, control_, "port", tell_port(server_, port));
    thread_ = std::thread([this] { runtime_.run(); });
    port_ = port.get_future().get();
  }
  ~FakeOnTcp() override {
    spawn(runtime_, control_, "end", shut_down(server_, runtime_));
    thread_.join();
  }
  [[nodiscard]] std::string name() const override { return "fake on TCP"; }
  std::vector<std::string> play(const Conversation& conversation) override {
    return play_over_sockets(port_, conversation);
  }

 private:
  AsioRuntime runtime_{{.name = "redis"}};
  AsioRuntime::WorkGuard work_ = runtime_.keep_alive();
  Executor control_;
  Server server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Subject> start_fake_on_tcp() { return std::make_unique<FakeOnTcp>(); }

}  // namespace raceproof::fakes::redis::test
