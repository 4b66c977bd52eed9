#include "harness/scenario/overrides.hpp"

#include <algorithm>
#include <charconv>

namespace raceproof::scenario {
namespace {

class Override {
 public:
  Override(const YamlEntry& change, const YamlContext& context)
      : change_(change), context_(context) {}

  /// Sets what the part of the key from `begin` names, inside `node`.
  void apply(YamlNode& node, std::size_t begin) {
    if (node.kind == YamlNode::Kind::null) {
      node.kind = YamlNode::Kind::map;
      node.mark = mark_at(begin);
    }
    switch (node.kind) {
      case YamlNode::Kind::map:
        return apply_to_map(node, begin);
      case YamlNode::Kind::list:
        return apply_to_list(node, begin);
      default:
        context_.error(mark_at(begin), change_.key.substr(0, begin == 0 ? 0 : begin - 1) + " is " +
                                           node.describe_kind() +
                                           ", so nothing inside it can be set");
    }
  }

 private:
  [[nodiscard]] YamlMark mark_at(std::size_t begin) const {
    return {change_.key_mark.line, change_.key_mark.column + static_cast<int>(begin)};
  }

  void apply_to_map(YamlNode& node, std::size_t begin) {
    const std::string rest = change_.key.substr(begin);
    YamlEntry* inside = nullptr;  // The longest key that the rest of the path begins with.
    for (YamlEntry& entry : node.entries) {
      if (entry.key == rest) return replace(node, rest, begin);
      const bool leads = rest.starts_with(entry.key + '.');
      if (leads && (inside == nullptr || inside->key.size() < entry.key.size())) inside = &entry;
    }
    if (inside != nullptr) return apply(inside->value, begin + inside->key.size() + 1);
    const std::size_t dot = rest.find('.');
    // The names of parameters contain dots, and have no inside.
    const bool in_parameters = change_.key.substr(0, begin) == "parameters.";
    if (dot == std::string::npos || in_parameters) return replace(node, rest, begin);
    YamlNode& made = node.set(rest.substr(0, dot), mark_at(begin), {});
    apply(made, begin + dot + 1);
  }

  void apply_to_list(YamlNode& node, std::size_t begin) {
    const std::size_t end = std::min(change_.key.find('.', begin), change_.key.size());
    const std::string part = change_.key.substr(begin, end - begin);
    std::size_t index = 0;
    const auto [stop, error] = std::from_chars(part.data(), part.data() + part.size(), index);
    if (error != std::errc() || stop != part.data() + part.size() || index >= node.items.size()) {
      context_.error(mark_at(begin), "'" + part + "' is no element of the list: expected 0 to " +
                                         std::to_string(node.items.size()) + ", exclusive");
    } else if (end == change_.key.size()) {
      node.items[index] = change_.value;
    } else {
      apply(node.items[index], end + 1);
    }
  }

  void replace(YamlNode& map, const std::string& key, std::size_t begin) {
    if (change_.value.kind == YamlNode::Kind::null) {
      std::erase_if(map.entries, [&](const YamlEntry& entry) { return entry.key == key; });
    } else {
      map.set(key, mark_at(begin), change_.value);
    }
  }

  const YamlEntry& change_;
  const YamlContext& context_;
};

}  // namespace

void apply_override(YamlNode& root, const YamlEntry& change, const YamlContext& context) {
  Override(change, context).apply(root, 0);
}

}  // namespace raceproof::scenario
