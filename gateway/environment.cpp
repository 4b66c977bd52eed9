#include "gateway/environment.hpp"

#include <algorithm>
#include <string>

namespace raceproof::gateway {

namespace {

std::string lower_case(std::string_view value) {
  std::string lower(value);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

bool runs_in_gcp(EnvironmentName name) {
  return name == EnvironmentName::staging || name == EnvironmentName::production;
}

/// The first version's detector: ENVIRONMENT alone, without aliases.
bool environment_variable_says_gcp(const Settings& settings) {
  const std::string value = lower_case(settings.environment);
  return value == "staging" || value == "production";
}

bool unified_says_gcp(const Settings& settings, EnvironmentName name) {
  return runs_in_gcp(name) || !settings.k_service.empty() ||
         !settings.google_cloud_project.empty() || !settings.gae_application.empty();
}

}  // namespace

EnvironmentName normalise_environment(std::string_view value) {
  const std::string name = lower_case(value);
  if (name == "production" || name == "prod") return EnvironmentName::production;
  if (name == "staging") return EnvironmentName::staging;
  if (name == "testing" || name == "test") return EnvironmentName::testing;
  return EnvironmentName::development;
}

std::string_view to_string(EnvironmentName name) {
  switch (name) {
    case EnvironmentName::testing:
      return "testing";
    case EnvironmentName::staging:
      return "staging";
    case EnvironmentName::production:
      return "production";
    case EnvironmentName::development:
      break;
  }
  return "development";
}

Environment detect_environment(const Settings& settings) {
  Environment found;
  found.name = normalise_environment(settings.environment);
  switch (settings.environment_detection) {
    case EnvironmentDetection::unified:
      found.gcp = found.guard_sees_gcp = unified_says_gcp(settings, found.name);
      break;
    case EnvironmentDetection::environment_only:
      found.gcp = found.guard_sees_gcp = environment_variable_says_gcp(settings);
      break;
    case EnvironmentDetection::split:
      found.gcp = unified_says_gcp(settings, found.name);
      found.guard_sees_gcp = environment_variable_says_gcp(settings);
      break;
  }
  return found;
}

}  // namespace raceproof::gateway
