#include "harness/scenario/parameter_table.hpp"

#include <array>

#include "runtime/duration_text.hpp"

namespace raceproof::scenario {
namespace {

/// Whose settings reports speak of by name; the others shape the world or the scenario itself.
bool becomes_parameter(std::string_view path) {
  constexpr std::array<std::string_view, 3> parts{"gateway.", "backends.", "process."};
  for (const std::string_view part : parts) {
    if (path.starts_with(part)) return true;
  }
  return false;
}

}  // namespace

ParameterTable::ParameterTable(std::vector<Parameter> parameters,
                               std::vector<std::int64_t> values_ns)
    : parameters_(std::move(parameters)), values_ns_(std::move(values_ns)) {}

void ParameterTable::read(const YamlNode& node, const YamlContext& context) {
  if (values_ns_ || node.kind == YamlNode::Kind::null) return;
  if (node.kind != YamlNode::Kind::map) {
    context.error(node.mark,
                  "expected a map of names to durations or ranges for 'parameters', got " +
                      node.describe_kind());
    return;
  }
  for (const YamlEntry& entry : node.entries) {
    NanosecondRange range;
    if (entry.value.kind != YamlNode::Kind::scalar) {
      context.error(entry.value.mark,
                    "expected a duration or a range of durations, such as 50ms..400ms, for "
                    "parameter '" +
                        entry.key + "', got " + entry.value.describe_kind());
    } else if (const auto parsed = parse_delay_range(entry.value.text)) {
      range = *parsed;
    } else {
      context.error(entry.value.mark, parsed.error() + " for parameter '" + entry.key + "'");
    }
    if (entry.key.empty() || entry.key.find_first_of(" \t$") != std::string::npos) {
      context.error(entry.key_mark, "'" + entry.key + "' cannot name a parameter: no blanks, no $");
    }
    // A parameter with a bad value is known all the same: one mistake, one message.
    parameters_.push_back({entry.key, range.low, range.high, false, entry.key_mark.line});
  }
}

std::optional<Duration> ParameterTable::parameter(std::string_view name) {
  const auto index = find(name, false);
  if (!index) return std::nullopt;
  used_.emplace(name);
  return value(*index);
}

std::vector<std::string> ParameterTable::parameter_names() const {
  std::vector<std::string> names;
  for (const Parameter& parameter : parameters_) {
    if (!parameter.implicit) names.push_back(parameter.name);
  }
  return names;
}

Duration ParameterTable::literal(const std::string& path, std::int64_t nanoseconds, YamlMark mark) {
  if (!becomes_parameter(path)) return std::chrono::nanoseconds(nanoseconds);
  const auto index = find(path, true);
  if (index) return value(*index);
  if (values_ns_) return std::chrono::nanoseconds(nanoseconds);
  parameters_.push_back({path, nanoseconds, nanoseconds, true, mark.line});
  return value(parameters_.size() - 1);
}

std::optional<std::size_t> ParameterTable::find(std::string_view name, bool implicit) const {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (parameters_[i].name == name && parameters_[i].implicit == implicit) return i;
  }
  return std::nullopt;
}

Duration ParameterTable::value(std::size_t index) const {
  if (values_ns_) return std::chrono::nanoseconds(values_ns_->at(index));
  return Duration(detail::Affine{0, static_cast<FormId>(index + 1)});
}

}  // namespace raceproof::scenario
