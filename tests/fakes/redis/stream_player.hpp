// Plays conversations over the seam's streams: in the simulated world, or on any other runtime.
#pragma once

#include <string>
#include <vector>

#include "runtime/runtime.hpp"
#include "tests/fakes/redis/conversation.hpp"

namespace raceproof::fakes::redis::test {

/// Appends the answers, one for each step. Runs on the calling coroutine's strand.
Awaitable<> play_over_streams(Runtime& runtime, Endpoint server, const Conversation& conversation,
                              std::vector<std::string>& answers);

}  // namespace raceproof::fakes::redis::test
