// Commands about the server: INFO, COMMAND, CONFIG, TIME, DBSIZE, FLUSHALL, FLUSHDB.
#include <algorithm>
#include <set>

#include "fakes/redis/engine.hpp"
#include "fakes/redis/numbers.hpp"

namespace raceproof::fakes::redis {
namespace {

// --- INFO ---------------------------------------------------------------------------------------

using Lines = std::vector<std::pair<std::string_view, std::string>>;

struct Section {
  std::string_view name;
  std::string_view title;
  Lines (*lines)(Engine&);
};

// What depends on the machine or the clock is left out, so that INFO is the same in every run.
Lines server_lines(Engine& engine) {
  return {{"redis_version", "7.0.15"},
          {"redis_mode", "standalone"},
          {"arch_bits", "64"},
          {"process_id", "1"},
          {"run_id", std::string(40, '0')},
          {"tcp_port", engine.config().values().find("port")->second}};
}

Lines client_lines(Engine& engine) {
  return {{"connected_clients", std::to_string(engine.clients().size())},
          {"maxclients", engine.config().values().find("maxclients")->second},
          {"blocked_clients", "0"}};
}

Lines memory_lines(Engine& engine) {
  return {{"maxmemory", engine.config().values().find("maxmemory")->second},
          {"maxmemory_policy", engine.config().values().find("maxmemory-policy")->second}};
}

Lines persistence_lines(Engine& engine) {
  return {{"loading", engine.loading() ? "1" : "0"},
          {"rdb_bgsave_in_progress", "0"},
          {"aof_enabled", "0"}};
}

Lines statistics_lines(Engine& engine) {
  return {{"total_connections_received", std::to_string(engine.connections_seen())},
          {"total_commands_processed", std::to_string(engine.commands_served())},
          {"pubsub_channels", std::to_string(engine.pubsub().channels().size())},
          {"pubsub_patterns", std::to_string(engine.pubsub().patterns().size())}};
}

Lines replication_lines(Engine&) {
  return {{"role", "master"}, {"connected_slaves", "0"}, {"master_repl_offset", "0"}};
}

Lines cluster_lines(Engine&) { return {{"cluster_enabled", "0"}}; }

Lines keyspace_lines(Engine& engine) {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (int i = 0; i < 1024; ++i) all.push_back("db" + std::to_string(i));
    return all;
  }();
  Lines lines;
  for (int i = 0; i < engine.databases(); ++i) {
    const auto& entries = engine.keyspace(i).entries();
    if (entries.empty()) continue;
    const auto expiring = std::count_if(entries.begin(), entries.end(), [](const auto& entry) {
      return entry.second.deadline.has_value();
    });
    lines.emplace_back(names[i], "keys=" + std::to_string(entries.size()) +
                                     ",expires=" + std::to_string(expiring) + ",avg_ttl=0");
  }
  return lines;
}

constexpr Section sections[] = {
    {"server", "Server", server_lines},    {"clients", "Clients", client_lines},
    {"memory", "Memory", memory_lines},    {"persistence", "Persistence", persistence_lines},
    {"stats", "Stats", statistics_lines},  {"replication", "Replication", replication_lines},
    {"cluster", "Cluster", cluster_lines}, {"keyspace", "Keyspace", keyspace_lines},
};

void info(Context& c) {
  std::set<std::string> wanted;
  for (const auto argument : c.arguments.subspan(1)) wanted.insert(to_lower(argument));
  const bool all = wanted.empty() || wanted.contains("all") || wanted.contains("default") ||
                   wanted.contains("everything");
  std::string text;
  for (const auto& section : sections) {
    if (!all && !wanted.contains(std::string(section.name))) continue;
    if (!text.empty()) text += "\r\n";
    text.append("# ").append(section.title).append("\r\n");
    for (const auto& [name, value] : section.lines(c.engine)) {
      text.append(name).append(":").append(value).append("\r\n");
    }
  }
  c.reply.bulk(text);
}

// --- COMMAND ------------------------------------------------------------------------------------

void write_command(ReplyWriter& reply, const Command& command) {
  static constexpr std::pair<unsigned, std::string_view> names[] = {
      {flag_write, "write"},       {flag_readonly, "readonly"}, {flag_pubsub, "pubsub"},
      {flag_noscript, "noscript"}, {flag_loading, "loading"},   {flag_noauth, "no_auth"}};
  reply.array(6);
  reply.bulk(command.name);
  reply.integer(command.arity);
  reply.array(static_cast<std::size_t>(
      std::count_if(std::begin(names), std::end(names),
                    [&](const auto& flag) { return (command.flags & flag.first) != 0; })));
  for (const auto& [flag, name] : names) {
    if (command.flags & flag) reply.status(name);
  }
  reply.integer(command.first_key);
  reply.integer(command.last_key);
  reply.integer(command.key_step);
}

void command_all(Context& c) {
  c.reply.array(all_commands().size());
  for (const Command* command : all_commands()) write_command(c.reply, *command);
}

void command_count(Context& c) {
  c.reply.integer(static_cast<std::int64_t>(all_commands().size()));
}

void command_docs(Context& c) { c.reply.array(0); }

void command_info(Context& c) {
  if (c.arguments.size() == 2) return command_all(c);
  c.reply.array(c.arguments.size() - 2);
  for (const auto name : c.arguments.subspan(2)) {
    const Command* command = find_command(name);
    command == nullptr ? c.reply.null() : write_command(c.reply, *command);
  }
}

void command_list(Context& c) {
  if (c.arguments.size() > 2) return c.reply.error(errors::syntax);
  c.reply.array(all_commands().size());
  for (const Command* command : all_commands()) c.reply.bulk(command->name);
}

constexpr Command command_subcommands[] = {
    {"command|count", 2, flag_loading, command_count},
    {"command|docs", -2, flag_loading, command_docs},
    {"command|info", -2, flag_loading, command_info},
    {"command|list", -2, flag_loading, command_list},
};

// --- CONFIG -------------------------------------------------------------------------------------

void config_get(Context& c) {
  const auto& values = c.engine.config().values();
  std::map<std::string_view, std::pair<std::string_view, std::string_view>> found;
  for (const auto pattern : c.arguments.subspan(2)) {
    const bool exact = pattern.find_first_of("*?[") == std::string_view::npos;
    for (const auto& [name, value] : values) {
      // A name is answered as it was asked for, a pattern's matches as they are.
      if (glob_matches(to_lower(pattern), name)) {
        found.try_emplace(name, exact ? pattern : std::string_view(name), value);
      }
    }
  }
  c.reply.array(2 * found.size());
  for (const auto& [name, answer] : found) {
    c.reply.bulk(answer.first);
    c.reply.bulk(answer.second);
  }
}

void config_set(Context& c) {
  if (c.arguments.size() % 2 != 0) {
    return c.reply.error(errors::syntax);
  }
  const auto fail = [&](std::string_view name, std::string_view why) {
    c.reply.error("ERR CONFIG SET failed (possibly related to argument '" + std::string(name) +
                  "') - " + std::string(why));
  };
  std::set<std::string> seen;
  for (std::size_t i = 2; i < c.arguments.size(); i += 2) {
    const auto name = to_lower(c.arguments[i]);
    if (!c.engine.config().knows(name)) {
      return c.reply.error("ERR Unknown option or number of arguments for CONFIG SET - '" +
                           std::string(c.arguments[i]) + "'");
    }
    if (!seen.insert(name).second) return fail(name, "duplicate parameter");
  }
  const Config before = c.engine.config();
  for (std::size_t i = 2; i < c.arguments.size(); i += 2) {
    const auto name = to_lower(c.arguments[i]);
    const auto problem = c.engine.config().change(name, c.arguments[i + 1]);
    if (problem.empty()) continue;
    c.engine.config() = before;  // all or nothing
    return fail(name, problem);
  }
  c.reply.ok();
}

void config_resetstat(Context& c) { c.reply.ok(); }

constexpr unsigned config_flags = flag_noscript | flag_loading;
constexpr Command config_subcommands[] = {
    {"config|get", -3, config_flags, config_get},
    {"config|resetstat", 2, config_flags, config_resetstat},
    {"config|set", -4, config_flags, config_set},
};

// --- the rest -----------------------------------------------------------------------------------

void time(Context& c) {
  // The one reading of the clock next to those of TTL: an allowed cut.
  const auto microseconds = (c.engine.now() - Instant()).to_ns() / 1000;
  c.reply.array(2);
  c.reply.bulk(std::to_string(c.engine.settings().unix_time + microseconds / 1'000'000));
  c.reply.bulk(std::to_string(microseconds % 1'000'000));
}

void dbsize(Context& c) { c.reply.integer(static_cast<std::int64_t>(c.keys().entries().size())); }

bool valid_flush(const Context& c) {
  const auto mode = c.arguments.size() == 2 ? c.arguments[1] : std::string_view("sync");
  if (c.arguments.size() <= 2 &&
      (equals_ignoring_case(mode, "sync") || equals_ignoring_case(mode, "async"))) {
    return true;
  }
  c.reply.error(errors::syntax);
  return false;
}

void flush(Context& c, int database) {
  c.engine.all_keys_changed(database);
  c.engine.keyspace(database).clear();
}

void flushdb(Context& c) {
  if (!valid_flush(c)) return;
  flush(c, c.client.database);
  c.reply.ok();
}

void flushall(Context& c) {
  if (!valid_flush(c)) return;
  for (int i = 0; i < c.engine.databases(); ++i) flush(c, i);
  c.reply.ok();
}

void container(Context&) {}  // a container without a subcommand fails its arity check

constexpr Command table[] = {
    {"info", -1, flag_loading, info},
    {"command", -1, flag_loading, command_all, 0, 0, 0, command_subcommands},
    {"config", -2, flag_none, container, 0, 0, 0, config_subcommands},
    {"time", 1, flag_loading, time},
    {"dbsize", 1, flag_readonly, dbsize},
    {"flushdb", -1, flag_write, flushdb},
    {"flushall", -1, flag_write, flushall},
};

}  // namespace

std::span<const Command> server_commands() { return table; }

}  // namespace raceproof::fakes::redis
