// What the contract suite can be run on: a Redis server, real or not, that plays conversations.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/fakes/redis/conversation.hpp"

namespace raceproof::fakes::redis::test {

class Subject {
 public:
  virtual ~Subject() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  /// Plays one conversation on connections of its own; the answers, one for each step.
  virtual std::vector<std::string> play(const Conversation& conversation) = 0;
};

/// A redis-server of its own, on a free port, without persistence, in a directory that goes with
/// it. Null, with `problem` set, when it cannot be started.
std::unique_ptr<Subject> start_real_redis(std::string& problem);

/// The fake on the production runtime, on a free port of loopback, played over ordinary sockets.
std::unique_ptr<Subject> start_fake_on_tcp();

/// The fake in the simulated world, played by a coroutine over simulated streams.
std::unique_ptr<Subject> start_fake_simulated();

}  // namespace raceproof::fakes::redis::test
