// Passing means: the environment is detected as domain.md section 12 says, and the original's two
// mistakes only when they are switched on.
#include "gateway/environment.hpp"

#include <gtest/gtest.h>

namespace raceproof::gateway {
namespace {

Settings with_environment(std::string name) {
  Settings settings;
  settings.environment = std::move(name);
  return settings;
}

// Aliases and case are normalised; what nobody knows is development.
TEST(Environment, NormalisesNames) {
  EXPECT_EQ(normalise_environment("PROD"), EnvironmentName::production);
  EXPECT_EQ(normalise_environment("Staging"), EnvironmentName::staging);
  EXPECT_EQ(normalise_environment("test"), EnvironmentName::testing);
  EXPECT_EQ(normalise_environment("local"), EnvironmentName::development);
  EXPECT_EQ(normalise_environment("moon"), EnvironmentName::development);
  EXPECT_EQ(normalise_environment(""), EnvironmentName::development);
}

// Staging and production are GCP by name alone.
TEST(Environment, NamesDecideGcp) {
  EXPECT_TRUE(detect_environment(with_environment("staging")).gcp);
  EXPECT_TRUE(detect_environment(with_environment("prod")).gcp);
  EXPECT_FALSE(detect_environment(with_environment("development")).gcp);
  EXPECT_FALSE(detect_environment(with_environment("testing")).gcp);
}

// Any of the platform's own variables means GCP, whatever the name.
TEST(Environment, PlatformVariablesDecideGcp) {
  for (auto variable :
       {&Settings::k_service, &Settings::google_cloud_project, &Settings::gae_application}) {
    Settings settings = with_environment("development");
    settings.*variable = "something";
    EXPECT_TRUE(detect_environment(settings).gcp);
    EXPECT_TRUE(detect_environment(settings).guard_sees_gcp);
  }
}

// The first mistake: ENVIRONMENT alone, without aliases.
TEST(Environment, EnvironmentOnlyIgnoresPlatform) {
  Settings settings = with_environment("development");
  settings.k_service = "backend";
  settings.environment_detection = EnvironmentDetection::environment_only;
  EXPECT_FALSE(detect_environment(settings).gcp);
  settings.environment = "prod";
  EXPECT_FALSE(detect_environment(settings).gcp);
}

// The second mistake: two detectors that disagree.
TEST(Environment, SplitDetectorsDisagree) {
  Settings settings = with_environment("development");
  settings.k_service = "backend";
  settings.environment_detection = EnvironmentDetection::split;
  const Environment found = detect_environment(settings);
  EXPECT_TRUE(found.gcp);
  EXPECT_FALSE(found.guard_sees_gcp);
}

}  // namespace
}  // namespace raceproof::gateway
