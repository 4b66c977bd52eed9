// Reads the scripts of `clients:` and checks that each step can happen at all.
#pragma once

#include "fakes/client/script.hpp"
#include "runtime/settings_yaml.hpp"

namespace raceproof::scenario {

/// One entry of `clients:` and the clients it stands for: itself, or the members of a group
/// (`users: {count: 5, steps: [...]}` makes user1 to user5; a final "s" of the group's name is
/// dropped).
struct ClientGroup {
  std::string name;
  std::vector<fakes::client::Script> members;
};

/// The largest group.
inline constexpr std::int64_t clients_max = 1000;

[[nodiscard]] std::vector<ClientGroup> read_clients(const YamlNode& node,
                                                    const YamlContext& context);

/// Whether a name can be part of a strand's name: letters, digits, '_' and '-', a letter first.
[[nodiscard]] bool is_plain_name(std::string_view name);

/// Why a close with this code can never be seen (RFC 6455 section 7.4); empty where it can.
[[nodiscard]] std::string impossible_close_code(std::int64_t code);

}  // namespace raceproof::scenario
