// The fake agent service as a program on TCP, for `raceproof fake agent` and for trying things by
// hand.
#pragma once

#include "fakes/agent/settings.hpp"

namespace raceproof::fakes::agent {

/// Serves on TCP until SIGINT or SIGTERM, printing where it listens. Returns the exit status: 0, or
/// 1 when it could not listen or something failed.
int serve(const Settings& settings);

}  // namespace raceproof::fakes::agent
