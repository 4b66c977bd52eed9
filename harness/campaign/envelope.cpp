#include "harness/campaign/envelope.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <map>

#include "harness/campaign/envelope_minimum.hpp"
#include "harness/campaign/envelope_regions.hpp"
#include "harness/campaign/verdict.hpp"
#include "runtime/duration_text.hpp"

namespace raceproof::campaign {

namespace {

using Clock = std::chrono::steady_clock;  // wall time is reported, and nothing depends on it
using explore::IntegerSet;

/// Contradictions shown at the most.
constexpr std::size_t contradictions_max = 20;

/// Answers the draws of the axes with the values of a grid point and passes the others on. The
/// parameters with a range are drawn first, in their order.
class PinnedDecider final : public sim::Decider {
 public:
  PinnedDecider(sim::Decider& inner, const std::vector<std::optional<std::int64_t>>& pinned)
      : inner_(inner), pinned_(pinned) {}
  std::size_t choose(sim::ChoiceKind kind, std::span<const sim::Meaning> alternatives) override {
    return inner_.choose(kind, alternatives);
  }
  std::int64_t draw(std::int64_t low, std::int64_t high, const sim::Meaning& meaning) override {
    const std::size_t draw = next_++;
    if (draw < pinned_.size() && pinned_[draw]) return *pinned_[draw];
    return inner_.draw(low, high, meaning);
  }

 private:
  sim::Decider& inner_;
  const std::vector<std::optional<std::int64_t>>& pinned_;
  std::size_t next_ = 0;
};

class EnvelopeMaker {
 public:
  EnvelopeMaker(const scenario::Scenario& scenario, const scenario::ResolvedVariant& variant,
                const EnvelopeOptions& options)
      : scenario_(scenario), variant_(variant), options_(options) {}

  std::expected<EnvelopeResult, std::vector<std::string>> make() {
    result_.scenario = scenario_.name();
    result_.file = scenario_.file();
    result_.variant = variant_.name;
    result_.seed = options_.seed;
    result_.exit_code = ExitCode::pass;
    if (!options_.axes.empty()) {
      if (auto problems = find_regions()) return std::unexpected(std::move(*problems));
    }
    if (options_.minimum) {
      if (auto problems = find_minima()) return std::unexpected(std::move(*problems));
    }
    if (options_.margins) {
      result_.margins = find_margins(scenario_, variant_, options_);
      for (const auto& margin : result_.margins) {
        if (margin.problem.empty() && !margin.complete) lower(ExitCode::unknown);
      }
    }
    return std::move(result_);
  }

 private:
  using Problems = std::optional<std::vector<std::string>>;

  Problems find_regions() {
    for (const auto& axis : options_.axes) {
      EnvelopeAxis out{axis.name, nanoseconds(axis.low_ns), nanoseconds(axis.high_ns), {}, {}};
      const auto usual =
          std::ranges::find(variant_.parameters, axis.name, &scenario::Parameter::name);
      if (usual != variant_.parameters.end()) {
        out.usual_low = nanoseconds(usual->low_ns);
        out.usual_high = nanoseconds(usual->high_ns);
      }
      result_.axes.push_back(std::move(out));
    }
    auto ranged = scenario_.with_ranges(variant_, options_.axes);
    if (!ranged) return std::move(ranged.error());
    std::vector<std::string> names;
    for (const auto& axis : options_.axes) names.push_back(axis.name);
    const RegionSearch search = search_regions(*ranged, names, options_, "searching the ranges");
    fill_bound(search);
    const IntegerSet box = box_of(result_.axes);
    const IntegerSet possible = search.failing.common(box).coalesced();
    result_.possible_failure = make_region(possible, result_.axes);
    // Only where the region ends and its end belongs to it: inside it, where some other event
    // happens to fall on the same moment, a tie decides nothing.
    const IntegerSet ties =
        possible.without(search.failing_apart).common(box.without(search.failing_closed).beside());
    result_.only_at_ties = make_region(ties.coalesced(), result_.axes);
    if (!search.complete) {
      lower(ExitCode::unknown);
      return std::nullopt;
    }
    const IntegerSet certain = box.without(search.passing).coalesced();
    result_.certain_failure = make_region(certain, result_.axes);
    result_.safe = make_region(box.without(possible).coalesced(), result_.axes);
    run_grid(*search.variant, possible, certain);
    if (!result_.contradictions.empty()) lower(ExitCode::fail);
    return std::nullopt;
  }

  void fill_bound(const RegionSearch& search) {
    auto& bound = result_.bound;
    bound.strategy = search.outcome.parts.front().strategy->name();
    bound.complete = search.complete;
    bound.limit = search.outcome.parts.front().strategy->bound();
    bound.classes_explored = search.classes;
    bound.classes_tie_only = search.classes_tie_only;
    bound.classes_failing = search.classes_failing;
    bound.classes_relaxed_confirmed = search.classes_relaxed;
    result_.classes_impossible = search.classes_impossible;
    bound.threads = static_cast<std::uint32_t>(search.variant->gateway.threads);
    bound.exclusions = {"fragmentation of the byte stream",
                        "faults that the scenario does not name"};
    std::map<std::string, std::uint64_t> cuts;
    for (const auto& record : search.outcome.parts.front().result.records) {
      for (const auto& cut : record.cuts) cuts[cut.where] += cut.count;
    }
    for (const auto& [where, count] : cuts) bound.cuts.push_back({where, count});
    for (const auto& parameter : search.variant->parameters) {
      if (parameter.low_ns == parameter.high_ns) continue;
      const RangedDelay range{parameter.name, nanoseconds(parameter.low_ns),
                              nanoseconds(parameter.high_ns)};
      bound.ranges.push_back(range);
      const bool axis = std::ranges::any_of(
          result_.axes, [&](const auto& known) { return known.parameter == parameter.name; });
      if (!axis) result_.other_ranges.push_back(range);
    }
    add_ranges_in_place(*search.variant);
  }

  void add_ranges_in_place(const scenario::ResolvedVariant& variant) {
    for (const RangedDelay& range : ranges_in_place(variant, options_.seed)) {
      for (auto* ranges : {&result_.bound.ranges, &result_.other_ranges}) {
        if (std::ranges::find(*ranges, range) == ranges->end()) ranges->push_back(range);
      }
    }
  }

  /// Values along an axis: evenly from end to end, whole nanoseconds, each once.
  [[nodiscard]] std::vector<std::int64_t> steps(std::size_t axis) const {
    const std::int64_t low = options_.axes[axis].low_ns;
    const std::int64_t span = options_.axes[axis].high_ns - low;
    std::vector<std::int64_t> values;
    const auto last = static_cast<std::int64_t>(std::max(2U, options_.grid)) - 1;
    for (std::int64_t i = 0; i <= last; ++i) {
      values.push_back(low + span / last * i + span % last * i / last);
    }
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return values;
  }

  void run_grid(const scenario::ResolvedVariant& variant, const IntegerSet& possible,
                const IntegerSet& certain) {
    if (options_.grid == 0 || options_.runs_per_point == 0) return;
    Runner runner(variant, options_.seed);
    const auto xs = steps(0);
    const auto ys = options_.axes.size() > 1 ? steps(1) : std::vector<std::int64_t>{0};
    std::uint64_t number = 0;
    for (const std::int64_t y : ys) {
      for (const std::int64_t x : xs) {
        if (options_.interrupted != nullptr && options_.interrupted->load()) {
          lower(ExitCode::unknown);
          return;
        }
        EnvelopeGridPoint point{nanoseconds(x), nanoseconds(y), options_.runs_per_point, 0};
        const auto pinned = pin(variant, x, y);
        for (unsigned run = 0; run < options_.runs_per_point; ++run) {
          explore::BaselineDecider usual;
          explore::RandomDecider random(options_.seed * 0x9e3779b97f4a7c15ULL + ++number);
          sim::Decider& inner = run == 0 ? static_cast<sim::Decider&>(usual) : random;
          PinnedDecider decider(inner, pinned);
          const RunRecord record = runner.run(sim::TimeMode::concrete, decider,
                                              {.keep_payloads = false, .fragment = false});
          point.failed += fails(record) ? 1 : 0;
        }
        compare(point, possible, certain);
        result_.grid.push_back(point);
        if (options_.progress) {
          options_.progress("concrete runs", result_.grid.size(), xs.size() * ys.size());
        }
      }
    }
  }

  [[nodiscard]] std::vector<std::optional<std::int64_t>> pin(
      const scenario::ResolvedVariant& variant, std::int64_t x, std::int64_t y) const {
    std::vector<std::optional<std::int64_t>> pinned;
    for (const auto& parameter : variant.parameters) {
      if (parameter.low_ns == parameter.high_ns) continue;
      auto& value = pinned.emplace_back();
      if (parameter.implicit) continue;
      if (parameter.name == options_.axes[0].name) value = x;
      if (options_.axes.size() > 1 && parameter.name == options_.axes[1].name) value = y;
    }
    return pinned;
  }

  [[nodiscard]] bool fails(const RunRecord& record) const {
    return record.violated != 0 || is_broken(record.end) ||
           (variant_.expect == scenario::Expectation::holds && !record.clients_ok);
  }

  void compare(const EnvelopeGridPoint& point, const IntegerSet& possible,
               const IntegerSet& certain) {
    std::vector<std::int64_t> at = {point.x.count()};
    if (options_.axes.size() > 1) at.push_back(point.y.count());
    const bool may_fail = possible.contains(at);
    const bool must_fail = certain.contains(at);
    const bool failed_where_it_cannot = point.failed > 0 && !may_fail;
    const bool passed_where_it_cannot = point.failed < point.runs && must_fail;
    if (!failed_where_it_cannot && !passed_where_it_cannot) return;
    if (result_.contradictions.size() == contradictions_max) return;
    std::string text = options_.axes[0].name + " = " + print_duration(at[0]);
    if (at.size() > 1) text += ", " + options_.axes[1].name + " = " + print_duration(at[1]);
    result_.contradictions.push_back(
        fmt::format("{}: {} of {} concrete runs fail, though the regions say that {}", text,
                    point.failed, point.runs, may_fail ? "all do" : "none can"));
  }

  Problems find_minima() {
    std::vector<std::vector<RangeScale>> questions = {{}};
    for (const RangeScale& scale : options_.scales) questions.push_back({scale});
    for (const auto& scales : questions) {
      auto minimum = find_minimum(scenario_, variant_, scales, options_);
      if (!minimum) return std::move(minimum.error());
      const bool known = minimum->complete && (!minimum->at || minimum->at->complete) &&
                         (!minimum->below || minimum->below->complete);
      if (!known) {
        lower(ExitCode::unknown);
      } else if (minimum->value && !minimum->verified()) {
        lower(ExitCode::fail);
      }
      result_.minima.push_back(std::move(*minimum));
    }
    return std::nullopt;
  }

  void lower(ExitCode code) { result_.exit_code = combine(result_.exit_code, code); }

  const scenario::Scenario& scenario_;
  const scenario::ResolvedVariant& variant_;
  const EnvelopeOptions& options_;
  EnvelopeResult result_;
};

}  // namespace

std::expected<EnvelopeResult, std::vector<std::string>> find_envelope(
    const scenario::Scenario& scenario, const scenario::ResolvedVariant& variant,
    const EnvelopeOptions& options) {
  const auto begin = Clock::now();
  auto result = EnvelopeMaker(scenario, variant, options).make();
  if (result) result->wall_seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return result;
}

}  // namespace raceproof::campaign
