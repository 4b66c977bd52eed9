#include "harness/scenario/model.hpp"

#include <stdexcept>

#include "harness/scenario/parameter_table.hpp"
#include "harness/scenario/variant_reader.hpp"

namespace raceproof::scenario {

void Backends::describe(SettingsVisitor& visitor) {
  visitor.on("redis", redis, "The Redis server.");
  visitor.on("auth", auth, "The auth service; there is none when left out.");
  visitor.on("agent", agent, "The agent service; there is none when left out.");
  visitor.on("database", database, "The database; there is none when left out.");
}

std::vector<std::string> Scenario::variant_names() const {
  std::vector<std::string> names;
  for (const auto& variant : variants_) names.push_back(variant->name);
  return names;
}

std::shared_ptr<const ResolvedVariant> Scenario::resolve(std::string_view variant) const {
  for (const auto& candidate : variants_) {
    if (candidate->name == variant) return candidate;
  }
  return nullptr;
}

std::shared_ptr<const ResolvedVariant> Scenario::resolve_concrete(
    const ResolvedVariant& variant, std::vector<std::int64_t> values_ns) const {
  if (values_ns.size() != variant.parameters.size()) {
    throw std::invalid_argument("one value is needed for each parameter of " + variant.name);
  }
  for (std::size_t i = 0; i < values_ns.size(); ++i) {
    const Parameter& parameter = variant.parameters[i];
    if (values_ns[i] < parameter.low_ns || values_ns[i] > parameter.high_ns) {
      throw std::out_of_range("value outside the range of parameter " + parameter.name);
    }
  }
  for (std::size_t i = 0; i < variants_.size(); ++i) {
    if (variants_[i]->name != variant.name) continue;
    ParameterTable table(variant.parameters, std::move(values_ns));
    std::vector<Diagnostic> ignored;  // The tree was read before, without errors.
    auto concrete = std::make_shared<ResolvedVariant>();
    concrete->name = variant.name;
    concrete->shows = variant.shows;
    concrete->expect = variant.expect;
    concrete->line = variant.line;
    read_variant(trees_[i], variant_names(), table, YamlContext{file_, ignored, &table}, *concrete);
    return concrete;
  }
  throw std::invalid_argument("not a variant of this scenario: " + variant.name);
}

}  // namespace raceproof::scenario
