// What the server knows of one connection, apart from its bytes.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace raceproof::fakes::redis {

/// One connection as the commands see it. Owned by whoever owns the connection; used on the
/// server's strand only.
struct Client {
  /// What CLIENT REPLY asked for; `skip_this` is the command that asked to skip the next one.
  enum class Replies { on, off, skip_this, skip_next };

  std::int64_t id = 0;  ///< counted from 1 per server
  std::string peer;     ///< the other end's name
  std::string name;     ///< CLIENT SETNAME
  int database = 0;
  bool authenticated = true;
  Replies replies = Replies::on;
  bool close_after_reply = false;

  std::set<std::string, std::less<>> channels;
  std::set<std::string, std::less<>> patterns;

  bool in_transaction = false;
  bool transaction_failed = false;   ///< a command could not be queued: EXEC aborts
  bool watched_key_changed = false;  ///< EXEC answers null
  std::vector<std::vector<std::string>> queued;
  std::vector<std::pair<int, std::string>> watched;

  std::string outbox;  ///< bytes for the other end that nobody has taken yet

  [[nodiscard]] std::size_t subscriptions() const { return channels.size() + patterns.size(); }
};

}  // namespace raceproof::fakes::redis
