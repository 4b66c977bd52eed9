#include "gateway/database/settings.hpp"

#include <array>

namespace raceproof::gateway {

std::span<const std::string_view> choices(ErrorClassification) {
  static constexpr std::array<std::string_view, 2> names{"sqlstate", "patterns_first"};
  return names;
}
std::span<const std::string_view> choices(PoolCheckout) {
  static constexpr std::array<std::string_view, 2> names{"exclusive", "shared"};
  return names;
}
std::span<const std::string_view> choices(LockOrder) {
  static constexpr std::array<std::string_view, 2> names{"fixed", "as_given"};
  return names;
}
std::span<const std::string_view> choices(IsolationLevel) {
  static constexpr std::array<std::string_view, 3> names{"read_committed", "repeatable_read",
                                                         "serializable"};
  return names;
}

void PoolSettings::describe(SettingsVisitor& v) {
  v.on("size", size, 1, 1000, "Connections at most; they are opened when they are needed.");
  v.on("wait", wait, "Longest wait for a free connection; first come, first served.");
  v.on("idle", idle,
       "How long a connection may lie unused; it is closed between one and two of these.");
  v.on("lifetime", lifetime,
       "Age at which a connection is replaced, looked at once in every `idle`.");
}

void TransactionRetrySettings::describe(SettingsVisitor& v) {
  v.on("times", times, 0, 100,
       "How often a transaction is tried anew after a deadlock, a serialisation failure or a "
       "connection that was lost before the commit.");
  v.on("base", base, "Wait before the first new try; doubled before each further one.");
  v.on("max", max, "Longest wait before a new try.");
}

void DatabaseSettings::describe(SettingsVisitor& v) {
  v.on("host", host, "Host of the PostgreSQL server; unset: nothing is stored.");
  v.on("port", port, 1, 65535, "Port of the PostgreSQL server.");
  v.on("user", user, "Whom the gateway logs in as.");
  v.on("password", password, "Password of that user; unset: none.");
  v.on("name", name, "Name of the database.");
  v.on("pool", pool, "The connections that are kept.");
  v.on("retry", retry, "How often a transaction is tried anew.");
  v.on("connect_timeout", connect_timeout, "Longest wait for a connection to open.");
  v.on("statement_timeout", statement_timeout, "Longest wait for the answer to one statement.");
  v.on("startup_timeout", startup_timeout,
       "How long startup tries to connect and to migrate before its database phase fails.");
  v.on("health_interval", health_interval, "Time between two looks of the health monitor.");
  v.on("isolation", isolation, "Isolation level of the gateway's transactions.");
  v.on("classify", classify,
       "What errors are told apart by: sqlstate (message patterns only where there is none) or "
       "patterns_first (the original's patterns, with their traps).");
  v.on("checkout", checkout,
       "exclusive: a connection serves one operation at a time; shared: all operations get the "
       "same one.");
  v.on("lock_order", lock_order,
       "fixed: transactions lock the rows they share in one order; as_given: each in the order in "
       "which it meets them, so that two can deadlock.");
}

std::vector<const char*> problems(const DatabaseSettings& settings) {
  std::vector<const char*> found;
  const auto require = [&found](bool holds, const char* message) {
    if (!holds) found.push_back(message);
  };
  require(!settings.host || !settings.host->empty(), "database.host: must not be empty");
  require(Duration() < settings.pool.idle, "database.pool.idle: must be longer than 0");
  require(Duration() < settings.health_interval, "database.health_interval: must be longer than 0");
  require(settings.retry.base <= settings.retry.max,
          "database.retry.base: must not be longer than database.retry.max");
  return found;
}

}  // namespace raceproof::gateway
