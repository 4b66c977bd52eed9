// Passing means: the keys that scenario files use are read, and unusable values are named.
#include "gateway/database/settings.hpp"

#include <gtest/gtest.h>
#include <string>

#include "gateway/settings.hpp"
#include "runtime/settings_yaml.hpp"

namespace raceproof::gateway {
namespace {

using namespace std::chrono_literals;

TEST(DatabaseSettings, AreRead) {
  Settings settings;
  const auto diagnostics = read_settings(
      "database:\n"
      "  host: database\n"
      "  pool: { size: 2, wait: 3s }\n"
      "  retry: { times: 1 }\n"
      "  statement_timeout: 250ms\n"
      "  isolation: serializable\n"
      "  classify: patterns_first\n"
      "  checkout: shared\n"
      "  lock_order: as_given\n",
      "gateway.yaml", settings);
  for (const auto& diagnostic : diagnostics) ADD_FAILURE() << print(diagnostic);
  const DatabaseSettings& read = settings.database;
  EXPECT_EQ(read.host, "database");
  EXPECT_EQ(read.port, 5432);
  EXPECT_EQ(read.pool.size, 2);
  EXPECT_EQ(read.pool.wait.to_ns(), Duration(3s).to_ns());
  EXPECT_EQ(read.retry.times, 1);
  EXPECT_EQ(read.statement_timeout.to_ns(), Duration(250ms).to_ns());
  EXPECT_EQ(read.isolation, IsolationLevel::serializable);
  EXPECT_EQ(read.classify, ErrorClassification::patterns_first);
  EXPECT_EQ(read.checkout, PoolCheckout::shared);
  EXPECT_EQ(read.lock_order, LockOrder::as_given);
}

TEST(DatabaseSettings, NameWhatCannotBeUsed) {
  Settings settings;
  EXPECT_TRUE(problems(settings).empty());
  settings.database.host = "";
  settings.database.pool.idle = Duration();
  settings.database.health_interval = Duration();
  settings.database.retry.base = 2s;
  const auto found = problems(settings);
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[0], "database.host: must not be empty");
  EXPECT_EQ(found[3], "database.retry.base: must not be longer than database.retry.max");
}

}  // namespace
}  // namespace raceproof::gateway
