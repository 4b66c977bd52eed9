// A variant with other ranges than the file's: written into its tree and read again, so that the
// same code reads it and the same rules hold.
#include <algorithm>

#include "harness/scenario/document.hpp"
#include "harness/scenario/model.hpp"
#include "harness/scenario/overrides.hpp"
#include "harness/scenario/variant_reader.hpp"
#include "runtime/duration_text.hpp"
#include "runtime/spelling.hpp"

namespace raceproof::scenario {
namespace {

YamlEntry entry(std::string key, std::string text) {
  YamlEntry made;
  made.key = std::move(key);
  made.value.kind = YamlNode::Kind::scalar;
  made.value.text = std::move(text);
  return made;
}

/// The path as overrides are written: elements of lists by number, `process.stall.0.for`, also
/// where it was given as reports write them, `process.stall[0].for`.
std::string dotted(const std::string& path) {
  std::string out;
  for (const char c : path) {
    if (c == '[') out += '.';
    if (c != '[' && c != ']') out += c;
  }
  return out;
}

bool is_declared(const ResolvedVariant& variant, const std::string& name) {
  return std::ranges::any_of(variant.parameters, [&](const Parameter& parameter) {
    return !parameter.implicit && parameter.name == name;
  });
}

/// Whether the first part of the path is a part of a scenario that holds settings.
bool leads_to_settings(std::string_view path) {
  const auto top = path.substr(0, path.find('.'));
  return top.size() < path.size() && top != "parameters" &&
         std::ranges::find(changeable_keys, top) != changeable_keys.end();
}

}  // namespace

std::expected<std::shared_ptr<const ResolvedVariant>, std::vector<std::string>>
Scenario::with_ranges(const ResolvedVariant& variant,
                      const std::vector<RangeChange>& changes) const {
  const auto found = std::ranges::find(variants_, variant.name, &ResolvedVariant::name);
  if (found == variants_.end()) {
    return std::unexpected(std::vector{"no variant '" + variant.name + "'"});
  }
  YamlNode tree = trees_[static_cast<std::size_t>(found - variants_.begin())];
  std::vector<Diagnostic> diagnostics;
  ParameterTable table;
  const YamlContext context{file_, diagnostics, &table};
  for (const RangeChange& change : changes) {
    const bool declared = is_declared(variant, change.name);
    if (!declared && !leads_to_settings(change.name)) {
      std::vector<std::string> known;
      for (const Parameter& parameter : variant.parameters) known.push_back(parameter.name);
      return std::unexpected(
          std::vector{"'" + change.name +
                      "' is neither a parameter nor the path of a duration setting, such as "
                      "gateway.grace_period" +
                      suggestion(change.name, known, "named durations")});
    }
    apply_override(
        tree,
        entry("parameters." + change.name, print_delay_range({change.low_ns, change.high_ns})),
        context);
    if (!declared) apply_override(tree, entry(dotted(change.name), "$" + change.name), context);
  }
  auto ranged = std::make_shared<ResolvedVariant>();
  ranged->name = variant.name;
  ranged->shows = variant.shows;
  ranged->expect = variant.expect;
  ranged->line = variant.line;
  read_variant(tree, variant_names(), table, context, *ranged);
  if (!has_errors(diagnostics)) lint_variant(tree, variant_names(), *ranged, context);
  std::vector<std::string> problems;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.severity == Severity::error) problems.push_back(diagnostic.message);
  }
  std::ranges::sort(problems);
  problems.erase(std::unique(problems.begin(), problems.end()), problems.end());
  if (!problems.empty()) return std::unexpected(std::move(problems));
  for (const RangeChange& change : changes) {
    const bool used = is_declared(variant, change.name) || table.used().contains(change.name);
    if (!used) {
      return std::unexpected(std::vector{"'" + change.name + "' is not used by this variant"});
    }
  }
  return ranged;
}

}  // namespace raceproof::scenario
