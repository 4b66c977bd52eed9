// What can be configured about database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "runtime/settings.hpp"
#include "runtime/time.hpp"

namespace raceproof::gateway {

struct DatabaseSettings {
  std::optional<std::string> host;
  std::int64_t port = 5432;
  void describe(SettingsVisitor& visitor);
};

}  // namespace raceproof::gateway
