// What can be configured about auth.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "runtime/settings.hpp"
#include "runtime/time.hpp"

namespace raceproof::gateway {

struct AuthSettings {
  std::optional<std::string> host;
  std::int64_t port = 8081;
  void describe(SettingsVisitor& visitor);
};

}  // namespace raceproof::gateway
