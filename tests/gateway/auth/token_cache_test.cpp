// The cache of accepted tokens alone.
#include "gateway/auth/token_cache.hpp"

#include <gtest/gtest.h>

namespace raceproof::gateway {
namespace {

using namespace std::chrono_literals;

TokenCacheSettings settings_of(std::int64_t max_entries) {
  TokenCacheSettings settings;
  settings.max_entries = max_entries;
  return settings;
}
const Instant start;

TEST(TokenCache, RemembersUntilItsTimeIsOver) {
  TokenCache cache(settings_of(10));
  EXPECT_EQ(cache.find("a", start), std::nullopt);
  cache.insert("a", "alice", start, Instant::max());
  EXPECT_EQ(cache.find("a", start), "alice");
  EXPECT_EQ(cache.find("a", start + (300s - 1ns)), "alice");
  EXPECT_EQ(cache.find("a", start + 300s), std::nullopt);
  EXPECT_EQ(cache.size(), 0U) << "what is too old is forgotten";
}

TEST(TokenCache, NeverOutlivesTheToken) {
  TokenCache cache(settings_of(10));
  cache.insert("a", "alice", start, start + 10s);
  EXPECT_EQ(cache.find("a", start + (10s - 1ns)), "alice");
  EXPECT_EQ(cache.find("a", start + 10s), std::nullopt);
}

TEST(TokenCache, DropsTheOldest) {
  TokenCache cache(settings_of(2));
  cache.insert("a", "alice", start, Instant::max());
  cache.insert("b", "bob", start, Instant::max());
  cache.insert("a", "alice", start, Instant::max());  // accepted anew: now the younger one
  cache.insert("c", "carol", start, Instant::max());
  EXPECT_EQ(cache.size(), 2U);
  EXPECT_EQ(cache.find("b", start), std::nullopt);
  EXPECT_EQ(cache.find("a", start), "alice");
  EXPECT_EQ(cache.find("c", start), "carol");
}

// SHA-256 of "abc" (FIPS 180-2, appendix B.1).
TEST(TokenCache, KeysAreDigests) {
  const auto key = cache_key(TokenCacheKey::token, "abc");
  ASSERT_EQ(key.size(), 32U);
  EXPECT_EQ(static_cast<unsigned char>(key[0]), 0xBA);
  EXPECT_EQ(static_cast<unsigned char>(key[31]), 0xAD);
  EXPECT_NE(key, cache_key(TokenCacheKey::token, "abd"));
  EXPECT_EQ(cache_key(TokenCacheKey::environment, "abc"),
            cache_key(TokenCacheKey::environment, "abd"));
}

}  // namespace
}  // namespace raceproof::gateway
