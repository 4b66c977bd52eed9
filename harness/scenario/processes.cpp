#include "harness/scenario/processes.hpp"

namespace raceproof::scenario {

namespace {

std::size_t instances_of(const ResolvedVariant& variant) {
  return static_cast<std::size_t>(variant.process.instances) + variant.process.scale.size();
}

}  // namespace

bool is_balanced(const ResolvedVariant& variant) {
  return variant.balancer.has_value() || instances_of(variant) > 1;
}

std::vector<std::string> gateway_names(const ResolvedVariant& variant) {
  if (!is_balanced(variant)) return {gateway_host};
  std::vector<std::string> names;
  for (std::size_t i = 1; i <= instances_of(variant); ++i) {
    names.push_back(std::string(gateway_host) + '-' + std::to_string(i));
  }
  return names;
}

std::vector<std::string> process_names(const ResolvedVariant& variant) {
  std::vector<std::string> names = gateway_names(variant);
  names.emplace_back(redis_host);
  names.emplace_back(clients_host);
  if (variant.backends.auth) names.emplace_back(auth_host);
  if (variant.backends.agent) names.emplace_back(agent_host);
  if (variant.backends.database) names.emplace_back(database_host);
  if (is_balanced(variant)) names.emplace_back(balancer_host);
  return names;
}

}  // namespace raceproof::scenario
