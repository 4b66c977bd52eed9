// The durations of settings_yaml.hpp: literals, ranges and named parameters.
#include "runtime/duration_text.hpp"
#include "runtime/settings_yaml.hpp"
#include "runtime/spelling.hpp"

namespace raceproof {
namespace {

/// Resolves "$name"; nothing (after a complaint) where that is not possible.
std::optional<Duration> read_parameter(const YamlNode& node, const YamlContext& context) {
  const std::string name = node.text.substr(1);
  if (context.durations == nullptr) {
    context.error(node.mark, "'" + node.text + "': parameters can be used in scenario files only");
    return std::nullopt;
  }
  const auto value = context.durations->parameter(name);
  if (!value) {
    context.error(node.mark,
                  "unknown parameter '$" + name + "'" +
                      suggestion(name, context.durations->parameter_names(), "parameters"));
  }
  return value;
}

Duration make_literal(std::int64_t nanoseconds, const std::string& path, const YamlNode& node,
                      const YamlContext& context) {
  if (context.durations == nullptr) return std::chrono::nanoseconds(nanoseconds);
  return context.durations->literal(path, nanoseconds, node.mark);
}

bool is_parameter(const YamlNode& node) {
  return node.kind == YamlNode::Kind::scalar && node.text.starts_with('$');
}

}  // namespace

std::optional<DelayRange> read_delay(const YamlNode& node, const std::string& path,
                                     const YamlContext& context) {
  if (is_parameter(node)) {
    const auto value = read_parameter(node, context);
    if (!value) return std::nullopt;
    return DelayRange{*value, *value};
  }
  if (node.kind != YamlNode::Kind::scalar) {
    context.error(node.mark, "expected a duration or a range of durations, such as 20ms or " +
                                 std::string("20ms..80ms, for '") + path + "', got " +
                                 node.describe_kind());
    return std::nullopt;
  }
  const auto range = parse_delay_range(node.text);
  if (!range) {
    context.error(node.mark, range.error() + " for '" + path + "'");
    return std::nullopt;
  }
  if (range->low == range->high) {
    const Duration value = make_literal(range->low, path, node, context);
    return DelayRange{value, value};
  }
  return DelayRange{std::chrono::nanoseconds(range->low), std::chrono::nanoseconds(range->high)};
}

std::optional<Duration> read_duration(const YamlNode& node, const std::string& path,
                                      const YamlContext& context) {
  if (is_parameter(node)) return read_parameter(node, context);
  if (node.kind != YamlNode::Kind::scalar) {
    context.error(node.mark, "expected a duration, such as 500ms, for '" + path + "', got " +
                                 node.describe_kind());
    return std::nullopt;
  }
  if (node.text.find("..") != std::string::npos) {
    context.error(node.mark, "a range is not possible for '" + path +
                                 "': give one duration, or a named parameter ($name) that ranges");
    return std::nullopt;
  }
  const auto value = parse_duration(node.text);
  if (!value) {
    context.error(node.mark, value.error() + " for '" + path + "'");
    return std::nullopt;
  }
  return make_literal(*value, path, node, context);
}

}  // namespace raceproof
