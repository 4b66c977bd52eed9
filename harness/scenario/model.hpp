// A scenario file as typed values: what the campaign runs, what must hold and how hard to look.
//
// A file is read completely before anything runs, every variant of it included; the result is
// immutable and may be shared between threads.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fakes/agent/settings.hpp"
#include "fakes/auth/settings.hpp"
#include "fakes/balancer/settings.hpp"
#include "fakes/client/script.hpp"
#include "fakes/database/settings.hpp"
#include "fakes/redis/settings.hpp"
#include "gateway/settings.hpp"
#include "harness/scenario/check_model.hpp"
#include "harness/scenario/world_settings.hpp"
#include "runtime/diagnostic.hpp"
#include "runtime/yaml_node.hpp"

namespace raceproof::scenario {

/// What a variant is there to show.
enum class Expectation {
  reproduces,  ///< At least one check fails in at least one run; otherwise the variant fails.
  holds,       ///< No check fails in any run.
};

/// A named duration that is drawn once a run. The i-th parameter of a variant stands for the form
/// with FormId i + 1 (`runtime/time.hpp`).
struct Parameter {
  std::string name;  ///< "redis.stabilise", or the path of a setting: "gateway.grace_period".
  std::int64_t low_ns = 0;   ///< Inclusive.
  std::int64_t high_ns = 0;  ///< Inclusive; equal to `low_ns` for a setting.
  bool implicit = false;     ///< Stands for a setting that the file gives a single value.
  int line = 0;              ///< Where it was given.

  friend bool operator==(const Parameter&, const Parameter&) = default;
};

/// A range in place of what the file says.
struct RangeChange {
  std::string name;          ///< Of a parameter, or the dotted path of a duration setting.
  std::int64_t low_ns = 0;   ///< Inclusive.
  std::int64_t high_ns = 0;  ///< Inclusive.
};

/// Redis is always there; the others where the file names them.
struct Backends {
  fakes::redis::Settings redis;
  std::optional<fakes::auth::Settings> auth;
  std::optional<fakes::agent::Settings> agent;
  std::optional<fakes::database::Settings> database;
  void describe(SettingsVisitor& visitor);
};

/// Everything that one variant runs with.
struct ResolvedVariant {
  std::string name;  ///< "default" where the file has none.
  std::string shows;
  Expectation expect = Expectation::holds;
  int line = 0;
  gateway::Settings gateway;
  Backends backends;
  NetworkSettings network;
  ProcessSettings process;
  std::optional<fakes::balancer::Settings> balancer;
  std::vector<fakes::client::Script> clients;  ///< Groups expanded, in the file's order.
  /// Those of the file that apply to this variant, then the built-in ones that none of them names.
  std::vector<Check> checks;
  ExploreSettings explore;
  std::vector<Parameter> parameters;
};

class Scenario {
 public:
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& shows() const { return shows_; }
  [[nodiscard]] const std::string& source() const { return source_; }
  [[nodiscard]] const std::vector<std::string>& tags() const { return tags_; }
  /// The file it was read from, as it was named to `load`.
  [[nodiscard]] const std::string& file() const { return file_; }
  /// The text it was read from: what a saved failure keeps.
  [[nodiscard]] const std::string& text() const { return text_; }
  /// In the file's order; at least one.
  [[nodiscard]] const std::vector<std::shared_ptr<const ResolvedVariant>>& variants() const {
    return variants_;
  }
  [[nodiscard]] std::vector<std::string> variant_names() const;
  /// Null pointer where there is no such variant.
  [[nodiscard]] std::shared_ptr<const ResolvedVariant> resolve(std::string_view variant) const;
  /// The variant with a number for each of its parameters, in their order, and no symbolic duration
  /// left: what the wall clock runs. Each value must lie within its parameter's range.
  [[nodiscard]] std::shared_ptr<const ResolvedVariant> resolve_concrete(
      const ResolvedVariant& variant, std::vector<std::int64_t> values_ns) const;
  /// The variant with other ranges, drawn once a run: of parameters that it has, and of durations
  /// that it sets or leaves at their defaults, by their path ("gateway.grace_period"), which become
  /// parameters of that name. Or what is wrong with that.
  [[nodiscard]] std::expected<std::shared_ptr<const ResolvedVariant>, std::vector<std::string>>
  with_ranges(const ResolvedVariant& variant, const std::vector<RangeChange>& changes) const;
  /// What lint has to say about a file that can be used.
  [[nodiscard]] const std::vector<Diagnostic>& warnings() const { return warnings_; }

 private:
  friend class Loader;

  std::string name_;
  std::string shows_;
  std::string source_;
  std::vector<std::string> tags_;
  std::string file_;
  std::string text_;
  std::vector<YamlNode> trees_;  ///< One for each variant, its overrides applied.
  std::vector<std::shared_ptr<const ResolvedVariant>> variants_;
  std::vector<Diagnostic> warnings_;
};

/// A scenario, or all that is wrong with its text (errors and warnings, in the text's order).
using Loaded = std::expected<std::shared_ptr<const Scenario>, std::vector<Diagnostic>>;

/// Reads a file. A file that cannot be opened is one diagnostic.
[[nodiscard]] Loaded load(const std::filesystem::path& path);
/// Reads a text; `file` names it in diagnostics.
[[nodiscard]] Loaded load_text(std::string_view text, const std::string& file);

}  // namespace raceproof::scenario
