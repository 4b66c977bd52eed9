// A load balancer that routes as Cloud Run does: to an instance whose port listens, whatever the
// program behind it is ready for. It forwards bytes, one connection to an instance for each
// connection of a client, and knows nothing of WebSockets.
//
// One strand chooses; each connection has a strand of its own for both of its streams.
//
// Observations (`client` is the other end's name, `instance` a host):
//   balancer_listening{port}
//   balancer_routed{client, instance}    the connection to the instance is open
//   balancer_refused{client, status}     no instance took it in time
//   balancer_ended{client, instance}     both directions are over
//   balancer_crowded{connections}        more connections than `crowd` were told to expect
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fakes/balancer/settings.hpp"
#include "runtime/runtime.hpp"
#include "runtime/task.hpp"

namespace raceproof::fakes::balancer {

class Balancer {
 public:
  /// `instances` are asked in this order at first; those that do not listen yet may be among them.
  /// `runtime` must outlive the balancer.
  Balancer(Runtime& runtime, Settings settings, std::vector<Endpoint> instances, std::string host);
  Balancer(const Balancer&) = delete;
  Balancer& operator=(const Balancer&) = delete;

  /// Calls `then` once, on the balancer's strand, as soon as more than `connections` clients are
  /// connected or wait to be. Before `start`.
  void when_crowded(std::int64_t connections, std::function<void()> then);

  /// Listens and serves for as long as the process lives.
  void start();
  [[nodiscard]] const Executor& strand() const { return strand_; }

 private:
  struct Instance {
    Endpoint at;
    std::int64_t connections = 0;  ///< open or being opened
  };
  struct Crowd {
    std::int64_t connections;
    std::function<void()> then;
  };
  static constexpr std::size_t nowhere = SIZE_MAX;

  Awaitable<> serve();
  Awaitable<> handle(Stream client);
  Awaitable<Stream> open(std::string client, std::size_t& chosen);
  Awaitable<> forward(Stream& client, Stream& instance);
  Awaitable<> refuse(Stream& client, std::string name);
  // On the balancer's strand:
  Awaitable<> arrived();
  Awaitable<> left();
  Awaitable<std::size_t> choose(std::string client, std::vector<bool> tried);
  Awaitable<> took(std::string client, std::size_t instance);
  Awaitable<> gave_up(std::size_t instance);

  Runtime& runtime_;
  const Settings settings_;
  const std::string host_;
  Executor strand_;
  Listener listener_;
  std::vector<Instance> instances_;
  std::size_t turn_ = 0;
  std::int64_t clients_ = 0;
  std::map<std::string, std::size_t> known_;  ///< where a client was last
  std::vector<Crowd> crowds_;
};

}  // namespace raceproof::fakes::balancer
