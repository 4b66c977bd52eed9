// `load`: from the text of a scenario file to the model, with all that is wrong with it.
#include <fstream>
#include <iterator>
#include <set>

#include "harness/scenario/client_reader.hpp"
#include "harness/scenario/document.hpp"
#include "harness/scenario/model.hpp"
#include "harness/scenario/overrides.hpp"
#include "harness/scenario/variant_reader.hpp"
#include "runtime/spelling.hpp"

namespace raceproof::scenario {

/// Reads one text; used once.
class Loader {
 public:
  Loader(std::string_view text, const std::string& file) : text_(text), file_(file) {
    scenario_->file_ = file;
    scenario_->text_ = text;
  }

  Loaded load() {
    root_ = parse_yaml(text_, file_, diagnostics_);
    if (root_.kind != YamlNode::Kind::map) {
      if (diagnostics_.empty()) {
        error(root_.mark, "a scenario is a map, got " + root_.describe_kind());
      }
      return finish();
    }
    read_top();
    read_variants();
    lint_parameters();
    lint_vacuity();
    return finish();
  }

 private:
  /// The changes of one variant, before anything is read.
  struct Draft {
    YamlNode tree;
    std::string name = "default";
    std::string shows;
    Expectation expect = Expectation::holds;
    int line = 0;
  };

  [[nodiscard]] YamlContext context(DurationSource* durations = nullptr) {
    return {file_, diagnostics_, durations};
  }
  void error(YamlMark mark, std::string message) { context().error(mark, std::move(message)); }

  Loaded finish() {
    sort_and_deduplicate(diagnostics_);
    if (has_errors(diagnostics_)) return std::unexpected(std::move(diagnostics_));
    scenario_->warnings_ = std::move(diagnostics_);
    return scenario_;
  }

  void read_top() {
    std::vector<std::string> known;
    for (const DocumentedKey& key : document_keys) known.emplace_back(key.name);
    for (const YamlEntry& entry : root_.entries) {
      if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
        report_unknown_key(entry, known, "", context());
      }
    }
    scenario_->name_ = required_text("scenario");
    scenario_->shows_ = required_text("shows");
    scenario_->source_ = required_text("source");
    if (const YamlNode* tags = root_.find("tags")) read_tags(*tags);
  }

  std::string required_text(std::string_view key) {
    const YamlNode* node = root_.find(key);
    if (node == nullptr) {
      error(root_.mark, "missing key '" + std::string(key) + "'");
    } else if (node->kind != YamlNode::Kind::scalar || node->text.empty()) {
      error(node->mark,
            "expected a text for '" + std::string(key) + "', got " + node->describe_kind());
    } else {
      return node->text;
    }
    return {};
  }

  void read_tags(const YamlNode& node) {
    YamlNode map;
    map.kind = YamlNode::Kind::map;
    map.set("tags", node.mark, node);
    read_settings(map, "", context(), Describe([&](SettingsVisitor& visitor) {
                    visitor.on("tags", scenario_->tags_, "Words to select it by.");
                  }));
  }

  void read_variants() {
    const std::vector<Draft> drafts = read_drafts();
    std::vector<std::string> names;
    for (const Draft& draft : drafts) names.push_back(draft.name);
    // The scenario itself, so that no mistake hides behind a variant that covers it.
    ResolvedVariant base;
    read_one(root_, names, base);
    for (const Draft& draft : drafts) {
      auto variant = std::make_shared<ResolvedVariant>();
      variant->name = draft.name;
      variant->shows = draft.shows;
      variant->expect = draft.expect;
      variant->line = draft.line;
      read_one(draft.tree, names, *variant);
      if (!has_errors(diagnostics_)) lint_variant(draft.tree, names, *variant, context());
      scenario_->variants_.push_back(std::move(variant));
      scenario_->trees_.push_back(draft.tree);
    }
  }

  void read_one(const YamlNode& tree, const std::vector<std::string>& names,
                ResolvedVariant& variant) {
    ParameterTable table;
    read_variant(tree, names, table, context(&table), variant);
    used_.insert(table.used().begin(), table.used().end());
  }

  std::vector<Draft> read_drafts() {
    YamlNode base = root_;
    std::erase_if(base.entries, [](const YamlEntry& entry) { return entry.key == "variants"; });
    const YamlNode* node = root_.find("variants");
    if (node == nullptr) {
      Draft only;
      only.tree = std::move(base);
      return {std::move(only)};
    }
    std::vector<Draft> drafts;
    if (node->kind != YamlNode::Kind::map || node->entries.empty()) {
      error(node->mark,
            "expected a map of names to changes for 'variants', got " + node->describe_kind());
      return drafts;
    }
    for (const YamlEntry& entry : node->entries) drafts.push_back(read_draft(base, entry));
    return drafts;
  }

  Draft read_draft(const YamlNode& base, const YamlEntry& entry) {
    Draft draft;
    draft.tree = base;
    draft.name = entry.key;
    draft.line = entry.key_mark.line;
    if (!is_plain_name(entry.key)) {
      error(entry.key_mark,
            "'" + entry.key + "' cannot name a variant: letters, digits, _ and -, a letter first");
    }
    if (entry.value.kind != YamlNode::Kind::map) {
      error(entry.value.mark, "expected a map of dotted names to values for variant '" + entry.key +
                                  "', got " + entry.value.describe_kind());
      return draft;
    }
    if (entry.value.find("expect") == nullptr) {
      error(entry.key_mark, "variant '" + entry.key +
                                "' does not say what it expects: add 'expect: reproduces' or "
                                "'expect: holds'");
    }
    for (const YamlEntry& change : entry.value.entries) read_change(change, draft);
    return draft;
  }

  void read_change(const YamlEntry& change, Draft& draft) {
    if (change.key == "expect") return read_expectation(change.value, draft);
    if (change.key == "shows") {
      draft.shows = change.value.text;
      if (change.value.kind != YamlNode::Kind::scalar) {
        error(change.value.mark, "expected a text, got " + change.value.describe_kind());
      }
      return;
    }
    const std::string top = change.key.substr(0, change.key.find('.'));
    std::vector<std::string> known(changeable_keys.begin(), changeable_keys.end());
    if (std::find(known.begin(), known.end(), top) != known.end()) {
      return apply_override(draft.tree, change, context());
    }
    known.insert(known.end(), {"expect", "shows"});
    error(change.key_mark,
          "a variant cannot change '" + change.key + "'" + suggestion(top, known, "it can change"));
  }

  void read_expectation(const YamlNode& node, Draft& draft) {
    const std::vector<std::string> known(expectation_names.begin(), expectation_names.end());
    const auto found = std::find(known.begin(), known.end(), node.text);
    if (node.kind != YamlNode::Kind::scalar || found == known.end()) {
      error(node.mark, "expected reproduces or holds for 'expect', got " + node.describe_kind() +
                           suggestion(node.text, known, "choices"));
    } else {
      draft.expect = static_cast<Expectation>(found - known.begin());
    }
  }

  void lint_parameters() {
    const YamlNode* node = root_.find("parameters");
    if (node == nullptr) return;
    for (const YamlEntry& entry : node->entries) {
      if (used_.contains(entry.key)) continue;
      context().warning(entry.key_mark,
                        "parameter '" + entry.key + "' is never used ($" + entry.key + ")");
    }
  }

  void lint_vacuity() {
    if (has_errors(diagnostics_)) return;
    for (const auto& variant : scenario_->variants_) {
      for (const Check& check : variant->checks) {
        if (check.kind == Check::Kind::sometimes) return;
      }
    }
    context().warning(root_.mark,
                      "there is no 'sometimes' check: nothing proves that the dangerous window was "
                      "entered, so a green result could be vacuous");
  }

  std::string_view text_;
  const std::string& file_;
  YamlNode root_;
  std::vector<Diagnostic> diagnostics_;
  std::set<std::string, std::less<>> used_;
  std::shared_ptr<Scenario> scenario_ = std::make_shared<Scenario>();
};

Loaded load_text(std::string_view text, const std::string& file) {
  return Loader(text, file).load();
}

Loaded load(const std::filesystem::path& path) {
  const std::string file = path.string();
  std::ifstream stream(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (!stream || std::filesystem::is_directory(path)) {
    return std::unexpected(std::vector<Diagnostic>{{file, 0, 0, "the file cannot be read"}});
  }
  return load_text(text, file);
}

}  // namespace raceproof::scenario
