#include "harness/campaign/failing_region.hpp"

#include <algorithm>

#include "harness/campaign/region_text.hpp"

namespace raceproof::campaign {

namespace {

using explore::ClassSystem;
using explore::Inequality;
using explore::IntegerSet;

bool is_ranged(const scenario::Parameter& parameter) {
  return parameter.low_ns < parameter.high_ns;
}

bool shows(const RunRecord& record, std::size_t check, std::size_t checks) {
  if (check < checks) return ((record.violated >> check) & 1) != 0;
  return is_broken(record.end) || !record.clients_ok;
}

IntegerSet not_below(std::int64_t value) {
  return IntegerSet(1, std::vector<Inequality>{{{1}, -value}});
}
IntegerSet not_above(std::int64_t value) {
  return IntegerSet(1, std::vector<Inequality>{{{-1}, value}});
}

void unite(IntegerSet& all, const IntegerSet& more) {
  if (!more.is_subset_of(all)) all = all.united(more).coalesced();
}

}  // namespace

NamedDurations::NamedDurations(const scenario::Scenario& scenario,
                               const scenario::ResolvedVariant& variant)
    : context(std::size_t{0}) {
  for (sim::VariableId id = 0; id < variant.parameters.size(); ++id) {
    const auto& parameter = variant.parameters[id];
    if (!is_ranged(parameter) && !varies(scenario, parameter)) continue;
    onto.push_back(id);
    names.push_back(parameter.name);
    if (!is_ranged(parameter)) opened.push_back(id);
  }
  std::vector<Inequality> known;
  for (std::size_t i = 0; i < onto.size(); ++i) {
    const auto& parameter = variant.parameters[onto[i]];
    Inequality end{std::vector<std::int64_t>(onto.size(), 0),
                   is_ranged(parameter) ? -parameter.low_ns : 0};
    end.factors[i] = 1;
    known.push_back(end);
    if (!is_ranged(parameter)) continue;
    end.factors[i] = -1;
    end.constant = parameter.high_ns;
    known.push_back(end);
  }
  context = IntegerSet(onto.size(), known);
}

FailingRegion::FailingRegion(const scenario::Scenario& scenario,
                             const scenario::ResolvedVariant& variant, std::vector<std::int64_t> at)
    : variant_(variant),
      durations_(scenario, variant),
      at_(std::move(at)),
      failing_(IntegerSet::empty(durations_.onto.size())) {
  if (at_.size() != variant.parameters.size()) return;
  for (sim::VariableId id = 0; id < variant.parameters.size(); ++id) {
    if (is_ranged(variant.parameters[id])) lines_.push_back({id, IntegerSet::empty(1)});
  }
}

void FailingRegion::add(Runner& runner, const RunRecord& record, std::size_t check) {
  const auto& time = runner.world().time();
  explore::FixedValues witness;
  for (const Line& line : lines_) witness[line.parameter] = at_[line.parameter];
  for (auto& further : ways_of(failure_of(runner, variant_, record, check))) {
    unite(failing_, ClassSystem(time, durations_.opened, further).project(durations_.onto));
    if (lines_.empty()) continue;
    const ClassSystem system(time, {}, std::move(further));
    for (Line& line : lines_) {
      auto others = witness;
      others.erase(line.parameter);
      unite(line.failing, system.project(std::span(&line.parameter, 1), others));
    }
  }
}

RegionText FailingRegion::text() const {
  RegionText text;
  for (const auto& piece : failing_.pieces(durations_.context)) {
    text.pieces.push_back(piece_text(piece, durations_.names));
  }
  std::ranges::sort(text.pieces, {},
                    [](const auto& piece) { return std::pair(piece.size(), piece); });
  const auto duplicates = std::ranges::unique(text.pieces);
  text.pieces.erase(duplicates.begin(), duplicates.end());
  if (text.pieces.size() > pieces_max) {
    text.more = text.pieces.size() - pieces_max;
    text.pieces.resize(pieces_max);
  }
  return text;
}

IntegerSet FailingRegion::safe_values(const Line& line) const {
  const auto& parameter = variant_.parameters[line.parameter];
  const std::vector<Inequality> range = {{{1}, -parameter.low_ns}, {{-1}, parameter.high_ns}};
  return IntegerSet(1, range).without(line.failing);
}

std::optional<nanoseconds> FailingRegion::slack(const Line& line) const {
  const std::int64_t at = at_[line.parameter];
  const IntegerSet safe = safe_values(line);
  std::optional<nanoseconds> least;
  if (const auto up = safe.common(not_below(at)).bounds(0)) least = nanoseconds(up->low - at);
  if (const auto down = safe.common(not_above(at)).bounds(0)) {
    const nanoseconds distance(at - down->high);
    least = least ? std::min(*least, distance) : distance;
  }
  return least;
}

std::vector<RangedDelay> FailingRegion::spans() const {
  std::vector<RangedDelay> spans;
  for (const Line& line : lines_) {
    const auto& parameter = variant_.parameters[line.parameter];
    const IntegerSet safe = safe_values(line);
    const auto up = safe.common(not_below(at_[line.parameter])).bounds(0);
    const auto down = safe.common(not_above(at_[line.parameter])).bounds(0);
    spans.push_back({parameter.name, nanoseconds(down ? down->high + 1 : parameter.low_ns),
                     nanoseconds(up ? up->low - 1 : parameter.high_ns)});
  }
  return spans;
}

std::optional<Margin> FailingRegion::margin() const {
  std::optional<Margin> tightest;
  for (const Line& line : lines_) {
    const auto distance = slack(line);
    if (!distance || (tightest && tightest->slack <= *distance)) continue;
    tightest = Margin{variant_.parameters[line.parameter].name, *distance};
  }
  return tightest;
}

FailingClasses survey_failing(const scenario::Scenario& scenario,
                              const scenario::ResolvedVariant& variant,
                              const SearchOutcome& outcome, std::size_t check,
                              const std::vector<std::int64_t>& at, std::uint64_t seed) {
  FailingClasses all;
  if (outcome.parts.empty()) return all;
  const SearchPart& part = outcome.parts.front();
  if (!part.strategy->exhaustive() || part.strategy->time() != sim::TimeMode::symbolic) return all;
  all.complete = part.result.finished && part.strategy->bound().empty();
  FailingRegion region(scenario, variant, at);
  Runner runner(variant, seed);
  std::size_t taken = 0;
  try {
    for (const RunRecord& record : part.result.records) {
      if (!shows(record, check, variant.checks.size())) continue;
      if (++taken > failing_classes_max) break;
      auto key = record.key;
      const auto decider = part.strategy->repeat(key);
      const RunRecord again = runner.run(part.strategy->time(), *decider);
      region.add(runner, again, check);
    }
    all.region = region.text();
    all.complete &= taken <= failing_classes_max;
    if (part.result.finished && taken <= failing_classes_max) all.margin = region.margin();
  } catch (const std::runtime_error&) {
    return {};  // more work than the library of integer sets was given
  }
  return all;
}

}  // namespace raceproof::campaign
