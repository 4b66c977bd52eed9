// A Redis for tests: a RESP responder whose answers a test scripts. Only what the gateway asks for.
#pragma once

#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gateway/resp/reply.hpp"
#include "runtime/runtime.hpp"

namespace raceproof::gateway::testing {

/// How the server behaves. Set before it starts.
struct Script {
  enum class Subscribe { answered, ignored, executed_unanswered };
  Subscribe subscribe = Subscribe::answered;
  /// Before SUBSCRIBE takes effect.
  Duration subscribe_delay;
  /// PING is answered with -LOADING.
  bool loading = false;
  /// EVALSHA never knows a script.
  bool forgets_scripts = false;
};

/// Serves on a strand of its own, on a free port.
class ScriptedRedis {
 public:
  ScriptedRedis(Runtime& runtime, Script script);

  /// The port, once it listens.
  std::uint16_t port() { return port_.get(); }

  /// Resets every connection and goes on. From any thread.
  void drop_connections();
  /// Sessions that are registered. From any thread.
  std::size_t sessions();
  /// Commands that have come so far, names only. From any thread.
  std::vector<std::string> commands();
  /// Makes the server listen no more.
  void stop();

 private:
  struct Peer;

  Awaitable<> listen();
  Awaitable<> serve(std::shared_ptr<Peer> peer);
  Awaitable<> answer(Peer& peer, const resp::Reply& command);
  std::string execute(Peer& peer, const std::string& name, const std::vector<resp::Reply>& words);
  std::string publish(const std::string& channel, const std::string& text);
  template <class T, class Body>
  T on_strand(Body body);

  Runtime& runtime_;
  Script script_;
  Executor strand_;
  std::promise<std::uint16_t> listening_;
  std::shared_future<std::uint16_t> port_;
  Listener listener_;
  std::set<std::shared_ptr<Peer>> peers_;
  std::set<std::string> scripts_;
  std::map<std::string, std::string> sessions_;
  std::vector<std::string> commands_;
};

}  // namespace raceproof::gateway::testing
