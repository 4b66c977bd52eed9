#include "gateway/agent.hpp"

namespace raceproof::gateway {

Awaitable<std::string> EchoAgent::answer(std::string /*user*/, std::string text) {
  co_return "You said: " + text;
}

}  // namespace raceproof::gateway
