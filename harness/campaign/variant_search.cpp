#include "harness/campaign/variant_search.hpp"

#include <chrono>
#include <stdexcept>

namespace raceproof::campaign {

namespace {

using Clock = std::chrono::steady_clock;  // wall time is only a ceiling; no verdict depends on it

class Searcher {
 public:
  Searcher(const scenario::ResolvedVariant& variant, const CampaignOptions& options)
      : variant_(variant), options_(options), begin_(Clock::now()) {
    const double seconds =
        options.seconds.value_or(static_cast<double>(variant.explore.time.to_ns()) / 1e9);
    deadline_ = begin_ +
                std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  }

  [[nodiscard]] bool out_of_time() const { return Clock::now() >= deadline_; }
  [[nodiscard]] bool interrupted() const {
    return options_.interrupted != nullptr && options_.interrupted->load();
  }
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(Clock::now() - begin_).count();
  }

  SearchPart part(std::shared_ptr<const explore::Strategy> strategy, std::uint64_t budget,
                  const std::string& what) {
    explore::PoolOptions pool;
    pool.jobs = options_.jobs;
    pool.budget = budget;
    pool.stop = [this] { return interrupted() || out_of_time(); };
    if (options_.progress) {
      pool.progress = [this, what, budget](std::uint64_t done) {
        options_.progress(variant_.name, what, done, budget);
      };
    }
    SearchPart part;
    part.strategy = strategy;
    part.result = explore::run_pool<RunRecord>(*strategy, pool, [this, &strategy] {
      auto runner = std::make_shared<Runner>(variant_, options_.seed);
      return [runner, strategy, keep_all_keys = options_.keep_all_keys](
                 sim::Decider& decider, const explore::RunKey& key) -> std::optional<RunRecord> {
        RunRecord record = runner->run(strategy->time(), decider);
        if (!is_run(record.end)) return std::nullopt;
        const bool interesting =
            record.violated != 0 || is_broken(record.end) || !record.clients_ok || keep_all_keys;
        if (interesting) record.key = key;
        return record;
      };
    });
    part.out_of_time = part.result.stopped && !interrupted();
    return part;
  }

 private:
  const scenario::ResolvedVariant& variant_;
  const CampaignOptions& options_;
  Clock::time_point begin_;
  Clock::time_point deadline_;
};

std::uint32_t limit_of(const std::optional<std::int64_t>& bound) {
  return bound ? static_cast<std::uint32_t>(*bound) : UINT32_MAX;
}

}  // namespace

SearchOutcome search_variant(const scenario::ResolvedVariant& variant,
                             const CampaignOptions& options) {
  if (variant.checks.size() > checks_max) {
    throw std::runtime_error("variant '" + variant.name + "' has more than 64 checks");
  }
  const auto& explore_settings = variant.explore;
  const auto runs = options.runs.value_or(static_cast<std::uint64_t>(explore_settings.runs));
  const auto classes =
      options.classes.value_or(static_cast<std::uint64_t>(explore_settings.classes));
  const auto sample =
      options.runs.value_or(static_cast<std::uint64_t>(explore_settings.otherwise.sample));
  const auto preemptions = options.preemptions.value_or(limit_of(explore_settings.preemptions));
  Searcher searcher(variant, options);
  SearchOutcome outcome;
  const auto random_walk = [&] { return std::shared_ptr(explore::make_random_walk(options.seed)); };
  switch (options.search.value_or(explore_settings.search)) {
    case scenario::Search::baseline:
      outcome.parts.push_back(
          searcher.part(std::shared_ptr(explore::make_baseline()), 1, "baseline"));
      break;
    case scenario::Search::random:
      outcome.parts.push_back(searcher.part(random_walk(), runs, "random walk"));
      break;
    case scenario::Search::pct: {
      // One symbolic run tells how many choices there are; the random baseline stands beside it.
      Runner probe(variant, options.seed);
      std::vector<explore::PathDecider::Step> path;
      explore::PathDecider decider(path);
      const auto steps = probe.run(sim::TimeMode::symbolic, decider).choices;
      outcome.parts.push_back(
          searcher.part(std::shared_ptr(explore::make_pct(
                            options.seed, static_cast<int>(explore_settings.depth), steps)),
                        runs, "PCT"));
      outcome.parts.push_back(searcher.part(random_walk(), runs, "random baseline"));
      break;
    }
    case scenario::Search::complete: {
      explore::ReductionOptions reduction;
      reduction.preemptions = preemptions;
      auto blocking = blocking_processes(variant);
      do {
        outcome.parts.clear();
        outcome.parts.push_back(
            searcher.part(std::shared_ptr(explore::make_reduction(reduction, blocking)), classes,
                          "complete search"));
        blocking = scenario::process_names(variant);  // should one turn out to block after all
      } while (outcome.parts.back().strategy->outdated());
      break;
    }
    case scenario::Search::enumeration: {
      const explore::SearchBounds bounds{limit_of(explore_settings.delays), preemptions};
      outcome.parts.push_back(searcher.part(std::shared_ptr(explore::make_enumeration(bounds)),
                                            classes, "enumeration"));
      break;
    }
  }
  if (outcome.parts.back().result.budget_hit && outcome.parts.back().strategy->exhaustive()) {
    outcome.parts.push_back(searcher.part(random_walk(), sample, "sampling instead"));
  }
  if (options.timing_runs > 0) {
    outcome.timing =
        searcher.part(std::shared_ptr(explore::make_random_walk(options.seed ^ 0x7419)),
                      options.timing_runs, "timing");
  }
  outcome.interrupted = searcher.interrupted();
  outcome.wall_seconds = searcher.seconds();
  return outcome;
}

}  // namespace raceproof::campaign
