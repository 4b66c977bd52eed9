// The Lua scripts that the gateway runs inside Redis.
#pragma once

#include <string_view>

#include "gateway/sha1.hpp"

namespace raceproof::gateway {

/// Registers a session: KEYS[1] is the instance's hash of sessions, ARGV is session id, user, and
/// the hash's time to live in seconds, so that the sessions of an instance that died go away.
/// Returns how many sessions the instance has.
inline constexpr std::string_view register_session_script =
    "redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])\n"
    "redis.call('EXPIRE', KEYS[1], ARGV[3])\n"
    "return redis.call('HLEN', KEYS[1])\n";

inline constexpr auto register_session_digest = sha1_hex(register_session_script);
/// The script's name for EVALSHA.
inline constexpr std::string_view register_session_sha(register_session_digest.data(),
                                                       register_session_digest.size());

}  // namespace raceproof::gateway
