#include "harness/campaign/margin.hpp"

#include "harness/campaign/class_region.hpp"

namespace raceproof::campaign {

namespace {

using explore::Inequality;
using explore::IntegerSet;

bool shows(const RunRecord& record, std::size_t check, std::size_t checks) {
  if (check < checks) return ((record.violated >> check) & 1) != 0;
  return is_broken(record.end) || !record.clients_ok;
}

/// The values within its range with which `parameter` has no failure any more.
class OneParameter {
 public:
  OneParameter(const scenario::Parameter& parameter, std::int64_t at)
      : range_(1, std::vector<Inequality>{{{1}, -parameter.low_ns}, {{-1}, parameter.high_ns}}),
        at_(at),
        failing_(IntegerSet::empty(1)) {}

  void add(const IntegerSet& values) {
    if (!values.is_subset_of(failing_)) failing_ = failing_.united(values).coalesced();
  }

  /// Distance to the nearest of those.
  [[nodiscard]] std::optional<nanoseconds> slack() const {
    const IntegerSet safe = range_.without(failing_);
    const std::vector<Inequality> above = {{{1}, -at_}};
    const std::vector<Inequality> below = {{{-1}, at_}};
    std::optional<nanoseconds> least;
    if (const auto up = safe.common(IntegerSet(1, above)).bounds(0)) {
      least = nanoseconds(up->low - at_);
    }
    if (const auto down = safe.common(IntegerSet(1, below)).bounds(0)) {
      const nanoseconds distance(at_ - down->high);
      least = least ? std::min(*least, distance) : distance;
    }
    return least;
  }

 private:
  IntegerSet range_;
  std::int64_t at_;
  IntegerSet failing_;
};

}  // namespace

std::optional<Margin> find_margin(const scenario::ResolvedVariant& variant,
                                  const SearchOutcome& outcome, std::size_t check,
                                  const std::vector<std::int64_t>& parameters, std::uint64_t seed) {
  if (outcome.parts.empty() || parameters.size() != variant.parameters.size()) return std::nullopt;
  const SearchPart& part = outcome.parts.front();
  if (!part.strategy->exhaustive() || !part.result.finished) return std::nullopt;
  std::vector<const RunRecord*> failing;
  for (const RunRecord& record : part.result.records) {
    if (shows(record, check, variant.checks.size())) failing.push_back(&record);
  }
  if (failing.size() > margin_classes_max) return std::nullopt;

  std::vector<sim::VariableId> ranged;
  std::vector<OneParameter> lines;
  explore::FixedValues witness;
  for (sim::VariableId id = 0; id < variant.parameters.size(); ++id) {
    const auto& parameter = variant.parameters[id];
    if (parameter.low_ns == parameter.high_ns) continue;
    ranged.push_back(id);
    lines.emplace_back(parameter, parameters[id]);
    witness[id] = parameters[id];
  }
  Runner runner(variant, seed);
  for (const RunRecord* record : failing) {
    auto key = record->key;
    const auto decider = part.strategy->repeat(key);
    const RunRecord again = runner.run(sim::TimeMode::symbolic, *decider);
    const ClassFailure failure = failure_of(runner, variant, again, check);
    std::vector<std::vector<explore::PointCondition>> ways;
    if (failure.always) ways.emplace_back();
    for (const auto& late : failure.late) ways.push_back({late});
    for (auto& further : ways) {
      const explore::ClassSystem system(runner.world().time(), {}, std::move(further));
      for (std::size_t i = 0; i < ranged.size(); ++i) {
        auto others = witness;
        others.erase(ranged[i]);
        lines[i].add(system.project(std::span(&ranged[i], 1), others));
      }
    }
  }
  std::optional<Margin> tightest;
  for (std::size_t i = 0; i < ranged.size(); ++i) {
    const auto slack = lines[i].slack();
    if (!slack || (tightest && tightest->slack <= *slack)) continue;
    tightest = Margin{variant.parameters[ranged[i]].name, *slack};
  }
  return tightest;
}

}  // namespace raceproof::campaign
