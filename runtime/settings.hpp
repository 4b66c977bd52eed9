// Settings that describe themselves: one description serves the YAML reader with its diagnostics,
// the JSON Schema, the documentation and the scenario's `gateway.`-style overrides.
//
// A settings struct lists its fields in `void describe(SettingsVisitor& visitor)`; an enumeration
// has a table found by argument-dependent look-up: `std::span<const std::string_view> choices(E)`,
// with enumerators numbered from 0 in the table's order.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "runtime/time.hpp"

namespace raceproof {

/// Walks the fields of a settings struct, reading or writing them. Keys and docs are literals; a
/// doc is one sentence that gives meaning, unit and range.
class SettingsVisitor {
 public:
  virtual ~SettingsVisitor() = default;

  virtual void on(std::string_view key, bool& value, std::string_view doc) = 0;
  /// `low` and `high` bound what is accepted, inclusive.
  virtual void on(std::string_view key, std::int64_t& value, std::int64_t low, std::int64_t high,
                  std::string_view doc) = 0;
  virtual void on(std::string_view key, std::string& value, std::string_view doc) = 0;
  virtual void on(std::string_view key, std::vector<std::string>& value, std::string_view doc) = 0;
  /// A list of integers, each within the bounds.
  virtual void on(std::string_view key, std::vector<std::int64_t>& value, std::int64_t low,
                  std::int64_t high, std::string_view doc) = 0;
  /// A map from free keys to texts.
  virtual void on(std::string_view key, std::map<std::string, std::string>& value,
                  std::string_view doc) = 0;
  /// A single duration; not negative.
  virtual void on(std::string_view key, Duration& value, std::string_view doc) = 0;
  /// A duration or a range of durations; not negative.
  virtual void on(std::string_view key, DelayRange& value, std::string_view doc) = 0;

  template <class E>
  requires std::is_enum_v<E>
  void on(std::string_view key, E& value, std::string_view doc) {
    auto index = static_cast<std::size_t>(value);
    on_choice(key, choices(E{}), index, doc);
    value = static_cast<E>(index);
  }
  /// A nested struct.
  template <class S>
  requires requires(S& s, SettingsVisitor& v) { s.describe(v); }
  void on(std::string_view key, S& value, std::string_view doc) {
    on_group(
        key, [&value](SettingsVisitor& inner) { value.describe(inner); }, doc);
  }
  /// A map from free keys to structs.
  template <class S>
  void on(std::string_view key, std::map<std::string, S>& value, std::string_view doc) {
    std::vector<std::string> names;
    for (const auto& [name, entry] : value) names.push_back(name);
    on_map(
        key, names,
        [&value](const std::string& name, SettingsVisitor& inner) { value[name].describe(inner); },
        doc);
  }
  /// A list of structs.
  template <class S>
  requires requires(S& s, SettingsVisitor& v) { s.describe(v); }
  void on(std::string_view key, std::vector<S>& value, std::string_view doc) {
    const std::size_t count = on_list(
        key, value.size(),
        [&value](std::size_t index, SettingsVisitor& inner) {
          if (index >= value.size()) value.resize(index + 1);
          value[index].describe(inner);
        },
        doc);
    value.resize(count);
  }
  /// A value that may be absent.
  template <class T>
  void on(std::string_view key, std::optional<T>& value, std::string_view doc) {
    if (!begin_optional(key, value.has_value())) return;
    if (!value) value.emplace();
    on(key, *value, doc);
  }
  /// An integer that may be absent.
  void on(std::string_view key, std::optional<std::int64_t>& value, std::int64_t low,
          std::int64_t high, std::string_view doc) {
    if (!begin_optional(key, value.has_value())) return;
    if (!value) value = low;
    on(key, *value, low, high, doc);
  }

 protected:
  virtual void on_choice(std::string_view key, std::span<const std::string_view> names,
                         std::size_t& index, std::string_view doc) = 0;
  virtual void on_group(std::string_view key, std::function<void(SettingsVisitor&)> fields,
                        std::string_view doc) = 0;
  /// `names` are the keys present now; `entry` visits the struct under a key and makes it if
  /// absent.
  virtual void on_map(std::string_view key, const std::vector<std::string>& names,
                      std::function<void(const std::string&, SettingsVisitor&)> entry,
                      std::string_view doc) = 0;
  /// `count` elements are present now; `element` makes those that are missing. Returns how many the
  /// list has afterwards.
  virtual std::size_t on_list(std::string_view key, std::size_t count,
                              std::function<void(std::size_t, SettingsVisitor&)> element,
                              std::string_view doc) = 0;
  /// Whether to visit the optional `key`; `present` says whether it holds a value now.
  virtual bool begin_optional(std::string_view key, bool present) = 0;
};

}  // namespace raceproof
