#include "gateway/database/settings.hpp"

namespace raceproof::gateway {

void DatabaseSettings::describe(SettingsVisitor& v) {
  v.on("host", host, "Host of the PostgreSQL server; unset: nothing is stored.");
  v.on("port", port, 1, 65535, "Port of the PostgreSQL server.");
}

}  // namespace raceproof::gateway
