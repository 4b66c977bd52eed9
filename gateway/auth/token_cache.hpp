// Accepted tokens, remembered for a while by their digests. No I/O and no timer: an entry that has
// grown too old is found out, and forgotten, when it is looked up or when the cache is full.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/auth/settings.hpp"
#include "runtime/time.hpp"

namespace raceproof::gateway {

/// What a token is known by: its SHA-256 digest, 32 bytes, so that no token is kept in memory; or
/// with `key: environment` the same for every token.
std::string cache_key(TokenCacheKey kind, std::string_view token);

class TokenCache {
 public:
  explicit TokenCache(const TokenCacheSettings& settings)
      : ttl_(settings.ttl), max_entries_(static_cast<std::size_t>(settings.max_entries)) {}

  /// The user of a token that was accepted not too long ago and has not expired since.
  std::optional<std::string> find(const std::string& key, Instant now);
  /// Remembers a token that was accepted now, until its time to live or `expires` is over,
  /// whichever comes first. The oldest entry leaves a full cache.
  void insert(const std::string& key, std::string user, Instant now, Instant expires);
  void clear();
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string user;
    Instant inserted;
    Instant expires;
    std::list<std::string>::iterator place;  // in `by_age_`
  };
  using Entries = std::map<std::string, Entry>;

  void erase(Entries::iterator entry);

  Duration ttl_;
  std::size_t max_entries_;
  Entries entries_;
  std::list<std::string> by_age_;  // keys, the oldest first
};

}  // namespace raceproof::gateway
