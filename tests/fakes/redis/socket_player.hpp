// Plays conversations over blocking TCP sockets of loopback, independent of our own runtime.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/fakes/redis/conversation.hpp"

namespace raceproof::fakes::redis::test {

/// Ends an answer that is not complete.
inline constexpr std::string_view incomplete = "<nothing more came>";

/// The answers, one for each step. After `patience_ms` without a byte the
/// conversation is given up.
std::vector<std::string> play_over_sockets(std::uint16_t port, const Conversation& conversation,
                                           int patience_ms = 5000);

/// Whether somebody accepts connections there.
bool accepts(std::uint16_t port);

}  // namespace raceproof::fakes::redis::test
