// See settings.hpp.
#include "fakes/database/settings.hpp"

#include <utility>

namespace raceproof::fakes::database {

bool is_constant_zero(Duration duration) {
  return duration.affine().constant_ns == 0 && duration.affine().form == 0;
}

bool is_constant_zero(const DelayRange& range) {
  return is_constant_zero(range.low) && is_constant_zero(range.high);
}

void RequestRule::describe(SettingsVisitor& visitor) {
  visitor.on("delay", delay, "Before this request is executed, in place of the general `reply`.");
  visitor.on("fail", fail,
             "A SQLSTATE such as 40001 to answer instead of executing; the transaction is over.");
  visitor.on("message", message, "The text of the error that `fail` answers.");
  visitor.on("hang", hang, "This request and all later ones of the session are never answered.");
  visitor.on("reset", reset, "The connection is reset instead; the request has no effect.");
  visitor.on("reset_after", reset_after,
             "The request takes effect, and the connection is reset instead of answering.");
  visitor.on("drop_reply", drop_reply, "The request takes effect, but its reply is never sent.");
  visitor.on("skip", skip, 0, 1'000'000'000,
             "The first so many requests of this kind, over all sessions, are left alone.");
  visitor.on("times", times, 0, 1'000'000'000,
             "After those only so many requests of this kind; 0 means all.");
}

const RequestRule* RequestRules::find(std::string_view kind) const {
  const std::pair<std::string_view, const std::optional<RequestRule>*> rules[] = {
      {"connect", &connect},       {"begin", &begin},
      {"commit", &commit},         {"rollback", &rollback},
      {"select", &select},         {"insert", &insert},
      {"update", &update},         {"delete", &remove},
      {"lock_table", &lock_table}, {"create_table", &create_table},
  };
  for (const auto& [name, rule] : rules) {
    if (name == kind && *rule) return &**rule;
  }
  return nullptr;
}

void RequestRules::describe(SettingsVisitor& visitor) {
  visitor.on("connect", connect, "What happens when a session is opened.");
  visitor.on("begin", begin, "What happens to the beginning of a transaction.");
  visitor.on("commit", commit, "What happens to COMMIT.");
  visitor.on("rollback", rollback, "What happens to ROLLBACK.");
  visitor.on("select", select, "What happens to SELECT.");
  visitor.on("insert", insert, "What happens to INSERT.");
  visitor.on("update", update, "What happens to UPDATE.");
  visitor.on("delete", remove, "What happens to DELETE.");
  visitor.on("lock_table", lock_table, "What happens to LOCK TABLE.");
  visitor.on("create_table", create_table, "What happens to CREATE TABLE.");
}

void Outage::describe(SettingsVisitor& visitor) {
  visitor.on("at", at, "When all connections are reset, counted from the server's start.");
  visitor.on("for", duration, "How long new connections are refused from then on.");
}

void Settings::describe(SettingsVisitor& visitor) {
  visitor.on("host", host, "The address to listen on; in simulation the name of the process.");
  visitor.on("port", port, 0, 65535, "The port to listen on; 0 lets the system choose (TCP only).");
  visitor.on("connect", connect,
             "From a connection's arrival until the server answers that a session is open.");
  visitor.on("reply", reply,
             "Before each request is executed and answered; drawn anew for each request.");
  visitor.on("listen_after", listen_after,
             "Connections are refused until then, counted from the server's start.");
  visitor.on("wake", wake,
             "How long a session that has waited for a lock takes to go on once it has it: with a "
             "range, those who wait for one transaction go on in any order.");
  visitor.on("deadlock_timeout", deadlock_timeout,
             "How long a session waits for a lock before it looks for a deadlock.");
  visitor.on("max_connections", max_connections, 1, 100'000,
             "More sessions than this are refused with 53300.");
  visitor.on("observed_tables", observed_tables,
             "Tables whose committed rows are observed as db_row.");
  visitor.on("on", on, "What happens to single requests, by kind.");
  visitor.on("drop_connections", drop_connections,
             "Times at which all connections are reset and new ones refused for a while.");
}

}  // namespace raceproof::fakes::database
