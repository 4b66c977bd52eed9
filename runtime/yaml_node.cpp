#include "runtime/yaml_node.hpp"

#include <algorithm>
#include <map>
#include <sstream>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

namespace raceproof {
namespace {

YamlMark to_mark(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

YamlNode make_node(YamlNode::Kind kind, const YAML::Mark& mark) {
  YamlNode node;
  node.kind = kind;
  node.mark = to_mark(mark);
  return node;
}

std::size_t count_nodes(const YamlNode& node) {
  std::size_t count = 1;
  for (const YamlNode& item : node.items) count += count_nodes(item);
  for (const YamlEntry& entry : node.entries) count += count_nodes(entry.value);
  return count;
}

/// Thrown out of yaml-cpp's parser when the document is larger than we read.
struct TooLarge {
  YamlMark mark;
};

/// Builds the tree from the parser's events and complains about what a tree cannot hold.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& file, std::vector<Diagnostic>& diagnostics)
      : file_(file), diagnostics_(diagnostics) {}

  YamlNode take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode node = make_node(YamlNode::Kind::null, mark);
    // An empty value has no place of its own (the parser is already past it): use its key's.
    if (!open_.empty() && open_.back().key) node.mark = open_.back().key->mark;
    add(std::move(node), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      complain(to_mark(mark), "an alias cannot stand inside the value it names");
      add(make_node(YamlNode::Kind::null, mark), 0);
      return;
    }
    count_ += count_nodes(found->second);
    check_size(to_mark(mark));
    add(found->second, 0);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = make_node(YamlNode::Kind::scalar, mark);
    node.text = value;
    node.quoted = tag == "!";
    add(std::move(node), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open_.push_back({make_node(YamlNode::Kind::list, mark), anchor, {}});
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open_.push_back({make_node(YamlNode::Kind::map, mark), anchor, {}});
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor;
    std::optional<YamlNode> key;  ///< Of a map: the key whose value comes next.
  };

  void complain(YamlMark mark, std::string message) {
    diagnostics_.push_back({file_, mark.line, mark.column, std::move(message)});
  }

  void check_size(YamlMark mark) {
    if (count_ > yaml_nodes_max) throw TooLarge{mark};
  }

  void close() {
    Open closed = std::move(open_.back());
    open_.pop_back();
    add(std::move(closed.node), closed.anchor);
  }

  void add(YamlNode node, YAML::anchor_t anchor) {
    ++count_;
    check_size(node.mark);
    if (anchor != 0) anchors_[anchor] = node;
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (open_.back().node.kind == YamlNode::Kind::list) {
      open_.back().node.items.push_back(std::move(node));
    } else if (!open_.back().key) {
      open_.back().key = std::move(node);
    } else {
      const YamlNode key = *std::exchange(open_.back().key, std::nullopt);
      add_entry(open_.back().node, key, std::move(node));
    }
  }

  void add_entry(YamlNode& map, const YamlNode& key, YamlNode value) {
    if (key.kind != YamlNode::Kind::scalar) {
      complain(key.mark, "a key must be plain text, not " + key.describe_kind());
    } else if (const YamlEntry* first = map.find_entry(key.text)) {
      complain(key.mark, "duplicate key '" + key.text + "' (first given at line " +
                             std::to_string(first->key_mark.line) + ")");
    } else {
      map.entries.push_back({key.text, key.mark, std::move(value)});
    }
  }

  const std::string& file_;
  std::vector<Diagnostic>& diagnostics_;
  YamlNode root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  std::size_t count_ = 0;
};

/// yaml-cpp speaks of "bad conversion" and the like; add what people usually did.
std::string syntax_message(const YAML::ParserException& error, std::string_view text) {
  std::string message = "YAML syntax: " + error.msg;
  std::size_t start = 0;
  for (int line = 0; line < error.mark.line && start != std::string_view::npos; ++line) {
    start = text.find('\n', start);
    if (start != std::string_view::npos) ++start;
  }
  if (start == std::string_view::npos) return message;
  const auto line = text.substr(start, text.find('\n', start) - start);
  const auto indent = line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
  if (indent.find('\t') != std::string_view::npos) {
    message += " (a tab in the indentation: YAML wants spaces)";
  }
  return message;
}

}  // namespace

const YamlEntry* YamlNode::find_entry(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const YamlEntry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

const YamlNode* YamlNode::find(std::string_view key) const {
  const YamlEntry* entry = find_entry(key);
  return entry == nullptr ? nullptr : &entry->value;
}

YamlNode& YamlNode::set(const std::string& key, YamlMark key_mark, YamlNode value) {
  for (YamlEntry& entry : entries) {
    if (entry.key != key) continue;
    entry.key_mark = key_mark;
    return entry.value = std::move(value);
  }
  entries.push_back({key, key_mark, std::move(value)});
  return entries.back().value;
}

std::string YamlNode::describe_kind() const {
  switch (kind) {
    case Kind::null:
      return "nothing";
    case Kind::scalar:
      return "'" + text + "'";
    case Kind::list:
      return "a list";
    case Kind::map:
      return "a map";
  }
  return {};
}

std::string YamlNode::flow_text() const {
  switch (kind) {
    case Kind::null:
      return "~";
    case Kind::scalar:
      return quoted ? '"' + text + '"' : text;
    case Kind::list: {
      std::string result;
      for (const YamlNode& item : items) result += (result.empty() ? "" : ", ") + item.flow_text();
      return '[' + result + ']';
    }
    case Kind::map: {
      std::string result;
      for (const YamlEntry& entry : entries) {
        result += (result.empty() ? "" : ", ") + entry.key + ": " + entry.value.flow_text();
      }
      return '{' + result + '}';
    }
  }
  return {};
}

YamlNode parse_yaml(std::string_view text, const std::string& file,
                    std::vector<Diagnostic>& diagnostics) {
  if (text.size() > yaml_bytes_max) {
    diagnostics.push_back({file, 0, 0, "the file is larger than 1 MiB"});
    return {};
  }
  TreeBuilder builder(file, diagnostics);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (parser.HandleNextDocument(builder)) {
      std::vector<Diagnostic> ignored;
      TreeBuilder second(file, ignored);
      if (parser.HandleNextDocument(second)) {
        diagnostics.push_back({file, 0, 0, "only one YAML document a file is read"});
      }
    }
  } catch (const YAML::ParserException& error) {
    const YamlMark mark = to_mark(error.mark);
    diagnostics.push_back({file, mark.line, mark.column, syntax_message(error, text)});
  } catch (const TooLarge& error) {
    diagnostics.push_back({file, error.mark.line, error.mark.column,
                           "the document has more than " + std::to_string(yaml_nodes_max) +
                               " values (aliases count each time)"});
  } catch (const std::exception& error) {
    diagnostics.push_back({file, 0, 0, std::string("YAML cannot be read: ") + error.what()});
  }
  return builder.take();
}

}  // namespace raceproof
