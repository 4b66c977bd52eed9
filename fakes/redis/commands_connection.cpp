// Commands about the connection itself: PING, ECHO, HELLO, AUTH, SELECT, CLIENT, QUIT, RESET.
#include "fakes/redis/engine.hpp"
#include "fakes/redis/numbers.hpp"

namespace raceproof::fakes::redis {
namespace {

constexpr std::string_view wrong_password =
    "WRONGPASS invalid username-password pair or user is disabled.";

void ping(Context& c) {
  if (c.arguments.size() > 2) {
    return c.reply.error("ERR wrong number of arguments for 'ping' command");
  }
  const auto text = c.arguments.size() == 2 ? c.arguments[1] : std::string_view();
  if (c.client.subscriptions() > 0) {
    c.reply.array(2);
    c.reply.bulk("pong");
    c.reply.bulk(text);
  } else if (c.arguments.size() == 2) {
    c.reply.bulk(text);
  } else {
    c.reply.status("PONG");
  }
}

void echo(Context& c) { c.reply.bulk(c.arguments[1]); }

void quit(Context& c) { c.reply.ok(); }

void reset(Context& c) {
  c.engine.reset(c.client);
  c.reply.status("RESET");
}

bool valid_name(std::string_view name) {
  for (const char ch : name) {
    if (ch < '!' || ch > '~') return false;
  }
  return true;
}

/// Names the connection; answers the error and returns false when the name is not allowed.
bool set_name(const Context& c, std::string_view name) {
  if (valid_name(name)) {
    c.client.name = name;
    return true;
  }
  c.reply.error("ERR Client names cannot contain spaces, newlines or special characters.");
  return false;
}

void auth(Context& c) {
  if (c.arguments.size() > 3) return c.reply.error(errors::syntax);
  const bool has_user = c.arguments.size() == 3;
  if (!has_user && c.engine.settings().password.empty()) {
    return c.reply.error(
        "ERR AUTH <password> called without any password configured for the default user. Are you "
        "sure your configuration is correct?");
  }
  const auto user = has_user ? c.arguments[1] : std::string_view("default");
  if (!c.engine.password_matches(user, c.arguments.back())) return c.reply.error(wrong_password);
  c.client.authenticated = true;
  c.reply.ok();
}

/// The options of HELLO; answers the error and returns false when one of them fails.
bool apply_hello_options(const Context& c) {
  std::string_view name;
  bool has_name = false;
  for (std::size_t i = 2; i < c.arguments.size(); ++i) {
    const auto more = c.arguments.size() - i - 1;
    if (equals_ignoring_case(c.arguments[i], "auth") && more >= 2) {
      if (!c.engine.password_matches(c.arguments[i + 1], c.arguments[i + 2])) {
        c.reply.error(wrong_password);
        return false;
      }
      c.client.authenticated = true;
      i += 2;
    } else if (equals_ignoring_case(c.arguments[i], "setname") && more >= 1) {
      name = c.arguments[++i];
      has_name = true;
      if (!valid_name(name)) return set_name(c, name);
    } else {
      c.reply.error("ERR Syntax error in HELLO option '" + std::string(c.arguments[i]) + "'");
      return false;
    }
  }
  if (!c.client.authenticated) {
    c.reply.error(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
        "AUTH <user> <pass> option can be used to authenticate the client and select the RESP "
        "protocol version at the same time");
    return false;
  }
  return !has_name || set_name(c, name);
}

void hello(Context& c) {
  if (c.arguments.size() > 1) {
    const auto version = integer_argument(c, c.arguments[1],
                                          "ERR Protocol version is not an integer or out of range");
    if (!version) return;
    // This server speaks RESP2 only, and says so as Redis says it of a version it does not know.
    if (*version != 2) return c.reply.error("NOPROTO unsupported protocol version");
  }
  if (!apply_hello_options(c)) return;
  c.reply.array(14);
  c.reply.bulk("server");
  c.reply.bulk("redis");
  c.reply.bulk("version");
  c.reply.bulk("7.0.15");
  c.reply.bulk("proto");
  c.reply.integer(2);
  c.reply.bulk("id");
  c.reply.integer(c.client.id);
  c.reply.bulk("mode");
  c.reply.bulk("standalone");
  c.reply.bulk("role");
  c.reply.bulk("master");
  c.reply.bulk("modules");
  c.reply.array(0);
}

void select(Context& c) {
  const auto index = integer_argument(c, c.arguments[1]);
  if (!index) return;
  constexpr std::int64_t int_max = 2147483647;
  if (*index > int_max || *index < -int_max - 1) {
    return c.reply.error(
        "ERR value is out of range, value must between -2147483648 and 2147483647");
  }
  if (*index < 0 || *index >= c.engine.databases()) {
    return c.reply.error("ERR DB index is out of range");
  }
  c.client.database = static_cast<int>(*index);
  c.reply.ok();
}

// --- CLIENT -------------------------------------------------------------------------------------

/// The line of CLIENT LIST, with what depends on the machine left out or zero.
std::string describe_client(const Client& client) {
  std::string line = "id=" + std::to_string(client.id) + " addr=" + client.peer +
                     " name=" + client.name + " age=0 idle=0 flags=";
  if (client.subscriptions() > 0) line += 'P';
  if (client.in_transaction) line += 'x';
  if (client.subscriptions() == 0 && !client.in_transaction) line += 'N';
  line += " db=" + std::to_string(client.database) +
          " sub=" + std::to_string(client.channels.size()) +
          " psub=" + std::to_string(client.patterns.size()) +
          " ssub=0 multi=" + (client.in_transaction ? std::to_string(client.queued.size()) : "-1") +
          " user=default redir=-1 resp=2\n";
  return line;
}

void client_id(Context& c) { c.reply.integer(c.client.id); }
void client_info(Context& c) { c.reply.bulk(describe_client(c.client)); }

void client_list(Context& c) {
  if (c.arguments.size() == 4 && equals_ignoring_case(c.arguments[2], "type")) {
    for (const auto type : {"normal", "master", "replica", "slave", "pubsub"}) {
      if (!equals_ignoring_case(c.arguments[3], type)) continue;
      std::string lines;
      for (const auto& [id, client] : c.engine.clients()) {
        const bool is_pubsub = client->subscriptions() > 0;
        if (type == std::string_view(is_pubsub ? "pubsub" : "normal")) {
          lines += describe_client(*client);
        }
      }
      return c.reply.bulk(lines);
    }
    return c.reply.error("ERR Unknown client type '" + std::string(c.arguments[3]) + "'");
  }
  if (c.arguments.size() != 2) return c.reply.error(errors::syntax);
  std::string lines;
  for (const auto& [id, client] : c.engine.clients()) lines += describe_client(*client);
  c.reply.bulk(lines);
}

void client_setname(Context& c) {
  if (set_name(c, c.arguments[2])) c.reply.ok();
}

void client_getname(Context& c) {
  if (c.client.name.empty()) return c.reply.null();
  c.reply.bulk(c.client.name);
}

void client_reply(Context& c) {
  if (equals_ignoring_case(c.arguments[2], "on")) {
    c.client.replies = Client::Replies::on;
    c.reply.ok();
  } else if (equals_ignoring_case(c.arguments[2], "off")) {
    c.client.replies = Client::Replies::off;
  } else if (equals_ignoring_case(c.arguments[2], "skip")) {
    if (c.client.replies != Client::Replies::off) c.client.replies = Client::Replies::skip_this;
  } else {
    c.reply.error(errors::syntax);
  }
}

void client_no_evict(Context& c) {
  const auto mode = c.arguments[2];
  if (!equals_ignoring_case(mode, "on") && !equals_ignoring_case(mode, "off")) {
    return c.reply.error(errors::syntax);
  }
  c.reply.ok();
}

constexpr unsigned client_flags = flag_noscript | flag_loading;
constexpr Command client_subcommands[] = {
    {"client|getname", 2, client_flags, client_getname},
    {"client|id", 2, client_flags, client_id},
    {"client|info", 2, client_flags, client_info},
    {"client|list", -2, client_flags, client_list},
    {"client|no-evict", 3, client_flags, client_no_evict},
    {"client|reply", 3, client_flags, client_reply},
    {"client|setname", 3, client_flags, client_setname},
};

void container(Context&) {}  // a container without a subcommand fails its arity check

constexpr unsigned handshake_flags = flag_noscript | flag_loading | flag_noauth;
constexpr Command table[] = {
    {"ping", -1, flag_pubsub, ping},
    {"echo", 2, flag_loading, echo},
    {"hello", -1, handshake_flags, hello},
    {"auth", -2, handshake_flags, auth},
    {"select", 2, flag_loading, select},
    {"client", -2, flag_none, container, 0, 0, 0, client_subcommands},
    {"quit", -1, handshake_flags | flag_pubsub | flag_unqueued, quit},
    {"reset", 1, handshake_flags | flag_pubsub | flag_unqueued, reset},
};

}  // namespace

std::span<const Command> connection_commands() { return table; }

}  // namespace raceproof::fakes::redis
