// Where the fake's replies may differ from the real server's, and why. Everything else is compared
// byte by byte.
#pragma once

#include <string>
#include <string_view>

namespace raceproof::fakes::redis::test {

/// What of a reply is compared.
enum class Compared {
  lines,    ///< the same lines in any order
  numbers,  ///< everything but the digits of integer replies
  type,     ///< the kind of reply only
};

struct Exception {
  std::string_view command;  ///< the words with which it begins, in capitals
  Compared compared;
  std::string_view why;
};

inline constexpr Exception exceptions[] = {
    {"KEYS", Compared::lines, "Redis leaves the order open (a hash table with a random seed)"},
    {"SCAN", Compared::lines, "the same"},
    {"SMEMBERS", Compared::lines, "the same, for sets with other members than integers"},
    {"PUBSUB CHANNELS", Compared::lines, "the same"},
    {"CONFIG GET", Compared::lines, "the same"},
    {"UNSUBSCRIBE", Compared::lines, "the same, without arguments"},
    {"PUNSUBSCRIBE", Compared::lines, "the same"},
    {"EXEC", Compared::lines, "the same, for the commands above inside a transaction"},
    {"(WHAT WAS SENT TO IT)", Compared::lines,
     "the order of one message for several matching patterns is open"},
    {"RANDOMKEY", Compared::type, "any key is right"},
    {"HELLO", Compared::numbers, "the id of the connection counts all connections of the server"},
    {"CLIENT ID", Compared::numbers, "the same"},
    {"TTL", Compared::numbers, "time passes between two commands"},
    {"PTTL", Compared::numbers, "the same"},
    {"PEXPIRETIME", Compared::numbers, "the Unix time of the run"},
    {"TIME", Compared::type, "the Unix time of the run"},
    {"CLIENT INFO", Compared::type, "descriptors and buffer sizes of a real process"},
    {"INFO KEYSPACE", Compared::type, "avg_ttl is an estimate that a background task makes"},
    {"INFO CLUSTER", Compared::lines, "no difference: kept out of the next entry"},
    {"INFO NOSUCH", Compared::lines, "no difference: kept out of the next entry"},
    {"INFO", Compared::type, "figures of a real process"},
    {"COMMAND COUNT", Compared::numbers, "the fake has the commands of a gateway, not all"},
};

/// The part of `reply` to `command` that must be the same.
std::string comparable(std::string_view command, std::string_view reply);

}  // namespace raceproof::fakes::redis::test
