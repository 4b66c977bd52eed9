// The Lua scripts that the gateway runs inside Redis.
#pragma once

#include <array>
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

/// A script and its name for EVALSHA.
struct Script {
  std::string_view text;
  std::array<char, 40> digest;
};
constexpr Script make_script(std::string_view text) { return {text, sha1_hex(text)}; }

/// KEYS: the user's sessions and kept messages; ARGV: session, instance. Notes the session, and
/// takes what was kept.
inline constexpr Script join_script = make_script(
    "redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])\n"
    "redis.call('EXPIRE', KEYS[1], 86400)\n"
    "local kept = redis.call('LRANGE', KEYS[2], 0, -1)\n"
    "redis.call('DEL', KEYS[2])\n"
    "return kept\n");

/// KEYS: the user's sessions; ARGV: session.
inline constexpr Script leave_script = make_script("return redis.call('HDEL', KEYS[1], ARGV[1])\n");

/// KEYS: the user's sessions and kept messages; ARGV: the sender's instance, what channels begin
/// with, the message, how many messages to keep (0: none), and 1 if the sender has no session of
/// the user. Publishes to each other instance, once; where nobody got it, keeps it. Sessions that
/// the sender is noted with and does not have are forgotten: two instances that both took the other
/// for the user's would pass a message to and fro for ever. Returns how many instances got it.
inline constexpr Script send_script = make_script(
    "local told = {}\n"
    "local received = 0\n"
    "local sessions = redis.call('HGETALL', KEYS[1])\n"
    "for i = 1, #sessions, 2 do\n"
    "  local instance = sessions[i + 1]\n"
    "  if instance == ARGV[1] then\n"
    "    if ARGV[5] == '1' then redis.call('HDEL', KEYS[1], sessions[i]) end\n"
    "  elseif not told[instance] then\n"
    "    told[instance] = true\n"
    "    received = received + redis.call('PUBLISH', ARGV[2] .. instance, ARGV[3])\n"
    "  end\n"
    "end\n"
    "if received == 0 and tonumber(ARGV[4]) > 0 then\n"
    "  redis.call('RPUSH', KEYS[2], ARGV[3])\n"
    "  redis.call('LTRIM', KEYS[2], -tonumber(ARGV[4]), -1)\n"
    "  redis.call('EXPIRE', KEYS[2], 86400)\n"
    "end\n"
    "return received\n");

}  // namespace raceproof::gateway
