// What a scenario may say about its database: how slow it is, and what goes wrong with it when.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/settings.hpp"
#include "runtime/time.hpp"

namespace raceproof::fakes::database {

/// Whether a duration is zero whatever happens. Not a comparison: it decides nothing.
bool is_constant_zero(Duration duration);
bool is_constant_zero(const DelayRange& range);

/// What happens to one kind of request.
///
/// The delay stands *before* execution, as if the request had been on its way until then. Of the
/// outcomes the first that is set wins: `reset`, `hang`, `fail`, `reset_after`, `drop_reply`.
struct RequestRule {
  std::optional<DelayRange> delay;  ///< in place of Settings::reply; none: that one
  std::string fail;                 ///< SQLSTATE answered instead of executing; empty: execute
  std::string message = "the scenario says so";  ///< of the error that `fail` answers
  bool hang = false;         ///< neither this request nor a later one of the session is answered
  bool reset = false;        ///< the connection is reset instead: it has not taken effect
  bool reset_after = false;  ///< executed, then reset instead of an answer: it has taken effect
  bool drop_reply = false;   ///< executed, never answered
  std::int64_t skip = 0;     ///< the first so many requests of the kind are left alone
  std::int64_t times = 0;    ///< then only so many; 0: all

  void describe(SettingsVisitor& visitor);
};

/// The kinds of requests, each with its rule if it has one. Fixed keys, so that a scenario that
/// misspells one is told.
struct RequestRules {
  std::optional<RequestRule> connect;
  std::optional<RequestRule> begin;
  std::optional<RequestRule> commit;
  std::optional<RequestRule> rollback;
  std::optional<RequestRule> select;
  std::optional<RequestRule> insert;
  std::optional<RequestRule> update;
  std::optional<RequestRule> remove;  ///< `delete` in scenario files
  std::optional<RequestRule> lock_table;
  std::optional<RequestRule> create_table;

  /// The rule of a kind as Statement::kind and the server name it; null: none.
  [[nodiscard]] const RequestRule* find(std::string_view kind) const;
  void describe(SettingsVisitor& visitor);
};

/// A time without the server: all connections are reset, new ones refused; what is committed stays.
struct Outage {
  Duration at;        ///< counted from the server's start
  Duration duration;  ///< `for` in scenario files

  void describe(SettingsVisitor& visitor);
};

/// Everything about one fake database. The keys are those of `backends.database` in scenario files.
struct Settings {
  std::string host = "database";  ///< the address to listen on; in simulation the process's name
  std::int64_t port = 5432;
  DelayRange connect;     ///< from a connection's arrival until it is answered
  DelayRange reply;       ///< before each request is executed and answered; drawn anew for each
  Duration listen_after;  ///< connections are refused until then, counted from the start
  DelayRange wake;        ///< from getting a lock that was waited for until going on
  Duration deadlock_timeout = std::chrono::seconds(1);  ///< PostgreSQL's setting and default
  std::int64_t max_connections = 100;                   ///< likewise
  std::vector<std::string> observed_tables = {"runs", "outbox"};
  RequestRules on;
  std::vector<Outage> drop_connections;

  void describe(SettingsVisitor& visitor);
};

}  // namespace raceproof::fakes::database
