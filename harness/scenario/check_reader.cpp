#include "harness/scenario/check_reader.hpp"

#include "harness/scenario/check_fields.hpp"
#include "harness/scenario/state_expression.hpp"
#include "harness/scenario/vocabulary.hpp"
#include "runtime/spelling.hpp"

namespace raceproof::scenario {
namespace {

/// Reads the elements of one list of checks.
class CheckReader {
 public:
  CheckReader(const std::vector<ClientGroup>& clients, const std::vector<std::string>& variants,
              const YamlContext& context)
      : clients_(clients), variants_(variants), context_(context) {}

  std::optional<Check> read(const YamlNode& node) {
    if (node.kind != YamlNode::Kind::map || node.entries.size() != 1) {
      context_.error(node.mark,
                     "expected one check, such as 'never: {close: 1011}', got " +
                         (node.kind == YamlNode::Kind::map
                              ? "a map of " + std::to_string(node.entries.size()) + " keys"
                              : node.describe_kind()));
      return std::nullopt;
    }
    const YamlEntry& entry = node.entries.front();
    const auto kind = std::find(std::begin(check_names), std::end(check_names), entry.key);
    if (kind == std::end(check_names)) {
      const std::vector<std::string> names(std::begin(check_names), std::end(check_names));
      context_.error(entry.key_mark,
                     "unknown check '" + entry.key + "'" + suggestion(entry.key, names, "checks"));
      return std::nullopt;
    }
    Check check;
    check.kind = static_cast<Check::Kind>(kind - std::begin(check_names));
    check.text = entry.key + ": " + entry.value.flow_text();
    check.line = entry.key_mark.line;
    read_fields(entry, check);
    check_invariant(entry.value, check);
    check_variants(entry.value, check);
    return check;
  }

 private:
  void read_fields(const YamlEntry& entry, Check& check) {
    const YamlNode& node = entry.value;
    const std::string path = "check." + entry.key;
    if (check.kind == Check::Kind::leads_to) {
      LeadsToFields fields;
      read_settings(node, path, context_, fields);
      check.pattern = read_side(node, "from", fields.from);
      check.to = read_side(node, "to", fields.to);
      check.within = fields.within;
      check.in = fields.in;
    } else if (check.kind == Check::Kind::eventually) {
      EventuallyFields fields;
      read_settings(node, path, context_, fields);
      check.pattern = make_pattern(node, fields.check.pattern);
      check.within = fields.within;
      check.in = fields.check.in;
    } else {
      CheckFields fields;
      read_settings(node, path, context_, fields);
      check.pattern = make_pattern(node, fields.pattern);
      check.in = fields.in;
      if (check.kind == Check::Kind::always) check_always(node, check.pattern);
    }
  }

  Pattern read_side(const YamlNode& node, const char* key, const PatternFields& fields) {
    const YamlNode* side = node.find(key);
    if (side != nullptr) return make_pattern(*side, fields);
    if (node.kind == YamlNode::Kind::map) {
      context_.error(node.mark,
                     std::string("leads_to has 'from' and 'to'; '") + key + "' is missing");
    }
    return {};
  }

  void check_always(const YamlNode& node, const Pattern& pattern) {
    if (pattern.kind == Pattern::Kind::state || pattern.kind == Pattern::Kind::invariant ||
        pattern.during || pattern.caused_by) {
      return;
    }
    context_.error(node.mark,
                   "always says what must be true of each such event: add 'while' or 'caused_by', "
                   "or give a 'state' that must hold at every moment");
  }

  /// `node` is the map that `fields` were read from.
  Pattern make_pattern(const YamlNode& node, const PatternFields& fields) {
    Pattern pattern;
    pattern.line = node.mark.line;
    pattern.text = pattern_text(node);
    if (node.kind != YamlNode::Kind::map) return pattern;
    set_kind(node, fields, pattern);
    pattern.where.assign(fields.where.begin(), fields.where.end());
    if (fields.client) set_clients(*node.find("client"), *fields.client, pattern);
    if (fields.during) pattern.during = read_expression(*node.find("while"), *fields.during);
    if (fields.caused_by) {
      pattern.caused_by = read_cause(*node.find("caused_by"), *fields.caused_by);
    }
    check_where(node, pattern);
    return pattern;
  }

  /// The pattern alone: without what belongs to the check.
  static std::string pattern_text(YamlNode node) {
    std::erase_if(node.entries, [](const YamlEntry& entry) {
      return entry.key == "in" || entry.key == "within";
    });
    return node.flow_text();
  }

  void set_kind(const YamlNode& node, const PatternFields& fields, Pattern& pattern) {
    const int given = fields.close.has_value() + fields.http.has_value() +
                      fields.frame.has_value() + fields.observe.has_value() +
                      fields.state.has_value() + fields.invariant.has_value();
    if (given != 1) {
      context_.error(node.mark,
                     "a pattern has exactly one of close, http, frame, observe, state, invariant; "
                     "this one has " +
                         std::to_string(given));
    }
    if (fields.invariant) {
      pattern.kind = Pattern::Kind::invariant;
      pattern.invariant = *fields.invariant;
      if (!fields.where.empty() || fields.client || fields.during || fields.caused_by) {
        context_.error(node.mark, "'invariant' goes with no other condition");
      }
    } else if (fields.close) {
      pattern.kind = Pattern::Kind::close;
      pattern.code = *fields.close;
      const std::string why = impossible_close_code(pattern.code);
      if (!why.empty()) context_.error(node.find("close")->mark, why);
    } else if (fields.http) {
      pattern.kind = Pattern::Kind::http;
      pattern.code = *fields.http;
    } else if (fields.frame) {
      pattern.kind = Pattern::Kind::frame;
      pattern.name = *fields.frame;
    } else if (fields.observe) {
      pattern.kind = Pattern::Kind::observe;
      pattern.name = *fields.observe;
      check_observation(*node.find("observe"), pattern.name);
    } else if (fields.state) {
      pattern.kind = Pattern::Kind::state;
      pattern.during = read_expression(*node.find("state"), *fields.state);
      check_state_pattern(node, fields);
    }
  }

  void check_state_pattern(const YamlNode& node, const PatternFields& fields) {
    if (!fields.where.empty() || fields.client || fields.during || fields.caused_by) {
      context_.error(node.mark,
                     "'state' is about moments, not events: it goes with no other "
                     "condition");
    }
  }

  void set_clients(const YamlNode& place, const std::string& name, Pattern& pattern) {
    std::vector<std::string> known;
    for (const ClientGroup& group : clients_) {
      known.push_back(group.name);
      for (const auto& member : group.members) {
        if (name == group.name || name == member.name) pattern.clients.push_back(member.name);
      }
    }
    if (pattern.clients.empty()) {
      context_.error(place.mark,
                     "unknown client '" + name + "'" + suggestion(name, known, "clients"));
    }
  }

  std::optional<StateExpression> read_expression(const YamlNode& place, const std::string& text) {
    auto expression = parse_state_expression(text);
    if (!expression) {
      context_.error(place.mark, expression.error());
      return std::nullopt;
    }
    check_facts(place, *expression);
    return std::move(*expression);
  }

  void check_facts(const YamlNode& place, const StateExpression& expression) {
    for (const StateExpression& operand : expression.operands) check_facts(place, operand);
    if (expression.kind != StateExpression::Kind::fact) return;
    const std::string fact = expression.subject + ' ' + expression.property;
    const std::vector<std::string> known = known_facts();
    if (std::find(known.begin(), known.end(), fact) != known.end()) return;
    context_.warning(place.mark, "nothing reports the fact '" + fact + "', so it is never true" +
                                     suggestion(fact, known, "known facts"));
  }

  std::optional<CausedBy> read_cause(const YamlNode& place, const CausedByFields& fields) {
    if (fields.redis.has_value() == fields.observe.has_value()) {
      context_.error(place.mark, "caused_by has one of redis and observe");
      return std::nullopt;
    }
    if (fields.observe) {
      check_observation(*place.find("observe"), *fields.observe);
      return CausedBy{{}, {}, *fields.observe};
    }
    const std::string& text = *fields.redis;
    const std::size_t arrow = text.find(" -> ");
    if (arrow == 0 || arrow == std::string::npos || arrow + 4 >= text.size()) {
      context_.error(
          place.find("redis")->mark,
          "expected a command and its answer, such as \"PUBLISH -> 0\", got '" + text + "'");
      return std::nullopt;
    }
    return CausedBy{text.substr(0, arrow), text.substr(arrow + 4), {}};
  }

  void check_observation(const YamlNode& place, const std::string& name) {
    if (find_observation(name) != nullptr) return;
    context_.warning(place.mark, "nothing is observed under the name '" + name + "'" +
                                     suggestion(name, known_observation_names(), "known names"));
  }

  /// The fields that `where` names must exist on what the pattern is about.
  void check_where(const YamlNode& node, const Pattern& pattern) {
    static constexpr std::string_view names[] = {"client_close", "client_http", "client_frame"};
    const bool observed = pattern.kind == Pattern::Kind::observe;
    const bool no_event =
        pattern.kind == Pattern::Kind::state || pattern.kind == Pattern::Kind::invariant;
    if (pattern.where.empty() || no_event) return;
    const ObservationKind* kind =
        find_observation(observed ? pattern.name : names[static_cast<int>(pattern.kind)]);
    if (kind == nullptr) return;
    for (const YamlEntry& entry : node.find("where")->entries) {
      if (std::find(kind->fields.begin(), kind->fields.end(), entry.key) != kind->fields.end()) {
        continue;
      }
      context_.warning(entry.key_mark, std::string(kind->name) + " has no field '" + entry.key +
                                           "'" + suggestion(entry.key, kind->fields, "its fields"));
    }
  }

  void check_invariant(const YamlNode& node, const Check& check) {
    const bool speaks_of_one =
        check.pattern.kind == Pattern::Kind::invariant || check.to.kind == Pattern::Kind::invariant;
    const bool never = check.kind == Check::Kind::never;
    if (!speaks_of_one || never || check.kind == Check::Kind::sometimes) return;
    context_.error(node.mark,
                   "an invariant is violated or not: only never and sometimes can speak of it");
  }

  void check_variants(const YamlNode& node, const Check& check) {
    const YamlNode* list = node.find("in");
    if (list == nullptr || list->kind != YamlNode::Kind::list) return;
    for (const YamlNode& item : list->items) {
      if (item.kind != YamlNode::Kind::scalar) continue;
      if (std::find(variants_.begin(), variants_.end(), item.text) != variants_.end()) continue;
      context_.error(item.mark, "unknown variant '" + item.text + "'" +
                                    suggestion(item.text, variants_, "variants"));
    }
    if (check.in.empty() && list->items.empty()) {
      context_.error(list->mark, "an empty 'in' applies nowhere; leave it out for all variants");
    }
  }

  const std::vector<ClientGroup>& clients_;
  const std::vector<std::string>& variants_;
  const YamlContext& context_;
};

}  // namespace

std::vector<Check> read_checks(const YamlNode& node, const std::vector<ClientGroup>& clients,
                               const std::vector<std::string>& variants,
                               const YamlContext& context) {
  std::vector<Check> checks;
  if (node.kind == YamlNode::Kind::null) return checks;
  if (node.kind != YamlNode::Kind::list) {
    context.error(node.mark, "expected a list of checks for 'check', got " + node.describe_kind());
    return checks;
  }
  CheckReader reader(clients, variants, context);
  for (const YamlNode& item : node.items) {
    if (auto check = reader.read(item)) checks.push_back(std::move(*check));
  }
  return checks;
}

bool can_fail(const Check& check) {
  return check.kind != Check::Kind::sometimes && !check.built_in;
}

}  // namespace raceproof::scenario
