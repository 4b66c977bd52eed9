// A YAML document as a plain tree that knows where everything stands. yaml-cpp does the parsing;
// its own nodes lose duplicate keys, and with them the chance to complain, so the tree is built
// from its events.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/diagnostic.hpp"

namespace raceproof {

struct YamlEntry;

/// A place in the file, counted from 1.
struct YamlMark {
  int line = 0;
  int column = 0;
};

/// One value of the document. Aliases are expanded, so a tree has no sharing and no cycles.
struct YamlNode {
  enum class Kind { null, scalar, list, map };

  Kind kind = Kind::null;
  YamlMark mark;
  std::string text;                ///< Of a scalar.
  bool quoted = false;             ///< Whether the scalar was written in quotes.
  std::vector<YamlNode> items;     ///< Of a list.
  std::vector<YamlEntry> entries;  ///< Of a map, in the file's order, without duplicates.

  /// The value of `key` in a map; null pointer where there is none.
  [[nodiscard]] const YamlNode* find(std::string_view key) const;
  [[nodiscard]] const YamlEntry* find_entry(std::string_view key) const;
  /// Sets `key` of a map (replacing a value that is there) and returns the value.
  YamlNode& set(const std::string& key, YamlMark key_mark, YamlNode value);

  /// What it is, for messages: "a list", "a map", "nothing" or the quoted text.
  [[nodiscard]] std::string describe_kind() const;
  /// On one line, as flow YAML: {close: 1011, in: [a, b]}.
  [[nodiscard]] std::string flow_text() const;
};

struct YamlEntry {
  std::string key;
  YamlMark key_mark;
  YamlNode value;
};

/// Limits of a file that is read; larger ones are refused with a message.
inline constexpr std::size_t yaml_bytes_max = 1 << 20;
inline constexpr std::size_t yaml_nodes_max = 100'000;

/// Parses one document. Syntax errors, duplicate keys, keys that are not plain text, a second
/// document and exceeded limits go to `diagnostics`; what could be read is returned all the same (a
/// null node where nothing could).
[[nodiscard]] YamlNode parse_yaml(std::string_view text, const std::string& file,
                                  std::vector<Diagnostic>& diagnostics);

}  // namespace raceproof
