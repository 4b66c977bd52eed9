// The form of a command: its entry in the table, and what its body is given.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fakes/redis/client.hpp"
#include "fakes/redis/database.hpp"
#include "fakes/redis/reply.hpp"

namespace raceproof::fakes::redis {

class Engine;
struct Command;

using Arguments = std::span<const std::string_view>;

/// What a command's body works with. `arguments[0]` is the command's own name (for a subcommand the
/// container's, and `arguments[1]` the subcommand's); the arity has been checked.
struct Context {
  Engine& engine;
  Client& client;
  const Command& command;
  Arguments arguments;
  ReplyWriter& reply;

  [[nodiscard]] Keyspace& keys() const;
  /// To be called for every key that was changed: WATCH rests on it.
  void changed(std::string_view key) const;
};

/// Flags of redis-server 7.0's command table, as far as they change what a client sees.
enum CommandFlags : unsigned {
  flag_none = 0,
  flag_write = 1U << 0,
  flag_readonly = 1U << 1,
  flag_noscript = 1U << 2,    ///< not from scripts
  flag_loading = 1U << 3,     ///< served while the data set is being loaded
  flag_noauth = 1U << 4,      ///< served before authentication
  flag_pubsub = 1U << 5,      ///< served on a connection that has subscriptions
  flag_unqueued = 1U << 6,    ///< executed at once inside MULTI
  flag_replicated = 1U << 7,  ///< no write, but as little allowed in read-only scripts
};

/// One entry of the command table.
struct Command {
  std::string_view name;  ///< in lower case
  int arity;              ///< number of arguments with the name; negative: at least so many
  unsigned flags;
  void (*run)(Context&);
  int first_key = 0;  ///< positions of its keys, for COMMAND INFO and GETKEYS; 0: none
  int last_key = 0;
  int key_step = 0;
  std::span<const Command> subcommands = {};

  [[nodiscard]] bool takes(std::size_t count) const {
    const auto given = static_cast<int>(count);
    return arity >= 0 ? given == arity : given >= -arity;
  }
};

/// The tables by subject; `find_command` searches them all.
std::span<const Command> connection_commands();
std::span<const Command> server_commands();
std::span<const Command> key_commands();
std::span<const Command> string_commands();
std::span<const Command> hash_commands();
std::span<const Command> set_commands();
std::span<const Command> list_commands();
std::span<const Command> pubsub_commands();
std::span<const Command> transaction_commands();
std::span<const Command> script_commands();

/// The command of this name, whatever its case; null when there is none.
const Command* find_command(std::string_view name);
/// All commands, by name.
const std::vector<const Command*>& all_commands();

namespace errors {
inline constexpr std::string_view syntax = "ERR syntax error";
inline constexpr std::string_view not_integer = "ERR value is not an integer or out of range";
inline constexpr std::string_view not_float = "ERR value is not a valid float";
inline constexpr std::string_view not_positive = "ERR value is out of range, must be positive";
inline constexpr std::string_view no_such_key = "ERR no such key";
inline constexpr std::string_view index_range = "ERR index out of range";
inline constexpr std::string_view wrong_type =
    "WRONGTYPE Operation against a key holding the wrong kind of value";
inline constexpr std::string_view would_overflow = "ERR increment or decrement would overflow";
}  // namespace errors

/// The integer that `text` is; otherwise answers `error` and returns nothing.
std::optional<std::int64_t> integer_argument(const Context& context, std::string_view text,
                                             std::string_view error = errors::not_integer);

/// The value of type T that a key holds: null when there is no such key, and, with `ok` false and
/// the error answered, when the key holds another type.
template <class T>
T* value_of(const Context& context, std::string_view key, bool& ok) {
  ok = true;
  Entry* entry = context.keys().find(key);
  if (entry == nullptr) return nullptr;
  T* value = std::get_if<T>(&entry->value);
  if (value == nullptr) {
    ok = false;
    context.reply.error(errors::wrong_type);
  }
  return value;
}

/// Like `value_of`, but makes an empty value where there is no such key; null only on the error.
template <class T>
T* value_or_new(const Context& context, std::string_view key) {
  bool ok = true;
  T* value = value_of<T>(context, key, ok);
  if (!ok || value != nullptr) return value;
  return &std::get<T>(context.keys().put(key, T()).value);
}

}  // namespace raceproof::fakes::redis
