#include "gateway/agents/echo_agent.hpp"

#include <utility>

namespace raceproof::gateway {

namespace {

class EchoRun final : public AgentRun {
 public:
  explicit EchoRun(std::string text) : text_(std::move(text)) {}

  Awaitable<std::optional<AgentStep>> next() override {
    if (std::exchange(answered_, true)) co_return std::nullopt;
    AgentStep reply;
    reply.kind = AgentStep::Kind::reply;
    reply.text = "You said: " + text_;
    co_return reply;
  }

 private:
  std::string text_;
  bool answered_ = false;
};

}  // namespace

Awaitable<std::unique_ptr<AgentRun>> EchoBackend::start(AgentRequest request) {
  co_return std::make_unique<EchoRun>(std::move(request.text));
}

}  // namespace raceproof::gateway
