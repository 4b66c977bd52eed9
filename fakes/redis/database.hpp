// The keyspace: what keys hold, and when they expire.
//
// Everything is kept in an order that does not depend on addresses or hashes. Expiry is lazy, as a
// client sees it in Redis: a key is compared with the clock when it is used, and only if it has a
// time to live; a keyspace without such keys never reads the clock, and so never makes a decision
// in simulation.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/time.hpp"

namespace raceproof::fakes::redis {

/// Fields in the order in which they were first set, which is the order a small Redis hash keeps.
class Hash {
 public:
  using Fields = std::list<std::pair<std::string, std::string>>;

  Hash() = default;
  Hash(Hash&&) = default;
  Hash& operator=(Hash&&) = default;
  Hash(const Hash& other) { *this = other; }
  Hash& operator=(const Hash& other);

  /// The field's value; null when there is none.
  [[nodiscard]] std::string* find(std::string_view field);
  /// Whether the field is new.
  bool set(std::string_view field, std::string_view value);
  /// Whether there was such a field.
  bool erase(std::string_view field);
  [[nodiscard]] std::size_t size() const { return fields_.size(); }
  [[nodiscard]] const Fields& fields() const { return fields_; }

 private:
  Fields fields_;
  std::map<std::string_view, Fields::iterator> index_;  ///< keys point into `fields_`
};

/// Integers by value first, then the rest by bytes: exact for sets of integers, and at least stable
/// for the others, whose order Redis leaves open.
struct SetOrder {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const;
};
using Set = std::set<std::string, SetOrder>;
using List = std::deque<std::string>;
using Value = std::variant<std::string, Hash, Set, List>;

/// Redis's name of a value's type: "string", "hash", "set" or "list".
std::string_view type_name(const Value& value);

/// What a key holds.
struct Entry {
  Value value;
  std::optional<Instant> deadline;  ///< when it expires; none: never
};

/// One numbered database. Used on the server's strand only.
class Keyspace {
 public:
  using Entries = std::map<std::string, Entry, std::less<>>;

  /// `now` is asked only about keys that expire; `expired` hears of each key that did.
  Keyspace(std::function<Instant()> now, std::function<void(std::string_view)> expired)
      : now_(std::move(now)), expired_(std::move(expired)) {}

  /// The live entry of `key`; null when there is none.
  Entry* find(std::string_view key);
  /// Puts a value without an expiry in the place of whatever was there.
  Entry& put(std::string_view key, Value value);
  /// Whether there was such a key.
  bool erase(std::string_view key);
  /// Drops what has expired and returns the rest, by name.
  const Entries& entries();
  void clear() { entries_.clear(); }

 private:
  [[nodiscard]] bool has_expired(const Entry& entry) const {
    return entry.deadline && *entry.deadline < now_();
  }

  std::function<Instant()> now_;
  std::function<void(std::string_view)> expired_;
  Entries entries_;
};

}  // namespace raceproof::fakes::redis
