// What a scenario may say about its load balancer.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "runtime/settings.hpp"
#include "runtime/time.hpp"

namespace raceproof::fakes::balancer {

/// Which of the instances that have room is asked first.
enum class Route { round_robin, least_connections };
std::span<const std::string_view> choices(Route);

/// The keys of `balancer:` in scenario files. The defaults are Cloud Run's.
struct Settings {
  std::int64_t port = 8000;
  Route route = Route::round_robin;
  bool affinity = false;  ///< a client goes where it was before, if that instance still listens
  std::int64_t concurrency = 80;                    ///< connections of one instance at the most
  Duration wait = std::chrono::seconds(10);         ///< for an instance that takes the connection
  Duration probe = std::chrono::milliseconds(100);  ///< between two rounds of asking
  std::int64_t refuse_with = 429;                   ///< the HTTP status after that
  void describe(SettingsVisitor& visitor);
};

}  // namespace raceproof::fakes::balancer
