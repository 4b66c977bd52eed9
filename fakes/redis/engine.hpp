// The server without its connections: clients hand in requests and get the bytes of the replies.
// Free of I/O; one thread at a time, as the real server is.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fakes/redis/client.hpp"
#include "fakes/redis/command.hpp"
#include "fakes/redis/config.hpp"
#include "fakes/redis/database.hpp"
#include "fakes/redis/pubsub.hpp"
#include "fakes/redis/script.hpp"
#include "fakes/redis/settings.hpp"

namespace raceproof::fakes::redis {

/// What the engine asks of the world around it.
struct Surroundings {
  std::function<Instant()> now;
  /// Bytes were added to the outbox of a client other than the one being served.
  std::function<void(Client&)> output = [](Client&) {};
};

/// Commands, keyspaces, subscriptions, transactions and scripts of one server.
class Engine : private ScriptHost {
 public:
  Engine(const Settings& settings, Surroundings surroundings);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  /// A new connection.
  std::unique_ptr<Client> connect(std::string peer);
  /// Forgets its subscriptions and watched keys; call it before the client dies.
  void disconnect(Client& client);

  /// Executes one request (at least one argument) and appends the reply to the client's outbox.
  void execute(Client& client, Arguments arguments);
  /// Answers in place of a command's body, with the same regard for CLIENT REPLY.
  void answer(Client& client, std::string_view reply);
  /// While true, commands that need the data set get -LOADING.
  void set_loading(bool loading) { loading_ = loading; }

  // --- for the commands' bodies ---------------------------------------------------------------

  [[nodiscard]] Keyspace& keyspace(int database) { return keyspaces_[database]; }
  [[nodiscard]] int databases() const { return static_cast<int>(keyspaces_.size()); }
  [[nodiscard]] Instant now() const { return surroundings_.now(); }
  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] PubSub& pubsub() { return pubsub_; }
  [[nodiscard]] Config& config() { return config_; }
  [[nodiscard]] const std::map<std::int64_t, Client*>& clients() const { return clients_; }
  [[nodiscard]] std::int64_t commands_served() const { return commands_served_; }
  [[nodiscard]] std::int64_t connections_seen() const { return last_client_id_; }
  [[nodiscard]] bool loading() const { return loading_; }

  void key_changed(int database, std::string_view key);
  /// Every watched key of `database` counts as changed.
  void all_keys_changed(int database);
  void watch(Client& client, std::string_view key);
  void unwatch(Client& client);
  /// Executes what `client` has queued, one reply after the other.
  void execute_queued(Client& client, ReplyWriter& reply);
  void discard_transaction(Client& client);
  /// As RESET leaves a connection.
  void reset(Client& client);
  [[nodiscard]] bool password_matches(std::string_view user, std::string_view password) const;

  /// Sends a message to the receivers of `channel` and returns how many there are. `sender`'s own
  /// messages go in front of its reply.
  std::int64_t publish(std::string_view channel, std::string_view message);

  [[nodiscard]] ScriptCacheMap& scripts() { return scripts_; }
  /// Runs a script of the cache on behalf of `client`.
  void run_script(Context& context, const Script& script, bool read_only, Arguments keys,
                  Arguments values);
  /// Compiles a script and keeps it; null, with `error` set, when it does not compile.
  const Script* load_script(std::string_view body, std::string& error);

 private:
  std::string script_call(Arguments arguments) override;
  void invoke(Client& client, const Command& command, Arguments arguments, ReplyWriter& reply);
  void dispatch(Client& client, Arguments arguments, ReplyWriter& reply);
  const Command* check(Client& client, Arguments arguments, ReplyWriter& reply);
  void queue(Client& client, Arguments arguments, ReplyWriter& reply);
  void emit(Client& client, std::string_view bytes);
  LuaState& lua();

  Settings settings_;
  Surroundings surroundings_;
  std::vector<Keyspace> keyspaces_;
  PubSub pubsub_;
  Config config_;
  std::map<std::int64_t, Client*> clients_;
  std::map<std::pair<int, std::string>, std::vector<Client*>> watchers_;
  ScriptCacheMap scripts_;
  LuaLease lua_;  ///< borrowed at the first script
  std::unique_ptr<Client> script_client_;
  bool script_read_only_ = false;
  Client* served_ = nullptr;  ///< whose request is being executed
  std::string reply_buffer_;
  std::int64_t last_client_id_ = 0;
  std::int64_t commands_served_ = 0;
  bool loading_ = false;
};

}  // namespace raceproof::fakes::redis
