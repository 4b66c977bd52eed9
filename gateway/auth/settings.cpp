#include "gateway/auth/settings.hpp"

namespace raceproof::gateway {

void AuthSettings::describe(SettingsVisitor& v) {
  v.on("host", host, "Host of the auth service; unset: no service is asked.");
  v.on("port", port, 1, 65535, "Port of the auth service.");
}

}  // namespace raceproof::gateway
