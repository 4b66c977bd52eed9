#include "gateway/auth/token_cache.hpp"

#include <array>
#include <openssl/sha.h>

namespace raceproof::gateway {

std::string cache_key(TokenCacheKey kind, std::string_view token) {
  if (kind == TokenCacheKey::environment) return "environment";
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::optional<std::string> TokenCache::find(const std::string& key, Instant now) {
  const auto it = entries_.find(key);
  if (it == entries_.end()) return std::nullopt;
  if (now < it->second.inserted + ttl_ && now < it->second.expires) return it->second.user;
  erase(it);
  return std::nullopt;
}

void TokenCache::insert(const std::string& key, std::string user, Instant now, Instant expires) {
  if (const auto it = entries_.find(key); it != entries_.end()) erase(it);
  if (entries_.size() >= max_entries_) erase(entries_.find(by_age_.front()));
  by_age_.push_back(key);
  entries_.emplace(key, Entry{std::move(user), now, expires, std::prev(by_age_.end())});
}

void TokenCache::clear() {
  entries_.clear();
  by_age_.clear();
}

void TokenCache::erase(Entries::iterator entry) {
  by_age_.erase(entry->second.place);
  entries_.erase(entry);
}

}  // namespace raceproof::gateway
