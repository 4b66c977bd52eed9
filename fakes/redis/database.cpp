// See database.hpp.
#include "fakes/redis/database.hpp"

#include "fakes/redis/numbers.hpp"

namespace raceproof::fakes::redis {

Hash& Hash::operator=(const Hash& other) {
  if (this == &other) return *this;
  fields_.clear();
  index_.clear();
  for (const auto& [field, value] : other.fields_) set(field, value);
  return *this;
}

std::string* Hash::find(std::string_view field) {
  const auto it = index_.find(field);
  return it == index_.end() ? nullptr : &it->second->second;
}

bool Hash::set(std::string_view field, std::string_view value) {
  if (auto* present = find(field)) {
    *present = value;
    return false;
  }
  const auto it = fields_.emplace(fields_.end(), field, value);
  index_.emplace(it->first, it);
  return true;
}

bool Hash::erase(std::string_view field) {
  const auto it = index_.find(field);
  if (it == index_.end()) return false;
  const auto position = it->second;
  index_.erase(it);  // before the field that its key points to
  fields_.erase(position);
  return true;
}

bool SetOrder::operator()(std::string_view a, std::string_view b) const {
  const auto x = parse_integer(a);
  const auto y = parse_integer(b);
  if (x && y) return *x < *y;
  if (x || y) return x.has_value();
  return a < b;
}

std::string_view type_name(const Value& value) {
  static constexpr std::string_view names[] = {"string", "hash", "set", "list"};
  return names[value.index()];
}

Entry* Keyspace::find(std::string_view key) {
  const auto it = entries_.find(key);
  if (it == entries_.end()) return nullptr;
  if (!has_expired(it->second)) return &it->second;
  entries_.erase(it);
  expired_(key);
  return nullptr;
}

Entry& Keyspace::put(std::string_view key, Value value) {
  if (const auto it = entries_.find(key); it != entries_.end()) {
    it->second = Entry{std::move(value), std::nullopt};
    return it->second;
  }
  return entries_.emplace(std::string(key), Entry{std::move(value), std::nullopt}).first->second;
}

bool Keyspace::erase(std::string_view key) {
  if (find(key) == nullptr) return false;
  entries_.erase(entries_.find(key));
  return true;
}

const Keyspace::Entries& Keyspace::entries() {
  for (auto it = entries_.begin(); it != entries_.end();) {
    if (!has_expired(it->second)) {
      ++it;
      continue;
    }
    const std::string key = it->first;
    it = entries_.erase(it);
    expired_(key);
  }
  return entries_;
}

}  // namespace raceproof::fakes::redis
