#include "harness/campaign/campaign.hpp"

#include <algorithm>
#include <bit>
#include <fmt/format.h>
#include <fstream>
#include <map>

#include "harness/campaign/confirm.hpp"
#include "harness/campaign/failing_region.hpp"
#include "harness/campaign/fakes_used.hpp"
#include "harness/campaign/statistics.hpp"
#include "harness/campaign/variant_search.hpp"
#include "harness/campaign/verdict.hpp"

namespace raceproof::campaign {

namespace {

/// Failures confirmed, saved and reported per variant, at the most: one for each violated check.
constexpr std::size_t failures_reported_max = 8;
/// Runs tried before a violation that does not show on the concrete clock is given up. (One should
/// do: the first that does not is a defect.)
constexpr std::size_t confirmations_tried_max = 16;

CheckKind kind_of(check::Check::Kind kind) {
  using Kind = check::Check::Kind;
  switch (kind) {
    case Kind::never:
      return CheckKind::never;
    case Kind::always:
      return CheckKind::always;
    case Kind::sometimes:
      return CheckKind::sometimes;
    case Kind::eventually:
      return CheckKind::eventually;
    case Kind::leads_to:
      break;
  }
  return CheckKind::leads_to;
}

/// Puts together what one variant's search has found.
class Report {
 public:
  Report(const scenario::Scenario& scenario, const scenario::ResolvedVariant& variant,
         const CampaignOptions& options, const SearchOutcome& outcome)
      : scenario_(scenario), variant_(variant), options_(options), outcome_(outcome) {
    expect_ = variant.expect == scenario::Expectation::reproduces ? Expectation::reproduces
                                                                  : Expectation::holds;
  }

  VariantResult make() {
    result_.name = variant_.name;
    result_.expect = expect_;
    count_runs();
    fill_bound();
    fill_checks();
    result_.fakes = fakes_used(variant_);
    confirm_failures();
    fill_clients();
    decide();
    return std::move(result_);
  }

 private:
  [[nodiscard]] bool is_failure_check(std::size_t check) const {
    return variant_.checks[check].kind != check::Check::Kind::sometimes;
  }

  void count_runs() {
    std::uint64_t digest = 0;
    std::uint64_t runs = 0;
    for (const SearchPart& part : outcome_.parts) {
      const bool classes = part.strategy->exhaustive();
      for (const RunRecord& record : part.result.records) {
        ++runs;
        if (record.impossible) ++result_.bound.classes_impossible;
        digest = (std::rotl(digest, 5) ^ record.digest) * 0x9e3779b97f4a7c15ULL;
        result_.virtual_time_max =
            std::max(result_.virtual_time_max, nanoseconds(record.virtual_ns));
        const bool failing = record.violated != 0;
        auto& bound = result_.bound;
        if (record.impossible) {
          continue;
        }
        if (classes) {
          ++bound.classes_explored;
          bound.classes_tie_only += record.tie_only ? 1 : 0;
          bound.classes_failing += failing ? 1 : 0;
          bound.classes_relaxed_confirmed += record.relaxed ? 1 : 0;
        } else {
          ++bound.runs_sampled;
          bound.runs_failing += failing ? 1 : 0;
        }
        for (const auto& cut : record.cuts) cuts_[cut.where] += cut.count;
      }
    }
    result_.digest = fmt::format("{:016x}", digest);
    result_.wall_seconds = outcome_.wall_seconds;
    const auto all_runs = runs + outcome_.timing.result.records.size();
    result_.runs_per_second =
        outcome_.wall_seconds > 0 ? static_cast<double>(all_runs) / outcome_.wall_seconds : 0;
  }

  void fill_bound() {
    auto& bound = result_.bound;
    for (const SearchPart& part : outcome_.parts) {
      if (!bound.strategy.empty()) bound.strategy += ", then ";
      bound.strategy += part.strategy->name();
      bound.complete |= part.strategy->exhaustive() && part.result.finished;
      if (part.strategy->exhaustive()) bound.limit = part.strategy->bound();
    }
    for (const auto& parameter : variant_.parameters) {
      if (parameter.low_ns == parameter.high_ns) continue;
      bound.ranges.push_back(
          {parameter.name, nanoseconds(parameter.low_ns), nanoseconds(parameter.high_ns)});
    }
    add_ranges_in_place();
    bound.threads = static_cast<std::uint32_t>(variant_.gateway.threads);
    for (const auto& [where, count] : cuts_) bound.cuts.push_back({where, count});
    if (!variant_.network.fragment || bound.complete) {
      bound.exclusions.emplace_back("fragmentation of the byte stream");
    }
    bound.exclusions.emplace_back("faults that the scenario does not name");
    if (outcome_.parts.front().strategy->time() == sim::TimeMode::symbolic) {
      bound.exclusions.push_back(
          "orders among deliveries that a link without latency makes at once");
    }
    if (bound.threads > 1) {
      bound.exclusions.push_back("threads that pick up ready work late (epsilon is 0)");
    }
    const SearchPart& last = outcome_.parts.back();
    if (!last.strategy->independent() || last.result.records.empty()) return;
    const auto runs = last.result.records.size();
    if (result_.bound.runs_failing == 0) bound.failure_probability_bound = rule_of_three(runs);
    std::map<std::uint64_t, std::uint64_t> classes;
    for (const RunRecord& record : last.result.records) ++classes[record.order];
    const auto once = std::ranges::count_if(classes, [](const auto& c) { return c.second == 1; });
    bound.unseen_class_probability = good_turing(static_cast<std::uint64_t>(once), runs);
  }

  void add_ranges_in_place() {
    for (const RangedDelay& range : ranges_in_place(variant_, options_.seed)) {
      auto& ranges = result_.bound.ranges;
      if (std::ranges::find(ranges, range) == ranges.end()) ranges.push_back(range);
    }
  }

  void fill_checks() {
    for (std::size_t i = 0; i < variant_.checks.size(); ++i) {
      const auto& check = variant_.checks[i];
      CheckResult out;
      out.text = check.text;
      out.kind = check.built_in ? CheckKind::invariant : kind_of(check.kind);
      out.source_line = static_cast<std::uint32_t>(check.line);
      const bool guard = !is_failure_check(i);
      for (const SearchPart& part : outcome_.parts) {
        for (const RunRecord& record : part.result.records) {
          out.classes += ((guard ? record.seen : record.violated) >> i) & 1;
        }
      }
      out.status = guard ? (out.classes > 0 ? CheckStatus::satisfied : CheckStatus::never_seen)
                         : (out.classes > 0 ? CheckStatus::violated : CheckStatus::held);
      (check.built_in ? evidence_.invariant_violated : evidence_.violated) |=
          out.status == CheckStatus::violated;
      evidence_.guard_never_seen |= out.status == CheckStatus::never_seen;
      result_.checks.push_back(std::move(out));
    }
    CheckResult clients{
        "every client's script is met", CheckKind::invariant, 0, CheckStatus::held, 0, ""};
    CheckResult order{"the run ends in order (no crash, no spin)",
                      CheckKind::invariant,
                      0,
                      CheckStatus::held,
                      0,
                      ""};
    for (const SearchPart& part : outcome_.parts) {
      for (const RunRecord& record : part.result.records) {
        clients.classes += record.clients_ok ? 0 : 1;
        order.classes += is_broken(record.end) ? 1 : 0;
      }
    }
    // A variant that reproduces a failure expects its clients to meet it.
    if (clients.classes > 0) {
      clients.status =
          expect_ == Expectation::holds ? CheckStatus::violated : CheckStatus::not_applicable;
    }
    if (order.classes > 0) order.status = CheckStatus::violated;
    evidence_.invariant_violated |=
        order.status == CheckStatus::violated || clients.status == CheckStatus::violated;
    result_.checks.push_back(std::move(clients));
    result_.checks.push_back(std::move(order));
  }

  /// Of the runs that violate `check` (past the end: an invariant), the plainest first: not only at
  /// a tie, not relaxed, fewest deviations.
  void confirm_failures() {
    for (std::size_t i = 0; i < result_.checks.size(); ++i) {
      if (result_.checks[i].status != CheckStatus::violated) continue;
      if (result_.failures.size() == failures_reported_max) return;
      confirm_check(i);
    }
  }

  [[nodiscard]] bool shows(const RunRecord& record, std::size_t check) const {
    if (check < variant_.checks.size()) return ((record.violated >> check) & 1) != 0;
    if (check == variant_.checks.size()) return !record.clients_ok;
    return is_broken(record.end);
  }

  void confirm_check(std::size_t check) {
    struct Candidate {
      const explore::Strategy* strategy;
      const RunRecord* record;
    };
    std::vector<Candidate> candidates;
    for (const SearchPart& part : outcome_.parts) {
      for (const RunRecord& record : part.result.records) {
        if (shows(record, check)) candidates.push_back({part.strategy.get(), &record});
      }
    }
    std::ranges::stable_sort(candidates, {}, [](const Candidate& candidate) {
      return std::tuple(candidate.record->tie_only, candidate.record->relaxed,
                        candidate.record->deviations);
    });
    const std::size_t tried = std::min(candidates.size(), confirmations_tried_max);
    for (std::size_t i = 0; i < tried; ++i) {
      auto confirmed = confirm(scenario_, variant_, *candidates[i].strategy, *candidates[i].record,
                               std::min(check, variant_.checks.size()), options_.seed);
      if (!confirmed) continue;
      add_region(*confirmed, check);
      save(*confirmed);
      result_.checks[check].first_witness = confirmed->failure.cause;
      result_.failures.push_back(std::move(confirmed->failure));
      return;
    }
    if (add_unrepeated_leak(check)) return;
    unconfirmed_ = true;
  }

  void add_region(Confirmed& confirmed, std::size_t check) {
    FailingClasses failing =
        survey_failing(scenario_, variant_, outcome_, check, confirmed.parameters, options_.seed);
    Failure& failure = confirmed.failure;
    failure.margin = std::move(failing.margin);
    failure.fails_if = std::move(failing.region.pieces);
    failure.fails_if_more = failing.region.more;
    failure.fails_if_complete = failing.complete;
  }

  /// A leak may happen in one run only (a static that the first run initialises). It counts all the
  /// same: what was seen of such a program is not a function of its decisions.
  bool add_unrepeated_leak(std::size_t check) {
    if (check <= variant_.checks.size()) return false;
    for (const SearchPart& part : outcome_.parts) {
      for (const RunRecord& record : part.result.records) {
        if (record.end != sim::RunEnd::leak) continue;
        Failure failure;
        failure.id = fmt::format("{:08x}", static_cast<std::uint32_t>(record.order));
        failure.check = result_.checks[check].text;
        failure.cause = fmt::format("the run ended with: leak, {} (not again when it was repeated)",
                                    record.broken);
        result_.checks[check].first_witness = failure.cause;
        result_.failures.push_back(std::move(failure));
        return true;
      }
    }
    return false;
  }

  void save(Confirmed& confirmed) {
    if (options_.out.empty()) return;
    std::string name = scenario_.name() + "-" + variant_.name + "-" + confirmed.failure.id;
    std::ranges::replace(name, '/', '-');
    const auto folder = options_.out / "failures";
    std::filesystem::create_directories(folder);
    const auto path = folder / (name + ".json");
    std::ofstream file(path);
    file << write_failure(confirmed.saved);
    if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
    confirmed.failure.file = path.string();
    confirmed.failure.replay_command = fmt::format("{} replay {}", options_.program, path.string());
  }

  void fill_clients() {
    const auto& records = outcome_.timing.result.records;
    if (records.empty()) return;
    std::vector<std::vector<nanoseconds>> times(variant_.clients.size());
    std::vector<nanoseconds> all_times;
    std::vector<std::uint64_t> successes(variant_.clients.size());
    for (const RunRecord& record : records) {
      for (const auto& established : record.established) {
        if (established.client >= times.size()) continue;
        times[established.client].emplace_back(established.low_ns);
        all_times.emplace_back(established.low_ns);
      }
      for (const std::uint16_t client : record.clients_done) {
        if (client < successes.size()) ++successes[client];
      }
    }
    ClientSummary all;
    all.name = "all clients";
    all.session_established = summarize(all_times);
    for (std::size_t i = 0; i < variant_.clients.size(); ++i) {
      ClientSummary client;
      client.name = variant_.clients[i].name;
      client.attempts = records.size();
      client.successes = successes[i];
      client.session_established = summarize(times[i]);
      add_exact_range(client, static_cast<std::uint16_t>(i));
      all.attempts += client.attempts;
      all.successes += client.successes;
      result_.clients.push_back(std::move(client));
    }
    result_.all_clients = std::move(all);
  }

  /// What the search over all orders says about the same time: its bounds, not samples of it.
  void add_exact_range(ClientSummary& client, std::uint16_t index) {
    Distribution range;
    for (const SearchPart& part : outcome_.parts) {
      if (!part.strategy->exhaustive() || !part.result.finished) continue;
      for (const RunRecord& record : part.result.records) {
        for (const auto& established : record.established) {
          if (established.client != index) continue;
          const nanoseconds low(established.low_ns);
          const nanoseconds high(established.high_ns);
          range.min = range.count == 0 ? low : std::min(range.min, low);
          range.max = range.count == 0 ? high : std::max(range.max, high);
          ++range.count;
        }
      }
    }
    if (range.count == 0) return;
    range.median = range.min;
    client.latencies.push_back({"connect -> session_established, exact bounds", range});
  }

  void decide() {
    evidence_.complete = is_exhaustive();
    evidence_.interrupted = outcome_.interrupted;
    for (const SearchPart& part : outcome_.parts) evidence_.time_exhausted |= part.out_of_time;
    const SearchPart& last = outcome_.parts.back();
    evidence_.budget_exhausted = last.strategy->exhaustive() && last.result.budget_hit;
    if (unconfirmed_ && result_.failures.empty()) {
      // Nothing that was found shows on the concrete clock: neither a failure nor its absence.
      result_.verdict = Verdict::unknown;
      result_.reason = Reason::budget;
      result_.reason_text =
          "a violation was found in a symbolic run and could not be shown on the concrete clock; "
          "this is a defect of raceproof";
      return;
    }
    const Judgement judgement = judge(expect_, evidence_);
    result_.verdict = judgement.verdict;
    result_.reason = judgement.reason;
    result_.reason_text = sentence();
  }

  /// Complete, and nothing was left out by a bound.
  [[nodiscard]] bool is_exhaustive() const {
    return result_.bound.complete && result_.bound.limit.empty();
  }

  [[nodiscard]] std::string sentence() const {
    const auto& bound = result_.bound;
    if (result_.reason == Reason::violated && !result_.failures.empty()) {
      return result_.failures.front().cause;
    }
    if (result_.reason == Reason::vacuous) {
      for (const auto& check : result_.checks) {
        if (check.status == CheckStatus::never_seen) return "never seen: " + check.text;
      }
    }
    if (result_.reason == Reason::not_reproduced) {
      if (is_exhaustive()) return "no order and no latency in the ranges violates a check";
      return bound.complete ? "nothing up to " + bound.limit + " violates a check"
                            : "no sampled run violated a check";
    }
    return {};
  }

  const scenario::Scenario& scenario_;
  const scenario::ResolvedVariant& variant_;
  const CampaignOptions& options_;
  const SearchOutcome& outcome_;
  Expectation expect_;
  VariantResult result_;
  Evidence evidence_;
  std::map<std::string, std::uint64_t> cuts_;
  bool unconfirmed_ = false;
};

}  // namespace

ScenarioResult run_scenario(const scenario::Scenario& scenario, const CampaignOptions& options) {
  ScenarioResult result;
  result.name = scenario.name();
  result.file = scenario.file();
  result.shows = scenario.shows();
  result.source = scenario.source();
  result.tags = scenario.tags();
  std::vector<std::shared_ptr<const scenario::ResolvedVariant>> chosen;
  for (const auto& variant : scenario.variants()) {
    if (options.variants.empty() || std::ranges::count(options.variants, variant->name) > 0) {
      chosen.push_back(variant);
    }
  }
  if (chosen.empty()) return result;
  // A complete search of one variant is one worker's; several variants go side by side.
  const auto together = static_cast<unsigned>(std::min<std::size_t>(options.jobs, chosen.size()));
  CampaignOptions each = options;
  each.jobs = std::max(1U, options.jobs / together);
  each.progress = explore::one_at_a_time(options.progress);
  bool interrupted = false;
  explore::for_each_in_order(
      chosen.size(), together,
      [&] { return options.interrupted != nullptr && options.interrupted->load(); },
      [&](std::size_t i) {
        const SearchOutcome outcome = search_variant(*chosen[i], each);
        return std::pair(Report(scenario, *chosen[i], each, outcome).make(), outcome.interrupted);
      },
      [&](std::size_t, std::pair<VariantResult, bool> made) {
        if (interrupted) return;
        interrupted = made.second;
        result.variants.push_back(std::move(made.first));
        if (options.finished) options.finished(scenario, result.variants.back());
      });
  return result;
}

namespace {

/// Options for a search that is compared with another: nothing but its budget may end it.
CampaignOptions without_clock(CampaignOptions options) {
  options.seconds = 1e9;
  options.timing_runs = 0;
  return options;
}

}  // namespace

std::vector<std::uint64_t> run_digests(const scenario::ResolvedVariant& variant,
                                       const CampaignOptions& options) {
  const SearchOutcome outcome = search_variant(variant, without_clock(options));
  std::vector<std::uint64_t> digests;
  for (const SearchPart& part : outcome.parts) {
    for (const RunRecord& record : part.result.records) digests.push_back(record.digest);
  }
  return digests;
}

bool repeat_run(const scenario::ResolvedVariant& variant, const CampaignOptions& options,
                std::uint64_t number, const std::function<void(const trace::Trace&)>& consume) {
  auto all_keys = without_clock(options);
  all_keys.keep_all_keys = true;
  SearchOutcome outcome = search_variant(variant, all_keys);
  for (SearchPart& part : outcome.parts) {
    auto& records = part.result.records;
    if (number >= records.size()) {
      number -= records.size();
      continue;
    }
    Runner runner(variant, options.seed);
    const auto decider = part.strategy->repeat(records[number].key);
    (void)runner.run(part.strategy->time(), *decider);
    consume(runner.world().trace());
    return true;
  }
  return false;
}

}  // namespace raceproof::campaign
