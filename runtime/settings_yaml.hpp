// Settings structs (runtime/settings.hpp) from YAML and back. All errors of a text are reported at
// once, each with its place, what was expected and the nearest known name; what is not mentioned
// keeps the value that the struct had.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/diagnostic.hpp"
#include "runtime/settings.hpp"
#include "runtime/yaml_node.hpp"

namespace raceproof {

/// Where the durations of a text come from. Plain configuration files know literals only; a
/// scenario gives them names, so that the search can speak of them.
class DurationSource {
 public:
  virtual ~DurationSource() = default;
  /// The value of `$name`; nothing where there is no such parameter.
  virtual std::optional<Duration> parameter(std::string_view name) = 0;
  /// All names that `parameter` knows.
  [[nodiscard]] virtual std::vector<std::string> parameter_names() const = 0;
  /// The value of a single duration that stands literally at the dotted `path`.
  virtual Duration literal(const std::string& path, std::int64_t nanoseconds, YamlMark mark) = 0;
};

/// What the reading of one file has in common.
struct YamlContext {
  std::string file;
  std::vector<Diagnostic>& diagnostics;
  DurationSource* durations = nullptr;  ///< Null: literals only.

  void error(YamlMark mark, std::string message) const;
  void warning(YamlMark mark, std::string message) const;
};

/// Visits the fields of a settings struct: `[&](SettingsVisitor& v) { settings.describe(v); }`.
using Describe = std::function<void(SettingsVisitor&)>;

/// Reads the map `node` (or nothing, where it is null). `path` is the dotted name of the place, for
/// messages and for `DurationSource::literal`; empty at the top.
void read_settings(const YamlNode& node, const std::string& path, const YamlContext& context,
                   const Describe& describe);
template <class S>
requires requires(S& s, SettingsVisitor& v) { s.describe(v); }
void read_settings(const YamlNode& node, const std::string& path, const YamlContext& context,
                   S& settings) {
  read_settings(node, path, context, Describe([&](SettingsVisitor& v) { settings.describe(v); }));
}

/// Reads a whole text. Empty result: no complaint.
[[nodiscard]] std::vector<Diagnostic> read_settings_text(std::string_view text,
                                                         const std::string& file,
                                                         const Describe& describe);
template <class S>
[[nodiscard]] std::vector<Diagnostic> read_settings(std::string_view text, const std::string& file,
                                                    S& settings) {
  return read_settings_text(text, file, [&](SettingsVisitor& v) { settings.describe(v); });
}

/// Reads one duration or range that stands outside a settings struct; complains and returns nothing
/// where it is not one.
[[nodiscard]] std::optional<DelayRange> read_delay(const YamlNode& node, const std::string& path,
                                                   const YamlContext& context);
[[nodiscard]] std::optional<Duration> read_duration(const YamlNode& node, const std::string& path,
                                                    const YamlContext& context);

/// Complains about a key that is not known, naming the nearest known one. `where` is the dotted
/// name of the map; empty at the top.
void report_unknown_key(const YamlEntry& entry, std::span<const std::string> known,
                        const std::string& where, const YamlContext& context);

/// How a symbolic duration is written: the name of the parameter behind it.
using ParameterName = std::function<std::string(FormId)>;

/// The settings as YAML that `read_settings` reads back to the same value. With `with_docs`, every
/// field carries its meaning as a comment.
[[nodiscard]] std::string write_settings_text(const Describe& describe, bool with_docs,
                                              const ParameterName& name = {});
template <class S>
[[nodiscard]] std::string write_settings(S settings, bool with_docs = false,
                                         const ParameterName& name = {}) {
  return write_settings_text([&](SettingsVisitor& v) { settings.describe(v); }, with_docs, name);
}

}  // namespace raceproof
