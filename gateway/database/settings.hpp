// What can be configured about the database behind the gateway.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/settings.hpp"
#include "runtime/time.hpp"

namespace raceproof::gateway {

/// What an error of the database is told apart by.
enum class ErrorClassification { sqlstate, patterns_first };
/// Whether a connection belongs to one operation at a time.
enum class PoolCheckout { exclusive, shared };
/// In which order a transaction locks the rows that others lock too.
enum class LockOrder { fixed, as_given };
/// How much transactions see of each other.
enum class IsolationLevel { read_committed, repeatable_read, serializable };

std::span<const std::string_view> choices(ErrorClassification);
std::span<const std::string_view> choices(PoolCheckout);
std::span<const std::string_view> choices(LockOrder);
std::span<const std::string_view> choices(IsolationLevel);

/// The connections that are kept.
struct PoolSettings {
  std::int64_t size = 10;
  Duration wait = std::chrono::seconds(5);
  Duration idle = std::chrono::minutes(5);
  Duration lifetime = std::chrono::minutes(30);
  void describe(SettingsVisitor& visitor);
};

/// How often a transaction is tried anew, and after how long.
struct TransactionRetrySettings {
  std::int64_t times = 3;
  Duration base = std::chrono::milliseconds(20);
  Duration max = std::chrono::seconds(1);
  void describe(SettingsVisitor& visitor);
};

/// The PostgreSQL server, and how the gateway uses it. A database without a `host` does not exist
/// for the gateway.
struct DatabaseSettings {
  std::optional<std::string> host;
  std::int64_t port = 5432;
  std::string user = "gateway";
  std::optional<std::string> password;
  std::string name = "gateway";
  PoolSettings pool;
  TransactionRetrySettings retry;
  Duration connect_timeout = std::chrono::seconds(10);
  Duration statement_timeout = std::chrono::seconds(30);
  Duration startup_timeout = std::chrono::seconds(30);
  Duration health_interval = std::chrono::seconds(30);
  IsolationLevel isolation = IsolationLevel::read_committed;
  ErrorClassification classify = ErrorClassification::sqlstate;
  PoolCheckout checkout = PoolCheckout::exclusive;
  LockOrder lock_order = LockOrder::fixed;
  void describe(SettingsVisitor& visitor);
};

/// What is wrong with the values as a whole, one message each ("database.host: ...").
std::vector<const char*> problems(const DatabaseSettings& settings);

}  // namespace raceproof::gateway
