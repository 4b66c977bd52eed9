// The names of the processes that a variant consists of: hosts in the simulated network, and what
// partitions and reports speak of.
#pragma once

#include <string>
#include <vector>

#include "harness/scenario/model.hpp"

namespace raceproof::scenario {

inline constexpr const char* redis_host = "redis";
inline constexpr const char* auth_host = "auth";
inline constexpr const char* agent_host = "agent";
inline constexpr const char* database_host = "database";
inline constexpr const char* gateway_host = "gateway";
inline constexpr const char* balancer_host = "balancer";
inline constexpr const char* clients_host = "clients";

/// Whether clients reach the gateway through a load balancer: where the file asks for one, or where
/// there are several instances.
[[nodiscard]] bool is_balanced(const ResolvedVariant& variant);

/// "gateway"; behind a load balancer "gateway-1", "gateway-2" and so on, those that start later
/// last.
[[nodiscard]] std::vector<std::string> gateway_names(const ResolvedVariant& variant);

/// All of them.
[[nodiscard]] std::vector<std::string> process_names(const ResolvedVariant& variant);

}  // namespace raceproof::scenario
