// Generates conversations for the contract suite from a seed: commands of all types, right and
// wrong.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/fakes/redis/conversation.hpp"

namespace raceproof::fakes::redis::test {

/// At least `count` conversations of several commands each. The same seed gives the same ones.
std::vector<Conversation> generate_conversations(std::uint64_t seed, std::size_t count);

/// One conversation for every script of a fixed list.
std::vector<Conversation> script_conversations();

/// What gateways say to Redis (gateway/scripts.hpp), of two instances that serve one user.
std::vector<Conversation> gateway_conversations();

/// Bytes that are not RESP, and inline commands.
std::vector<Conversation> protocol_conversations();

}  // namespace raceproof::fakes::redis::test
