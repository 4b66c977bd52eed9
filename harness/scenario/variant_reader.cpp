#include "harness/scenario/variant_reader.hpp"

#include "harness/scenario/check_reader.hpp"
#include "harness/scenario/client_reader.hpp"

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

}  // namespace

void read_variant(const YamlNode& root, const std::vector<std::string>& variant_names,
                  ParameterTable& table, const YamlContext& context, ResolvedVariant& variant) {
  table.read(child(root, "parameters"), context);
  read_settings(child(root, "gateway"), "gateway", context, variant.gateway);
  read_settings(child(root, "backends"), "backends", context, variant.backends);
  read_settings(child(root, "network"), "network", context, variant.network);
  read_settings(child(root, "process"), "process", context, variant.process);
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
