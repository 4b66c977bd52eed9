#include "fakes/balancer/settings.hpp"

#include <array>

namespace raceproof::fakes::balancer {

std::span<const std::string_view> choices(Route) {
  static constexpr std::array<std::string_view, 2> names{"round_robin", "least_connections"};
  return names;
}

void Settings::describe(SettingsVisitor& visitor) {
  visitor.on("port", port, 1, 65535, "The port that clients connect to.");
  visitor.on("route", route, "Which instance is asked first: each in turn, or the least busy one.");
  visitor.on("affinity", affinity,
             "Whether a client goes to the instance that it was at before, while that listens and "
             "has room.");
  visitor.on("concurrency", concurrency, 1, 1'000'000,
             "Connections that one instance gets at the same time, at most.");
  visitor.on("wait", wait,
             "How long a connection waits for an instance that listens and has room.");
  visitor.on("probe", probe, "Pause after all instances were asked in vain.");
  visitor.on("refuse_with", refuse_with, 400, 599,
             "HTTP status for a request that has waited that long.");
}

}  // namespace raceproof::fakes::balancer
