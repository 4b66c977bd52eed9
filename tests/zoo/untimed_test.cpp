// Reduction against brute force on generated programs without time. Passing means: for every
// program, the reduction visits each Mazurkiewicz trace that brute force visits, once, and nothing
// else, and meets the same final states; the kernel names classes as an independent account does.
#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <map>

#include "tests/zoo/visits.hpp"

namespace raceproof::zoo {
namespace {

using explore::Reduction;
using explore::ReductionOptions;
using explore::Theatre;
using sim::RunEnd;

/// Programs that brute force does not finish in so many runs are left out.
constexpr std::uint64_t runs_max = 3'000;

struct Sides {
  bool finished = true;
  Visits all;
  Visits optimal;
  explore::Coverage optimal_coverage;
  Visits source;
};

/// Follows a path; a cancelled timer never was queued already, as the untimed reduction has it.
class OrderDecider final : public sim::Decider {
 public:
  explicit OrderDecider(std::vector<explore::PathDecider::Step>& path) : inner_(path) {}
  std::size_t choose(sim::ChoiceKind kind, std::span<const sim::Meaning> alternatives) override {
    return kind == sim::ChoiceKind::timer_queued ? 0 : inner_.choose(kind, alternatives);
  }
  std::int64_t draw(std::int64_t low_ns, std::int64_t, const sim::Meaning&) override {
    return low_ns;
  }

 private:
  explore::PathDecider inner_;
};

Visits visit_orders(const explore::Program& program, bool& finished) {
  Visits visits;
  std::vector<explore::PathDecider::Step> path;
  Theatre theatre;
  theatre.stage().recording = true;
  sim::StepLog log;
  do {
    if (visits.runs == runs_max) {
      finished = false;
      return visits;
    }
    OrderDecider decider(path);
    const RunEnd end = theatre.run(program, decider, sim::TimeMode::symbolic, &log);
    visits.add(theatre, log, end == RunEnd::stopped);
  } while (explore::next_path(path));
  return visits;
}

explore::Coverage visit_classes(const explore::Program& program, const ReductionOptions& options,
                                Visits& visits) {
  Theatre theatre;
  theatre.stage().recording = true;
  Reduction reduction(options);
  explore::Coverage coverage;
  do {
    const RunEnd end = theatre.run(program, reduction);
    ++coverage.runs;
    if (!reduction.is_class()) continue;
    visits.add(theatre, reduction.log(), end == RunEnd::stopped);
  } while (reduction.next() && coverage.runs < 10 * runs_max);
  coverage.classes = reduction.classes();
  coverage.blocked = reduction.blocked();
  coverage.impossible = reduction.impossible();
  return coverage;
}

/// `fixed`: what a step touches does not depend on what it reads. Only then is no run redundant.
Sides visit(const Generated& generated, bool fixed) {
  Sides sides;
  const auto program = perform(generated);
  sides.all = visit_orders(program, sides.finished);
  if (!sides.finished) return sides;
  sides.optimal_coverage =
      visit_classes(program, {.untimed = true, .fixed_footprints = fixed}, sides.optimal);
  visit_classes(program, {.kind = ReductionOptions::Kind::source, .untimed = true}, sides.source);
  return sides;
}

struct Complaint {
  enum class Kind : std::uint8_t { none, identities, missing, other } kind = Kind::none;
  std::string text;
};

bool contains(const std::set<std::uint64_t>& all, const std::set<std::uint64_t>& some) {
  return std::ranges::includes(all, some);
}

/// What is wrong with the reduction on this program.
Complaint complaint_of(const Sides& sides, bool fixed) {
  if (!sides.finished) return {};
  const auto& coverage = sides.optimal_coverage;
  if (!sides.all.identities_agree()) {
    return {Complaint::Kind::identities,
            fmt::format("{} traces, {} class hashes, {} pairs", sides.all.traces.size(),
                        sides.all.hashes.size(), sides.all.pairs.size())};
  }
  for (const auto& [name, visits] :
       {std::pair("optimal", &sides.optimal), {"source", &sides.source}}) {
    if (visits->traces != sides.all.traces) {
      const bool missing = !contains(visits->traces, sides.all.traces);
      return {missing ? Complaint::Kind::missing : Complaint::Kind::other,
              fmt::format("traces, {} and all: {}", name,
                          difference(visits->traces, sides.all.traces))};
    }
    if (visits->hashes != sides.all.hashes) return {Complaint::Kind::other, "class hashes differ"};
    if (visits->states != sides.all.states) return {Complaint::Kind::other, "final states differ"};
  }
  if (coverage.classes != sides.all.traces.size() || (fixed && coverage.runs != coverage.classes)) {
    return {Complaint::Kind::other,
            fmt::format("{} runs, {} classes, {} blocked, {} impossible for {} traces",
                        coverage.runs, coverage.classes, coverage.blocked, coverage.impossible,
                        sides.all.traces.size())};
  }
  if (sides.source.runs != sides.all.traces.size()) {
    return {Complaint::Kind::other, "source visits a class twice"};
  }
  return {};
}

void hold_to_brute_force(const GeneratorOptions& options, std::uint64_t first) {
  const std::uint64_t count = programs_wanted(150);
  const bool fixed = !options.conditions && !options.exchanges && !options.cancels;
  std::uint64_t compared = 0;
  std::uint64_t orders = 0;
  std::uint64_t classes = 0;
  std::map<Complaint::Kind, int> wrong;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const Generated generated = generate(seed, options);
    const Sides sides = visit(generated, fixed);
    if (!sides.finished) continue;
    ++compared;
    orders += sides.all.runs;
    classes += sides.all.traces.size();
    const Complaint what = complaint_of(sides, fixed);
    if (what.kind == Complaint::Kind::none) continue;
    if (wrong[what.kind]++ > 0) continue;  // one example of each kind will do
    const auto same = [&what, fixed](const Generated& other) {
      return complaint_of(visit(other, fixed), fixed).kind == what.kind;
    };
    const Generated small = shrink(generated, same);
    ADD_FAILURE() << "seed " << seed << ": " << what.text << "\nsmaller, "
                  << complaint_of(visit(small, fixed), fixed).text << "\n"
                  << print(small);
  }
  for (const auto& [kind, cases] : wrong) {
    ADD_FAILURE() << cases << " of " << compared << " programs are wrong as in the example of kind "
                  << static_cast<int>(kind);
  }
  std::printf("%llu programs, %llu orders, %llu classes\n",
              static_cast<unsigned long long>(compared), static_cast<unsigned long long>(orders),
              static_cast<unsigned long long>(classes));
}

TEST(Untimed, CellsAndMessages) {
  hold_to_brute_force(
      {.conditions = false, .exchanges = false, .cancels = false, .stops = false, .leaves = false},
      0);
}
TEST(Untimed, Exchanges) {
  hold_to_brute_force({.conditions = false, .cancels = false, .stops = false, .leaves = false}, 0);
}
TEST(Untimed, Conditions) {
  hold_to_brute_force({.exchanges = false, .cancels = false, .stops = false, .leaves = false}, 0);
}
TEST(Untimed, UnconditionalStops) {
  hold_to_brute_force({.conditions = false, .exchanges = false, .cancels = false, .leaves = false},
                      100'000);
}
TEST(Untimed, RunsThatStop) { hold_to_brute_force({.cancels = false, .leaves = false}, 100'000); }
TEST(Untimed, PlainCancelling) {
  hold_to_brute_force({.conditions = false, .exchanges = false, .stops = false, .leaves = false},
                      200'000);
}
TEST(Untimed, Cancelling) { hold_to_brute_force({.leaves = false}, 200'000); }
TEST(Untimed, RunsThatAllLeave) {
  hold_to_brute_force({.cancels = false, .stops = false}, 300'000);
}
TEST(Untimed, Everything) { hold_to_brute_force({}, 400'000); }

}  // namespace
}  // namespace raceproof::zoo
