// The top of a scenario file: its keys, and what a variant may say, in one table for the reader and
// the JSON Schema.
#pragma once

#include <array>
#include <string_view>

namespace raceproof::scenario {

struct DocumentedKey {
  std::string_view name;
  std::string_view doc;
};

inline constexpr std::array<DocumentedKey, 14> document_keys{{
    {"scenario", "Its name: the path below scenarios/ without the extension."},
    {"shows", "What it shows, in a sentence."},
    {"source", "Where its figures come from."},
    {"tags", "Words to select it by."},
    {"parameters", "Named durations, each drawn once a run; $name stands for one elsewhere."},
    {"gateway", "The configuration of the gateway."},
    {"backends", "The backends: how slowly they wake up and what goes wrong with them."},
    {"network", "The network between the programs."},
    {"process", "What happens to the gateway's process."},
    {"balancer", "The load balancer in front of several instances of the gateway."},
    {"clients", "Who connects: a list of steps for each client or group of clients."},
    {"variants", "Changes to all of this, and what is expected of each."},
    {"check", "What must and must not happen."},
    {"explore", "How the interleavings are gone through, and how many at most."},
}};

/// The keys a variant may change: the first part of its dotted names.
inline constexpr std::array<std::string_view, 8> changeable_keys{
    "parameters", "gateway", "backends", "network", "process", "balancer", "clients", "explore"};

inline constexpr std::array<std::string_view, 2> expectation_names{"reproduces", "holds"};

}  // namespace raceproof::scenario
