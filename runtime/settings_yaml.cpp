#include "runtime/settings_yaml.hpp"

#include <charconv>

#include "runtime/spelling.hpp"

namespace raceproof {
namespace {

std::string join(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : path + '.' + std::string(key);
}

/// Reads the fields that a struct describes out of one map, and remembers which keys were asked
/// for.
class Reader : public SettingsVisitor {
 public:
  Reader(const YamlNode& node, std::string path, const YamlContext& context)
      : node_(node), path_(std::move(path)), context_(context) {
    if (node.kind == YamlNode::Kind::scalar || node.kind == YamlNode::Kind::list) {
      context_.error(node.mark, "expected a map" + (path_.empty() ? "" : " for '" + path_ + "'") +
                                    ", got " + node.describe_kind());
    }
  }

  void report_unknown_keys() const {
    for (const YamlEntry& entry : node_.entries) {
      if (std::find(known_.begin(), known_.end(), entry.key) == known_.end()) {
        report_unknown_key(entry, known_, path_, context_);
      }
    }
  }

  void on(std::string_view key, bool& value, std::string_view) override {
    const YamlNode* found = take(key);
    if (found == nullptr) return;
    const bool plain = found->kind == YamlNode::Kind::scalar && !found->quoted;
    if (plain && (found->text == "true" || found->text == "false")) {
      value = found->text == "true";
    } else {
      expected(*found, key, "true or false");
    }
  }

  void on(std::string_view key, std::int64_t& value, std::int64_t low, std::int64_t high,
          std::string_view) override {
    if (const YamlNode* found = take(key)) read_integer(*found, key, value, low, high);
  }

  void on(std::string_view key, std::string& value, std::string_view) override {
    if (const YamlNode* found = take(key)) read_text(*found, key, value);
  }

  void on(std::string_view key, std::vector<std::string>& value, std::string_view) override {
    const YamlNode* found = take_list(key, "a list of texts, such as [a, b]");
    if (found == nullptr) return;
    value.assign(found->items.size(), {});
    for (std::size_t i = 0; i < value.size(); ++i) read_text(found->items[i], key, value[i]);
  }

  void on(std::string_view key, std::vector<std::int64_t>& value, std::int64_t low,
          std::int64_t high, std::string_view) override {
    const YamlNode* found = take_list(key, "a list of integers, such as [1, 2]");
    if (found == nullptr) return;
    value.assign(found->items.size(), low);
    for (std::size_t i = 0; i < value.size(); ++i) {
      read_integer(found->items[i], key, value[i], low, high);
    }
  }

  void on(std::string_view key, std::map<std::string, std::string>& value,
          std::string_view) override {
    const YamlNode* found = take_map(key);
    if (found == nullptr) return;
    value.clear();
    for (const YamlEntry& entry : found->entries) read_text(entry.value, key, value[entry.key]);
  }

  void on(std::string_view key, Duration& value, std::string_view) override {
    const YamlNode* found = take(key);
    if (found == nullptr) return;
    if (const auto read = read_duration(*found, join(path_, key), context_)) value = *read;
  }

  void on(std::string_view key, DelayRange& value, std::string_view) override {
    const YamlNode* found = take(key);
    if (found == nullptr) return;
    if (const auto read = read_delay(*found, join(path_, key), context_)) value = *read;
  }

 protected:
  void on_choice(std::string_view key, std::span<const std::string_view> names, std::size_t& index,
                 std::string_view) override {
    const YamlNode* found = take(key);
    if (found == nullptr) return;
    const std::vector<std::string> candidates(names.begin(), names.end());
    if (found->kind != YamlNode::Kind::scalar) {
      expected(*found, key, "one of " + list(candidates));
      return;
    }
    const auto choice = std::find(names.begin(), names.end(), found->text);
    if (choice != names.end()) {
      index = static_cast<std::size_t>(choice - names.begin());
    } else {
      context_.error(found->mark, "'" + found->text + "' is not a choice for '" + join(path_, key) +
                                      "'" + suggestion(found->text, candidates, "choices"));
    }
  }

  void on_group(std::string_view key, std::function<void(SettingsVisitor&)> fields,
                std::string_view) override {
    if (const YamlNode* found = take_map(key)) {
      read_settings(*found, join(path_, key), context_, fields);
    }
  }

  void on_map(std::string_view key, const std::vector<std::string>&,
              std::function<void(const std::string&, SettingsVisitor&)> entry,
              std::string_view) override {
    const YamlNode* found = take_map(key);
    if (found == nullptr) return;
    for (const YamlEntry& given : found->entries) {
      read_settings(given.value, join(join(path_, key), given.key), context_,
                    Describe([&](SettingsVisitor& inner) { entry(given.key, inner); }));
    }
  }

  std::size_t on_list(std::string_view key, std::size_t count,
                      std::function<void(std::size_t, SettingsVisitor&)> element,
                      std::string_view) override {
    const YamlNode* found = take_list(key, "a list of maps");
    if (found == nullptr) return count;
    for (std::size_t i = 0; i < found->items.size(); ++i) {
      read_settings(found->items[i], join(path_, key) + '[' + std::to_string(i) + ']', context_,
                    Describe([&](SettingsVisitor& inner) { element(i, inner); }));
    }
    return found->items.size();
  }

  bool begin_optional(std::string_view key, bool) override {
    remember(key);
    const YamlNode* found = node_.find(key);
    return found != nullptr && found->kind != YamlNode::Kind::null;
  }

 private:
  static std::string list(std::span<const std::string> names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
  }

  void remember(std::string_view key) {
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  }

  const YamlNode* take(std::string_view key) {
    remember(key);
    return node_.find(key);
  }

  const YamlNode* take_list(std::string_view key, std::string_view what) {
    const YamlNode* found = take(key);
    if (found == nullptr || found->kind == YamlNode::Kind::list) return found;
    expected(*found, key, what);
    return nullptr;
  }

  const YamlNode* take_map(std::string_view key) {
    const YamlNode* found = take(key);
    if (found == nullptr || found->kind == YamlNode::Kind::null) return nullptr;
    if (found->kind == YamlNode::Kind::map) return found;
    expected(*found, key, "a map");
    return nullptr;
  }

  void expected(const YamlNode& found, std::string_view key, std::string_view what) const {
    context_.error(found.mark, "expected " + std::string(what) + " for '" + join(path_, key) +
                                   "', got " + found.describe_kind());
  }

  void read_text(const YamlNode& found, std::string_view key, std::string& value) const {
    if (found.kind == YamlNode::Kind::scalar) {
      value = found.text;
    } else {
      expected(found, key, "a text");
    }
  }

  void read_integer(const YamlNode& found, std::string_view key, std::int64_t& value,
                    std::int64_t low, std::int64_t high) const {
    const std::string bounds =
        "an integer from " + std::to_string(low) + " to " + std::to_string(high);
    const char* end = found.text.data() + found.text.size();
    std::int64_t number = 0;
    const auto [stop, error] = std::from_chars(found.text.data(), end, number);
    const bool plain = found.kind == YamlNode::Kind::scalar && !found.quoted;
    if (!plain || error == std::errc::invalid_argument || stop != end) {
      expected(found, key, bounds);
    } else if (error != std::errc() || number < low || number > high) {
      context_.error(found.mark, found.text + " is out of bounds for '" + join(path_, key) +
                                     "': expected " + bounds);
    } else {
      value = number;
    }
  }

  const YamlNode& node_;
  std::string path_;
  const YamlContext& context_;
  std::vector<std::string> known_;
};

}  // namespace

void YamlContext::error(YamlMark mark, std::string message) const {
  diagnostics.push_back({file, mark.line, mark.column, std::move(message)});
}

void YamlContext::warning(YamlMark mark, std::string message) const {
  diagnostics.push_back({file, mark.line, mark.column, std::move(message), Severity::warning});
}

void report_unknown_key(const YamlEntry& entry, std::span<const std::string> known,
                        const std::string& where, const YamlContext& context) {
  context.error(entry.key_mark, "unknown key '" + entry.key + "'" +
                                    (where.empty() ? "" : " in '" + where + "'") +
                                    suggestion(entry.key, known, "known keys"));
}

void read_settings(const YamlNode& node, const std::string& path, const YamlContext& context,
                   const Describe& describe) {
  Reader reader(node, path, context);
  describe(reader);
  reader.report_unknown_keys();
}

std::vector<Diagnostic> read_settings_text(std::string_view text, const std::string& file,
                                           const Describe& describe) {
  std::vector<Diagnostic> diagnostics;
  const YamlNode root = parse_yaml(text, file, diagnostics);
  read_settings(root, "", YamlContext{file, diagnostics}, describe);
  sort_and_deduplicate(diagnostics);
  return diagnostics;
}

}  // namespace raceproof
