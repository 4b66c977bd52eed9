#include "harness/scenario/variant_reader.hpp"

#include <cctype>

#include "fakes/redis/rules.hpp"
#include "harness/scenario/check_reader.hpp"
#include "harness/scenario/client_reader.hpp"
#include "harness/scenario/processes.hpp"
#include "runtime/spelling.hpp"

namespace raceproof::scenario {
namespace {

const YamlNode& child(const YamlNode& root, std::string_view key) {
  static const YamlNode nothing;
  const YamlNode* found = root.find(key);
  return found == nullptr ? nothing : *found;
}

/// The place that a dotted path leads to, as far as the file goes along with it.
YamlMark place_of(const YamlNode& root, std::string_view path) {
  const YamlNode* node = &root;
  YamlMark mark = root.mark;
  while (!path.empty()) {
    const std::string_view key = path.substr(0, path.find('.'));
    path.remove_prefix(std::min(path.size(), key.size() + 1));
    const YamlEntry* entry = node->find_entry(key);
    if (entry == nullptr) break;
    mark = entry->key_mark;
    node = &entry->value;
  }
  return mark;
}

/// The keys under `backends.BACKEND.on`; none where there is nothing like that.
const std::vector<YamlEntry>& rules_of(const YamlNode& root, std::string_view backend) {
  return child(child(child(root, "backends"), backend), "on").entries;
}

/// A rule about what does not exist would never take effect. (Those of the database are keys.)
void check_rule_names(const YamlNode& root, const YamlContext& context) {
  const auto check = [&](std::string_view backend, const std::vector<std::string>& known) {
    for (const YamlEntry& entry : rules_of(root, backend)) {
      if (std::ranges::find(known, entry.key) != known.end()) continue;
      report_unknown_key(entry, known, "backends." + std::string(backend) + ".on", context);
    }
  };
  check("auth", fakes::auth::operation_names());
  check("agent", fakes::agent::operation_names());
  for (const YamlEntry& entry : rules_of(root, "redis")) {
    static const std::vector<std::string> known = fakes::redis::rule_names();
    std::string name = entry.key;
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (std::ranges::find(known, name) != known.end()) continue;
    const std::string near = nearest(name, known);
    context.error(entry.key_mark,
                  "the fake Redis knows no command '" + entry.key + "', for 'backends.redis.on'" +
                      (near.empty() ? "" : " (did you mean '" + near + "'?)") +
                      "; rules go by the names of commands, such as 'publish' and 'script load'");
  }
}

bool applies(const Check& check, const std::string& variant) {
  return check.in.empty() || std::find(check.in.begin(), check.in.end(), variant) != check.in.end();
}

/// The gateway's own rules about values that belong together. They compare durations, hence the
/// concrete values.
void lint_gateway(const YamlNode& root, const std::vector<std::string>& variant_names,
                  const ResolvedVariant& variant, std::int64_t Parameter::*end,
                  const YamlContext& context) {
  std::vector<std::int64_t> values;
  for (const Parameter& parameter : variant.parameters) values.push_back(parameter.*end);
  ParameterTable table(variant.parameters, std::move(values));
  std::vector<Diagnostic> ignored;
  ResolvedVariant concrete;
  read_variant(root, variant_names, table, YamlContext{context.file, ignored, &table}, concrete);
  for (const std::string& problem : gateway::problems(concrete.gateway)) {
    const std::string path = "gateway." + problem.substr(0, problem.find(':'));
    context.error(place_of(root, path), "gateway." + problem);
  }
}

void lint_partitions(const YamlNode& root, const ResolvedVariant& variant,
                     const YamlContext& context) {
  const auto names = process_names(variant);
  const YamlMark mark = place_of(root, "network.partitions");
  for (const Partition& partition : variant.network.partitions) {
    if (partition.between.size() != 2 || partition.between[0] == partition.between[1]) {
      context.error(mark,
                    "a partition is between two different processes: "
                    "'between: [gateway, redis]'");
      continue;
    }
    for (const std::string& name : partition.between) {
      if (std::ranges::find(names, name) != names.end()) continue;
      context.error(mark,
                    "no process is called '" + name + "'" + suggestion(name, names, "processes"));
    }
  }
}

void lint_processes(const YamlNode& root, const ResolvedVariant& variant,
                    const YamlContext& context) {
  const auto& process = variant.process;
  const auto instances = static_cast<std::int64_t>(gateway_names(variant).size());
  if (instances > instances_max) {
    context.error(place_of(root, "process"),
                  "there are more than " + std::to_string(instances_max) + " instances");
  }
  for (const ScaleUp& scale : process.scale) {
    if (scale.at.has_value() != scale.above.has_value()) continue;
    context.error(place_of(root, "process.scale"),
                  "a further instance starts 'at' a time, or when there are clients 'above' a "
                  "number: give one of the two");
  }
  const auto there = [&](const auto& accidents, std::string_view place) {
    for (const auto& accident : accidents) {
      if (accident.instance <= instances) continue;
      context.error(place_of(root, place),
                    "there is no instance " + std::to_string(accident.instance));
    }
  };
  there(process.stall, "process.stall");
  there(process.kill, "process.kill");
  there(process.shutdown, "process.shutdown");
}

/// Tokens are made before a run: their times are numbers.
void lint_tokens(const YamlNode& root, const ResolvedVariant& variant, const YamlContext& context) {
  for (const auto& script : variant.clients) {
    for (const auto& step : script.steps) {
      const auto* connect = std::get_if<fakes::client::Connect>(&step);
      if (connect == nullptr || !connect->token_valid) continue;
      for (const Duration time : {connect->token_valid->from, connect->token_valid->span}) {
        const auto number = value_of(variant, time);
        if (number && *number % 1'000'000'000 == 0) continue;
        context.error(place_of(root, "clients." + script.name),
                      "'token_valid' is in whole seconds, and no range: a token is made before "
                      "the run");
      }
    }
  }
}

}  // namespace

std::optional<std::int64_t> value_of(const ResolvedVariant& variant, Duration duration) {
  const auto value = duration.affine();
  if (value.form == 0) return value.constant_ns;
  if (value.form > variant.parameters.size()) return std::nullopt;
  const Parameter& parameter = variant.parameters[value.form - 1];
  if (parameter.low_ns != parameter.high_ns) return std::nullopt;
  return value.constant_ns + parameter.low_ns;
}

void read_variant(const YamlNode& root, const std::vector<std::string>& variant_names,
                  ParameterTable& table, const YamlContext& context, ResolvedVariant& variant) {
  table.read(child(root, "parameters"), context);
  read_settings(child(root, "gateway"), "gateway", context, variant.gateway);
  read_settings(child(root, "backends"), "backends", context, variant.backends);
  check_rule_names(root, context);
  read_settings(child(root, "network"), "network", context, variant.network);
  read_settings(child(root, "process"), "process", context, variant.process);
  if (const YamlNode* balancer = root.find("balancer")) {
    read_settings(*balancer, "balancer", context, variant.balancer.emplace());
  }
  read_settings(child(root, "explore"), "explore", context, variant.explore);
  const std::vector<ClientGroup> groups = read_clients(child(root, "clients"), context);
  for (const ClientGroup& group : groups) {
    variant.clients.insert(variant.clients.end(), group.members.begin(), group.members.end());
  }
  for (Check& check : read_checks(child(root, "check"), groups, variant_names, context)) {
    if (applies(check, variant.name)) variant.checks.push_back(std::move(check));
  }
  check::add_built_in(variant.checks);
  variant.parameters = table.all();
}

void lint_variant(const YamlNode& root, const std::vector<std::string>& variant_names,
                  const ResolvedVariant& variant, const YamlContext& context) {
  lint_gateway(root, variant_names, variant, &Parameter::low_ns, context);
  lint_gateway(root, variant_names, variant, &Parameter::high_ns, context);
  lint_processes(root, variant, context);
  lint_partitions(root, variant, context);
  lint_tokens(root, variant, context);
  const bool fallible = std::any_of(variant.checks.begin(), variant.checks.end(), can_fail);
  const YamlMark mark{variant.line == 0 ? root.mark.line : variant.line, 1};
  if (variant.expect == Expectation::reproduces && !fallible) {
    context.error(mark, "variant '" + variant.name +
                            "' is to reproduce a failure, but no check that could fail applies to "
                            "it (never, always, eventually or leads_to)");
  } else if (!fallible) {
    context.warning(
        mark, "variant '" + variant.name + "': no check but the built-in invariants could fail");
  }
}

}  // namespace raceproof::scenario
