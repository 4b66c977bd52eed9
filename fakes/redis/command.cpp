// The table of all commands and what their bodies share. See command.hpp.
#include "fakes/redis/command.hpp"

#include <algorithm>

#include "fakes/redis/engine.hpp"
#include "fakes/redis/numbers.hpp"

namespace raceproof::fakes::redis {

Keyspace& Context::keys() const { return engine.keyspace(client.database); }

void Context::changed(std::string_view key) const { engine.key_changed(client.database, key); }

std::optional<std::int64_t> integer_argument(const Context& context, std::string_view text,
                                             std::string_view error) {
  const auto value = parse_integer(text);
  if (!value) context.reply.error(error);
  return value;
}

namespace {

std::vector<const Command*> sorted_commands() {
  std::vector<const Command*> commands;
  for (const auto& table : {connection_commands(), server_commands(), key_commands(),
                            string_commands(), hash_commands(), set_commands(), list_commands(),
                            pubsub_commands(), transaction_commands(), script_commands()}) {
    for (const auto& command : table) commands.push_back(&command);
  }
  std::sort(commands.begin(), commands.end(),
            [](const Command* a, const Command* b) { return a->name < b->name; });
  return commands;
}

}  // namespace

const std::vector<const Command*>& all_commands() {
  static const auto commands = sorted_commands();
  return commands;
}

const Command* find_command(std::string_view name) {
  const auto& commands = all_commands();
  const auto key = to_lower(name);
  const auto it = std::lower_bound(
      commands.begin(), commands.end(), key,
      [](const Command* command, std::string_view wanted) { return command->name < wanted; });
  return it != commands.end() && (*it)->name == key ? *it : nullptr;
}

}  // namespace raceproof::fakes::redis
