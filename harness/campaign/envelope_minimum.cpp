#include "harness/campaign/envelope_minimum.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "harness/campaign/class_region.hpp"

namespace raceproof::campaign {

namespace {

using explore::Inequality;
using explore::IntegerSet;
using scenario::RangeChange;

const scenario::Parameter* find_parameter(const scenario::ResolvedVariant& variant,
                                          const std::string& name) {
  const auto found = std::ranges::find(variant.parameters, name, &scenario::Parameter::name);
  return found == variant.parameters.end() ? nullptr : &*found;
}

/// Union that stays small: what is known already is not added.
void add_to(IntegerSet& all, const IntegerSet& more, unsigned& added) {
  if (more.is_empty() || more.is_subset_of(all)) return;
  all = all.united(more);
  if (++added % 8 == 0) all = all.coalesced();
}

/// How far beyond a short duration its margin is looked for.
constexpr std::int64_t margin_beyond_ns = 1'000'000'000;

IntegerSet interval(std::int64_t low, std::int64_t high) {
  const std::vector<Inequality> ends = {{{1}, -low}, {{-1}, high}};
  return IntegerSet(1, ends);
}

class MinimumSearch {
 public:
  MinimumSearch(const scenario::Scenario& scenario, const scenario::ResolvedVariant& variant,
                const std::vector<RangeScale>& scales, const EnvelopeOptions& options)
      : scenario_(scenario), variant_(variant), scales_(scales), options_(options) {}

  std::expected<EnvelopeMinimum, std::vector<std::string>> find() {
    result_.parameter = options_.minimum->parameter;
    for (const RangeScale& scale : scales_) {
      if (auto problem = add_scale(scale)) return std::unexpected(std::vector{*problem});
    }
    const auto& range = options_.minimum->range;
    std::int64_t low = range ? range->low_ns : 0;
    std::int64_t high = range ? range->high_ns : first_guess();
    for (;;) {
      auto ranged = with(low, high);
      if (!ranged) return std::unexpected(std::move(ranged.error()));
      const auto search =
          search_regions(*ranged, {result_.parameter}, options_, "looking for the minimum");
      result_.low = nanoseconds(low);
      result_.high = nanoseconds(high);
      result_.complete = search.complete;
      if (!search.complete) return result_;
      const IntegerSet safe = interval(low, high).without(search.failing);
      if (const auto bounds = safe.bounds(0)) {
        result_.value = nanoseconds(bounds->low);
        result_.safe_above = search.failing.common(interval(bounds->low, high)).is_empty();
        break;
      }
      if (range || high >= minimum_searched_to_ns) return result_;
      high = std::min(minimum_searched_to_ns, high * 2);
    }
    result_.at = probe(result_.value->count());
    if (result_.value->count() > low) result_.below = probe(result_.value->count() - 1);
    return result_;
  }

 private:
  std::optional<std::string> add_scale(const RangeScale& scale) {
    const auto* parameter = find_parameter(variant_, scale.parameter);
    if (parameter == nullptr) {
      return fmt::format("--scale {}: this variant has no parameter of that name", scale.parameter);
    }
    if (scale.parameter == result_.parameter) {
      return fmt::format("--scale {}: that is what the minimum is looked for of", scale.parameter);
    }
    const auto scaled = [&](std::int64_t value, bool up) {
      const auto product = static_cast<long double>(value) * scale.numerator / scale.denominator;
      return static_cast<std::int64_t>(up ? std::ceil(product) : std::floor(product));
    };
    const std::int64_t low = scaled(parameter->low_ns, false);
    const std::int64_t high = scaled(parameter->high_ns, true);
    changes_.push_back({scale.parameter, low, high});
    result_.scales.push_back({scale.parameter, scale.factor, nanoseconds(low), nanoseconds(high)});
    return std::nullopt;
  }

  [[nodiscard]] std::expected<std::shared_ptr<const scenario::ResolvedVariant>,
                              std::vector<std::string>>
  with(std::int64_t low, std::int64_t high) const {
    auto changes = changes_;
    changes.push_back({result_.parameter, low, high});
    return scenario_.with_ranges(variant_, changes);
  }

  [[nodiscard]] std::int64_t first_guess() const {
    const auto* parameter = find_parameter(variant_, result_.parameter);
    const std::int64_t known = parameter == nullptr ? 0 : parameter->high_ns;
    return std::clamp(2 * known, std::int64_t{1'000'000'000}, minimum_searched_to_ns);
  }

  [[nodiscard]] std::optional<EnvelopeProbe> probe(std::int64_t value) const {
    const auto single = with(value, value);
    if (!single) return std::nullopt;
    const auto search = search_regions(*single, {}, options_, "checking the minimum");
    return EnvelopeProbe{nanoseconds(value), search.complete, !search.failing.is_empty(),
                         search.classes};
  }

  const scenario::Scenario& scenario_;
  const scenario::ResolvedVariant& variant_;
  const std::vector<RangeScale>& scales_;
  const EnvelopeOptions& options_;
  std::vector<RangeChange> changes_;
  EnvelopeMinimum result_;
};

}  // namespace

RegionSearch search_regions(std::shared_ptr<const scenario::ResolvedVariant> variant,
                            const std::vector<std::string>& parameters,
                            const EnvelopeOptions& options, const std::string& what) {
  CampaignOptions campaign;
  campaign.seed = options.seed;
  campaign.jobs = options.jobs;
  campaign.classes = options.classes;
  campaign.preemptions = options.preemptions;
  campaign.seconds = options.seconds;
  campaign.search = options.search;
  campaign.runs = 0;  // no sampling where the budget runs out
  campaign.timing_runs = 0;
  campaign.keep_all_keys = true;
  campaign.interrupted = options.interrupted;
  const auto report = [&](std::uint64_t done, std::uint64_t most) {
    if (options.progress) options.progress(what, done, most);
  };
  campaign.progress = [&](const std::string&, const std::string&, std::uint64_t done,
                          std::uint64_t most) { report(done, most); };
  const auto dimension = parameters.size();
  RegionSearch search{.variant = std::move(variant),
                      .outcome = {},
                      .failing = IntegerSet::empty(dimension),
                      .failing_apart = IntegerSet::empty(dimension),
                      .failing_closed = IntegerSet::empty(dimension),
                      .passing = IntegerSet::empty(dimension)};
  search.outcome = search_variant(*search.variant, campaign);
  auto& part = search.outcome.parts.front();
  search.complete = part.strategy->exhaustive() && part.result.finished;
  std::vector<sim::VariableId> onto;
  for (const std::string& name : parameters) {
    const auto* parameter = find_parameter(*search.variant, name);
    onto.push_back(static_cast<sim::VariableId>(parameter - search.variant->parameters.data()));
  }
  Runner runner(*search.variant, options.seed);
  unsigned added = 0;
  for (RunRecord& record : part.result.records) {
    if (options.interrupted != nullptr && options.interrupted->load()) {
      search.complete = false;
      break;
    }
    const auto decider = part.strategy->repeat(record.key);
    const RunRecord again = runner.run(sim::TimeMode::symbolic, *decider);
    const ClassRegion region = region_of(runner, *search.variant, again, onto);
    ++search.classes;
    if (search.classes % 16 == 0) report(search.classes, part.result.records.size());
    if (region.impossible) {
      ++search.classes_impossible;
      continue;
    }
    search.classes_tie_only += region.tie_only ? 1 : 0;
    search.classes_failing += region.failing.is_empty() ? 0 : 1;
    search.classes_relaxed += again.relaxed ? 1 : 0;
    add_to(search.failing, region.failing, added);
    add_to(search.failing_apart, region.failing_apart, added);
    add_to(search.failing_closed, region.failing_closed, added);
    add_to(search.passing, region.passing, added);
  }
  search.failing = search.failing.coalesced();
  search.failing_apart = search.failing_apart.coalesced();
  search.failing_closed = search.failing_closed.coalesced();
  search.passing = search.passing.coalesced();
  return search;
}

std::vector<EnvelopeMargin> find_margins(const scenario::Scenario& scenario,
                                         const scenario::ResolvedVariant& variant,
                                         const EnvelopeOptions& options) {
  std::vector<EnvelopeMargin> margins;
  for (const scenario::Parameter& parameter : variant.parameters) {
    if (parameter.implicit && !varies(scenario, parameter)) continue;
    EnvelopeMargin margin;
    margin.parameter = parameter.name;
    margin.low = nanoseconds(parameter.low_ns);
    margin.high = nanoseconds(parameter.high_ns);
    const std::int64_t top = std::max(2 * parameter.high_ns, parameter.high_ns + margin_beyond_ns);
    margin.searched_high = nanoseconds(top);
    const auto ranged = scenario.with_ranges(variant, {{parameter.name, 0, top}});
    if (!ranged) {
      margin.problem = ranged.error().front();
      margins.push_back(std::move(margin));
      continue;
    }
    const auto search =
        search_regions(*ranged, {parameter.name}, options, "margin of " + parameter.name);
    margin.complete = search.complete;
    const auto within = [&](std::int64_t low, std::int64_t high) {
      return search.failing.common(interval(low, high)).bounds(0);
    };
    margin.fails_already = within(parameter.low_ns, parameter.high_ns).has_value();
    if (search.complete && !margin.fails_already) {
      if (const auto below = within(0, parameter.low_ns)) {
        margin.least = nanoseconds(below->high + 1);
      }
      if (const auto above = within(parameter.high_ns, top)) {
        margin.greatest = nanoseconds(above->low - 1);
      }
    }
    margins.push_back(std::move(margin));
  }
  return margins;
}

std::expected<EnvelopeMinimum, std::vector<std::string>> find_minimum(
    const scenario::Scenario& scenario, const scenario::ResolvedVariant& variant,
    const std::vector<RangeScale>& scales, const EnvelopeOptions& options) {
  return MinimumSearch(scenario, variant, scales, options).find();
}

}  // namespace raceproof::campaign
