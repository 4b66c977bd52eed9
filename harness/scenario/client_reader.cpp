#include "harness/scenario/client_reader.hpp"

#include "runtime/spelling.hpp"

namespace raceproof::scenario {
namespace {

using fakes::client::Script;
using fakes::client::Step;

std::vector<std::string> known_steps() {
  const auto keys = fakes::client::step_keys();
  return {keys.begin(), keys.end()};
}

/// Follows one script and complains about steps that cannot succeed whatever the server does.
class Reachability {
 public:
  explicit Reachability(const YamlContext& context) : context_(context) {}

  void visit(const Step& step, YamlMark mark) {
    using namespace fakes::client;
    const bool after_connect = std::exchange(just_connected_, false);
    if (std::holds_alternative<Connect>(step)) {
      open_ = just_connected_ = true;
    } else if (const auto* expect = std::get_if<Expect>(&step)) {
      visit_expect(*expect, after_connect, mark);
    } else if (std::holds_alternative<Send>(step)) {
      require_open("send", mark);
    } else if (std::holds_alternative<Close>(step)) {
      require_open("close", mark);
      open_ = false;
    } else if (std::holds_alternative<Abort>(step)) {
      require_open("abort", mark);
      open_ = false;
    } else if (std::holds_alternative<ReadSlowly>(step)) {
      require_open("read_slowly", mark);
    }
  }

 private:
  void visit_expect(const fakes::client::Expect& expect, bool after_connect, YamlMark mark) {
    if (expect.http != 0) {
      if (!after_connect) {
        context_.error(mark,
                       "this step can never succeed: an HTTP answer is expected directly "
                       "after a connect");
      }
      open_ = expect.http == 101;
      return;
    }
    require_open("expect", mark);
    if (expect.close == 0) return;
    if (const std::string why = impossible_close_code(expect.close); !why.empty()) {
      context_.error(mark, why);
    }
    open_ = false;
  }

  void require_open(std::string_view step, YamlMark mark) {
    if (open_) return;
    context_.error(mark, "this step can never succeed: no connection is open at this '" +
                             std::string(step) + "' (a connect must come before it)");
    open_ = true;  // One mistake, one message.
  }

  const YamlContext& context_;
  bool open_ = false;
  bool just_connected_ = false;
};

/// A step from its key and value; nothing (after a complaint) where it is none.
std::optional<Step> read_step(const YamlEntry& entry, const std::string& path,
                              const YamlContext& context) {
  std::optional<Step> step = fakes::client::make_step(entry.key);
  if (!step) {
    context.error(entry.key_mark, "unknown step '" + entry.key + "'" +
                                      suggestion(entry.key, known_steps(), "steps"));
    return std::nullopt;
  }
  YamlNode fields = entry.value;
  const std::string_view shorthand = fakes::client::step_shorthand(*step);
  if (fields.kind == YamlNode::Kind::scalar && !shorthand.empty()) {
    YamlNode map;
    map.kind = YamlNode::Kind::map;
    map.mark = fields.mark;
    map.set(std::string(shorthand), fields.mark, std::move(fields));
    fields = std::move(map);
  }
  const std::size_t mistakes = context.diagnostics.size();
  read_settings(fields, path + '.' + entry.key, context, Describe([&](SettingsVisitor& visitor) {
                  fakes::client::describe(*step, visitor);
                }));
  if (context.diagnostics.size() != mistakes) return step;
  if (const std::string problem = fakes::client::problem(*step); !problem.empty()) {
    context.error(entry.value.mark, problem);
  }
  return step;
}

std::vector<Step> read_steps(const YamlNode& node, const std::string& path,
                             const YamlContext& context) {
  std::vector<Step> steps;
  if (node.kind != YamlNode::Kind::list || node.items.empty()) {
    context.error(node.mark,
                  "expected a list of steps for '" + path + "', got " +
                      (node.kind == YamlNode::Kind::list ? "an empty list" : node.describe_kind()));
    return steps;
  }
  Reachability reachability(context);
  for (const YamlNode& item : node.items) {
    std::optional<Step> step;
    if (item.kind == YamlNode::Kind::scalar) {
      step = read_step({item.text, item.mark, YamlNode{}}, path, context);
    } else if (item.kind == YamlNode::Kind::map && item.entries.size() == 1) {
      step = read_step(item.entries.front(), path, context);
    } else {
      context.error(item.mark,
                    "expected one step, such as 'wait: 100ms', got " +
                        (item.kind == YamlNode::Kind::map
                             ? "a map of " + std::to_string(item.entries.size()) + " keys"
                             : item.describe_kind()));
    }
    if (!step) continue;
    reachability.visit(*step, item.mark);
    steps.push_back(std::move(*step));
  }
  return steps;
}

/// `{count: N, steps: [...]}`.
void read_group(const YamlNode& node, const std::string& path, const YamlContext& context,
                ClientGroup& group) {
  static const std::vector<std::string> known{"count", "steps"};
  YamlNode numbers = node;
  std::erase_if(numbers.entries, [](const YamlEntry& entry) { return entry.key != "count"; });
  for (const YamlEntry& entry : node.entries) {
    if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
      report_unknown_key(entry, known, path, context);
    }
  }
  std::int64_t count = 1;
  read_settings(numbers, path, context, Describe([&](SettingsVisitor& visitor) {
                  visitor.on("count", count, 1, clients_max, "How many clients run the steps.");
                }));
  const YamlNode* steps = node.find("steps");
  if (steps == nullptr || node.find("count") == nullptr) {
    context.error(node.mark, "a group of clients has 'count' and 'steps'");
    return;
  }
  const std::vector<Step> script = read_steps(*steps, path, context);
  std::string_view stem = group.name;
  if (stem.size() > 1 && stem.ends_with('s')) stem.remove_suffix(1);
  for (std::int64_t i = 1; i <= count; ++i) {
    group.members.push_back({std::string(stem) + std::to_string(i), script});
  }
}

/// Two clients of one name cannot be told apart in reports.
void check_names(const std::vector<ClientGroup>& groups, const YamlNode& node,
                 const YamlContext& context) {
  std::map<std::string, std::string> owners;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (const Script& script : groups[i].members) {
      const auto [found, fresh] = owners.emplace(script.name, groups[i].name);
      if (fresh) continue;
      context.error(node.entries[i].key_mark, "client '" + script.name + "' of '" + groups[i].name +
                                                  "' is there already, from '" + found->second +
                                                  "'");
      break;
    }
  }
}

}  // namespace

std::vector<ClientGroup> read_clients(const YamlNode& node, const YamlContext& context) {
  std::vector<ClientGroup> groups;
  if (node.kind == YamlNode::Kind::null) return groups;
  if (node.kind != YamlNode::Kind::map) {
    context.error(node.mark, "expected a map of names to lists of steps for 'clients', got " +
                                 node.describe_kind());
    return groups;
  }
  for (const YamlEntry& entry : node.entries) {
    ClientGroup& group = groups.emplace_back(ClientGroup{entry.key, {}});
    const std::string path = "clients." + entry.key;
    if (!is_plain_name(entry.key)) {
      context.error(entry.key_mark, "'" + entry.key +
                                        "' cannot name a client: letters, digits, _ "
                                        "and -, a letter first");
    }
    if (entry.value.kind == YamlNode::Kind::map) {
      read_group(entry.value, path, context, group);
    } else {
      group.members.push_back({entry.key, read_steps(entry.value, path, context)});
    }
  }
  check_names(groups, node, context);
  return groups;
}

bool is_plain_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto fits = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= 64 && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(), fits);
}

std::string impossible_close_code(std::int64_t code) {
  const bool registered = code >= 1000 && code <= 1015 && code != 1004;
  if (registered || (code >= 3000 && code <= 4999)) return {};
  return "close code " + std::to_string(code) +
         " can never be seen: RFC 6455 section 7.4 has 1000 to 1015 without 1004, and 3000 to 4999";
}

}  // namespace raceproof::scenario
