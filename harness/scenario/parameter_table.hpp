// The named durations of one variant: those of `parameters:`, and one for each single duration that
// the file gives a setting, so that reports and margins can speak of both.
#pragma once

#include <optional>
#include <set>

#include "harness/scenario/model.hpp"
#include "runtime/settings_yaml.hpp"

namespace raceproof::scenario {

class ParameterTable : public DurationSource {
 public:
  /// Collects parameters; durations become symbolic.
  ParameterTable() = default;
  /// Reads again with numbers: `values_ns[i]` for `parameters[i]`.
  ParameterTable(std::vector<Parameter> parameters, std::vector<std::int64_t> values_ns);

  /// Reads the map `parameters:`; before anything that uses them.
  void read(const YamlNode& node, const YamlContext& context);

  std::optional<Duration> parameter(std::string_view name) override;
  [[nodiscard]] std::vector<std::string> parameter_names() const override;
  Duration literal(const std::string& path, std::int64_t nanoseconds, YamlMark mark) override;

  [[nodiscard]] const std::vector<Parameter>& all() const { return parameters_; }
  /// Names that `parameter` was asked for.
  [[nodiscard]] const std::set<std::string, std::less<>>& used() const { return used_; }

 private:
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name, bool implicit) const;
  [[nodiscard]] Duration value(std::size_t index) const;

  std::vector<Parameter> parameters_;
  std::optional<std::vector<std::int64_t>> values_ns_;
  std::set<std::string, std::less<>> used_;
};

}  // namespace raceproof::scenario
