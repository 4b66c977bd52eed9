// What can be configured about agents.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "runtime/settings.hpp"
#include "runtime/time.hpp"

namespace raceproof::gateway {

struct AgentSettings {
  std::optional<std::string> host;
  std::int64_t port = 8082;
  void describe(SettingsVisitor& visitor);
};

}  // namespace raceproof::gateway
