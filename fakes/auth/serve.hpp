// The fake auth service as a program on TCP, for `raceproof fake auth` and for trying things by
// hand.
#pragma once

#include "fakes/auth/settings.hpp"

namespace raceproof::fakes::auth {

/// Serves on TCP until SIGINT or SIGTERM, printing where it listens. Returns the exit status: 0, or
/// 1 when it could not listen or something failed.
int serve(const Settings& settings);

}  // namespace raceproof::fakes::auth
