// Dispatch, transactions and delivery. See engine.hpp.
#include "fakes/redis/engine.hpp"

#include <algorithm>

#include "fakes/redis/numbers.hpp"

namespace raceproof::fakes::redis {

Engine::Engine(const Settings& settings, Surroundings surroundings)
    : settings_(settings), surroundings_(std::move(surroundings)) {
  keyspaces_.reserve(static_cast<std::size_t>(settings_.databases));
  for (int i = 0; i < settings_.databases; ++i) {
    keyspaces_.emplace_back([this] { return surroundings_.now(); },
                            [this, i](std::string_view key) { key_changed(i, key); });
  }
  config_.set("port", std::to_string(settings_.port));
  config_.set("databases", std::to_string(settings_.databases));
  config_.set("requirepass", settings_.password);
  if (settings_.scripts == ScriptCache::warm) {
    // A body that does not compile is left out, as a real server would have refused it before.
    std::string error;
    for (const auto& body : settings_.preload) load_script(body, error);
  }
}

Engine::~Engine() = default;

std::unique_ptr<Client> Engine::connect(std::string peer) {
  auto client = std::make_unique<Client>();
  client->id = ++last_client_id_;
  client->peer = std::move(peer);
  client->authenticated = settings_.password.empty();
  clients_.emplace(client->id, client.get());
  return client;
}

void Engine::disconnect(Client& client) {
  pubsub_.forget(client);
  unwatch(client);
  clients_.erase(client.id);
}

void Engine::execute(Client& client, Arguments arguments) {
  served_ = &client;
  reply_buffer_.clear();
  ReplyWriter reply(reply_buffer_);
  dispatch(client, arguments, reply);
  served_ = nullptr;
  emit(client, reply_buffer_);
}

void Engine::answer(Client& client, std::string_view reply) { emit(client, reply); }

void Engine::emit(Client& client, std::string_view bytes) {
  switch (client.replies) {
    case Client::Replies::on:
      client.outbox += bytes;
      break;
    case Client::Replies::off:
      break;
    case Client::Replies::skip_this:
      client.replies = Client::Replies::skip_next;
      break;
    case Client::Replies::skip_next:
      client.replies = Client::Replies::on;
      break;
  }
}

namespace {

/// "ERR unknown command ..." with as much of the arguments as Redis repeats.
std::string unknown_command(Arguments arguments) {
  constexpr std::size_t echoed_max = 128;
  if (const Command* container = find_command(arguments[0]);
      container != nullptr && arguments.size() > 1) {
    return "ERR unknown subcommand '" + std::string(arguments[1].substr(0, echoed_max)) +
           "'. Try " + to_upper(arguments[0]) + " HELP.";
  }
  std::string echoed;
  for (auto argument : arguments.subspan(1)) {
    if (echoed.size() >= echoed_max) break;
    argument = argument.substr(0, argument.find('\0'));  // Redis formats C strings
    echoed.append("'").append(argument.substr(0, echoed_max - echoed.size())).append("' ");
  }
  return "ERR unknown command '" + std::string(arguments[0].substr(0, echoed_max)) +
         "', with args beginning with: " + echoed;
}

/// The command or subcommand that a request names; null when there is none.
const Command* look_up(Arguments arguments) {
  const Command* command = find_command(arguments[0]);
  if (command == nullptr || command->subcommands.empty() || arguments.size() < 2) return command;
  for (const auto& subcommand : command->subcommands) {
    const auto bar = subcommand.name.find('|');
    if (equals_ignoring_case(arguments[1], subcommand.name.substr(bar + 1))) return &subcommand;
  }
  return nullptr;
}

}  // namespace

const Command* Engine::check(Client& client, Arguments arguments, ReplyWriter& reply) {
  const Command* command = look_up(arguments);
  const auto reject = [&](std::string_view error) {
    if (command != nullptr && command->name == "exec") {
      discard_transaction(client);  // an EXEC that cannot even begin ends the transaction
      if (error.starts_with("ERR ")) error.remove_prefix(4);
      reply.error("EXECABORT Transaction discarded because of: " + std::string(error));
    } else {
      if (client.in_transaction) client.transaction_failed = true;
      reply.error(error);
    }
    return nullptr;
  };
  if (command == nullptr) return reject(unknown_command(arguments));
  if (!command->takes(arguments.size())) {
    return reject("ERR wrong number of arguments for '" + std::string(command->name) + "' command");
  }
  if (!client.authenticated && !(command->flags & flag_noauth)) {
    return reject("NOAUTH Authentication required.");
  }
  if (client.subscriptions() > 0 && !(command->flags & flag_pubsub)) {
    return reject("ERR Can't execute '" + std::string(command->name) +
                  "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in "
                  "this context");
  }
  if (loading_ && !(command->flags & flag_loading)) {
    return reject("LOADING Redis is loading the dataset in memory");
  }
  return command;
}

void Engine::dispatch(Client& client, Arguments arguments, ReplyWriter& reply) {
  if (equals_ignoring_case(arguments[0], "quit")) {  // always served, whatever its arguments
    client.close_after_reply = true;
    return reply.ok();
  }
  const Command* command = check(client, arguments, reply);
  if (command == nullptr) return;
  if (client.in_transaction && !(command->flags & flag_unqueued)) {
    return queue(client, arguments, reply);
  }
  invoke(client, *command, arguments, reply);
}

void Engine::invoke(Client& client, const Command& command, Arguments arguments,
                    ReplyWriter& reply) {
  ++commands_served_;
  Context context{*this, client, command, arguments, reply};
  command.run(context);
}

void Engine::queue(Client& client, Arguments arguments, ReplyWriter& reply) {
  client.queued.emplace_back(arguments.begin(), arguments.end());
  reply.status("QUEUED");
}

void Engine::execute_queued(Client& client, ReplyWriter& reply) {
  const auto queued = std::exchange(client.queued, {});
  discard_transaction(client);
  reply.array(queued.size());
  for (const auto& request : queued) {
    const std::vector<std::string_view> arguments(request.begin(), request.end());
    invoke(client, *look_up(arguments), arguments, reply);
  }
}

void Engine::discard_transaction(Client& client) {
  client.queued.clear();
  client.in_transaction = false;
  client.transaction_failed = false;
  unwatch(client);
}

void Engine::reset(Client& client) {
  discard_transaction(client);
  pubsub_.forget(client);
  client.database = 0;
  client.name.clear();
  client.replies = Client::Replies::on;
  client.authenticated = settings_.password.empty();
}

bool Engine::password_matches(std::string_view user, std::string_view password) const {
  return user == "default" && (settings_.password.empty() || password == settings_.password);
}

void Engine::watch(Client& client, std::string_view key) {
  const std::pair watched(client.database, std::string(key));
  if (std::find(client.watched.begin(), client.watched.end(), watched) != client.watched.end()) {
    return;
  }
  client.watched.push_back(watched);
  watchers_[watched].push_back(&client);
}

void Engine::unwatch(Client& client) {
  for (const auto& watched : client.watched) {
    const auto it = watchers_.find(watched);
    std::erase(it->second, &client);
    if (it->second.empty()) watchers_.erase(it);
  }
  client.watched.clear();
  client.watched_key_changed = false;
}

void Engine::key_changed(int database, std::string_view key) {
  if (watchers_.empty()) return;
  const auto it = watchers_.find(std::pair(database, std::string(key)));
  if (it == watchers_.end()) return;
  for (Client* client : it->second) client->watched_key_changed = true;
}

void Engine::all_keys_changed(int database) {
  for (const auto& [watched, clients] : watchers_) {
    if (watched.first != database || keyspaces_[database].find(watched.second) == nullptr) continue;
    for (Client* client : clients) client->watched_key_changed = true;
  }
}

std::int64_t Engine::publish(std::string_view channel, std::string_view message) {
  return pubsub_.publish(channel, [&](Client& client, const std::string* pattern) {
    if (client.replies == Client::Replies::off) return;
    // What a client sends itself stands in front of the reply that is being written.
    ReplyWriter writer(&client == served_ ? reply_buffer_ : client.outbox);
    writer.array(pattern != nullptr ? 4 : 3);
    writer.bulk(pattern != nullptr ? "pmessage" : "message");
    if (pattern != nullptr) writer.bulk(*pattern);
    writer.bulk(channel);
    writer.bulk(message);
    if (&client != served_) surroundings_.output(client);
  });
}

LuaState& Engine::lua() { return lua_.get(); }

const Script* Engine::load_script(std::string_view body, std::string& error) {
  auto digest = sha1_hex(body);
  if (const auto it = scripts_.find(digest); it != scripts_.end()) return &it->second;
  Script script{.digest = digest, .body = std::string(body)};
  if (!lua().compile(script, error)) return nullptr;
  return &scripts_.emplace(std::move(digest), std::move(script)).first->second;
}

void Engine::run_script(Context& context, const Script& script, bool read_only, Arguments keys,
                        Arguments values) {
  if (read_only && script.may_write) {
    return context.reply.error("ERR Can not execute a script with write flag using *_ro command.");
  }
  if (!script_client_) script_client_ = std::make_unique<Client>();
  script_client_->database = context.client.database;  // SELECT in a script ends with it
  script_read_only_ = read_only || script.read_only;
  const Script copy = script;  // the script may flush the cache
  std::string reply;
  lua().run(copy, keys, values, *this, lua_.random(), reply);
  context.reply.raw(reply);
}

std::string Engine::script_call(Arguments arguments) {
  std::string bytes;
  ReplyWriter reply(bytes);
  const Command* command = look_up(arguments);
  if (command == nullptr) {
    reply.error("ERR Unknown Redis command called from script");
  } else if (!command->takes(arguments.size())) {
    reply.error("ERR Wrong number of args calling Redis command from script");
  } else if (command->flags & flag_noscript) {
    reply.error("ERR This Redis command is not allowed from script");
  } else if (script_read_only_ && (command->flags & (flag_write | flag_replicated))) {
    reply.error("ERR Write commands are not allowed from read-only scripts.");
  } else {
    invoke(*script_client_, *command, arguments, reply);
  }
  return bytes;
}

}  // namespace raceproof::fakes::redis
