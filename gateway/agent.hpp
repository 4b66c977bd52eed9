// The port behind which agents answer chat messages.
#pragma once

#include <string>

#include "runtime/runtime.hpp"

namespace raceproof::gateway {

/// Answers messages. Implementations must be safe to use from any session's strand: one that has
/// state keeps it on a strand of its own and is called into it.
class Agent {
 public:
  Agent() = default;
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;
  virtual ~Agent() = default;

  /// The completed answer to one chat message.
  virtual Awaitable<std::string> answer(std::string user, std::string text) = 0;
};

/// The simplest agent: it says what it heard.
class EchoAgent final : public Agent {
 public:
  Awaitable<std::string> answer(std::string user, std::string text) override;
};

}  // namespace raceproof::gateway
