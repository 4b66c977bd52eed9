#include "harness/campaign/replay.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <span>

#include "harness/campaign/why.hpp"
#include "harness/explore/fewest.hpp"
#include "harness/scenario/model.hpp"

namespace raceproof::campaign {

namespace {

using explore::Meeting;

bool is_judged(const scenario::Check& check) { return check.kind != check::Check::Kind::sometimes; }

/// The scenario's parameters are drawn in every run; whether a failure applies is for the others
/// to say.
bool is_parameter(const explore::Decision& decision) { return decision.strand.empty(); }

/// Nothing near them was asked for, nor anything else about the strands that they are about.
bool subjects_are_gone(const SavedFailure& failure, const explore::Followed& followed) {
  bool any = false;
  for (std::size_t i = 0; i < failure.decisions.size(); ++i) {
    const auto& decision = failure.decisions[i];
    if (is_parameter(decision)) continue;
    const bool strand_is_there = std::ranges::any_of(
        followed.asked, [&](const auto& asked) { return asked.strand == decision.strand; });
    if (strand_is_there || followed.meetings[i].how != Meeting::How::nowhere) return false;
    any = true;
  }
  return any;
}

}  // namespace

std::vector<std::int64_t> answers_before(const explore::Followed& followed, std::uint64_t number) {
  if (followed.drift) return followed.drift->before;
  auto met_at = followed.met_at;  // every decision was met
  std::ranges::sort(met_at);
  const std::size_t left_out = number % (met_at.size() + 1);
  std::size_t end = 0;
  if (left_out > 0) {
    end = met_at[met_at.size() - left_out];
  } else if (!met_at.empty()) {
    end = met_at.back() + 1;
  }
  const auto& answers = followed.answers;
  return {answers.begin(), answers.begin() + static_cast<std::ptrdiff_t>(end)};
}

std::uint64_t seed_of(const ReplayOptions& options, std::uint64_t number) {
  explore::Random seeds(options.seed);
  std::uint64_t seed = seeds.next();
  for (std::uint64_t i = 0; i < number; ++i) seed = seeds.next();
  return seed;
}

int Replay::exit_code() const {
  if (answer == ReplayAnswer::reproduced || continuations.shown > 0 || !others.empty()) return 1;
  if (answer == ReplayAnswer::not_applicable) return 2;
  return answer == ReplayAnswer::fixed ? 0 : 3;
}

std::uint64_t order_of_events(const trace::Trace& trace) {
  std::uint64_t hash = 0;
  for (const auto& event : trace.events()) {
    hash = (hash ^ (std::uint64_t{event.strand} << 32 | event.cause)) * 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 31;
  }
  return hash;
}

std::expected<std::shared_ptr<const scenario::ResolvedVariant>, std::string> variant_of(
    const SavedFailure& failure) {
  const auto loaded = scenario::load_text(failure.scenario_text, failure.scenario_file);
  if (!loaded) {
    std::string text = "the scenario saved in it can no longer be read:";
    for (const auto& diagnostic : loaded.error()) text += "\n  " + print(diagnostic);
    return std::unexpected(text);
  }
  auto variant = (*loaded)->resolve(failure.variant);
  if (!variant) {
    return std::unexpected(
        fmt::format("the scenario saved in it has no variant '{}'", failure.variant));
  }
  const bool has_check = failure.check == run_ends_in_order || failure.check == scripts_are_met ||
                         std::ranges::any_of(variant->checks, [&](const scenario::Check& check) {
                           return is_judged(check) && check.text == failure.check;
                         });
  if (!has_check) {
    return std::unexpected(
        fmt::format("its variant '{}' has no check '{}'", failure.variant, failure.check));
  }
  return variant;
}

FailureReplay::FailureReplay(SavedFailure failure,
                             std::shared_ptr<const scenario::ResolvedVariant> variant)
    : failure_(std::move(failure)),
      variant_(std::move(variant)),
      runner_(*variant_, failure_.seed) {}

RunRecord FailureReplay::perform(sim::Decider& decider, bool keep_payloads) {
  return runner_.run(sim::TimeMode::concrete, decider,
                     {.keep_payloads = keep_payloads, .fragment = failure_.fragment});
}

std::optional<std::size_t> FailureReplay::violated_check(const RunRecord& record) const {
  for (std::size_t i = 0; i < variant_->checks.size() && i < checks_max; ++i) {
    const auto& check = variant_->checks[i];
    if (is_judged(check) && check.text == failure_.check && ((record.violated >> i) & 1) != 0) {
      return i;
    }
  }
  return std::nullopt;
}

bool FailureReplay::shows(const RunRecord& record) const {
  if (failure_.check == run_ends_in_order) return is_broken(record.end);
  if (failure_.check == scripts_are_met) return !record.clients_ok;
  return violated_check(record).has_value();
}

std::vector<std::string> FailureReplay::others_violated(const RunRecord& record) const {
  std::vector<std::string> others;
  for (std::size_t i = 0; i < variant_->checks.size() && i < checks_max; ++i) {
    const auto& check = variant_->checks[i];
    if (is_judged(check) && check.text != failure_.check && ((record.violated >> i) & 1) != 0) {
      others.push_back(check.text);
    }
  }
  if (is_broken(record.end) && failure_.check != run_ends_in_order) {
    others.push_back(fmt::format("{} ({}{}{})", run_ends_in_order, sim::name_of(record.end),
                                 record.broken.empty() ? "" : ", ", record.broken));
  }
  return others;
}

std::vector<DrawsChanged> FailureReplay::draws_changed(const explore::Followed& followed) const {
  std::vector<DrawsChanged> changed;
  if (failure_.asked.empty()) return changed;
  const auto draws_in = [](const std::vector<explore::Asked>& asked, const explore::Asked& like) {
    const auto known = std::ranges::find_if(asked, [&](const explore::Asked& entry) {
      return entry.strand == like.strand && entry.label == like.label;
    });
    return known == asked.end() ? 0 : known->draws;
  };
  for (const auto& now : followed.asked) {
    const auto then = draws_in(failure_.asked, now);
    if (then != now.draws) changed.push_back({now.strand, now.label, then, now.draws});
  }
  for (const auto& then : failure_.asked) {
    const bool gone = then.draws > 0 && std::ranges::none_of(followed.asked, [&](const auto& now) {
                        return now.strand == then.strand && now.label == then.label;
                      });
    if (gone) changed.push_back({then.strand, then.label, then.draws, 0});
  }
  return changed;
}

Replay FailureReplay::play(const ReplayOptions& options) {
  Replay replay;
  RunRecord last;
  replay.followed = explore::follow(failure_.decisions, failure_.asked, runner_.world().trace(),
                                    [&](sim::Decider& decider) { last = perform(decider, false); });
  replay.draws = draws_changed(replay.followed);
  replay.others = others_violated(last);
  if (last.digest == failure_.digest) {
    replay.course = Course::same_run;
  } else if (failure_.order != 0 && order_of_events(runner_.world().trace()) == failure_.order) {
    replay.course = Course::same_order;
  }
  if (shows(last)) {
    replay.answer = ReplayAnswer::reproduced;
    return replay;
  }
  if (!replay.followed.drift) {
    replay.answer = ReplayAnswer::fixed;
  } else if (subjects_are_gone(failure_, replay.followed)) {
    replay.answer = ReplayAnswer::not_applicable;
  }
  for (; replay.continuations.tried < options.continuations; ++replay.continuations.tried) {
    if (!shows(continuation(replay, options, replay.continuations.tried, false))) continue;
    if (++replay.continuations.shown == 1) replay.continuations.first = replay.continuations.tried;
  }
  return replay;
}

RunRecord FailureReplay::show_followed(const Replay& replay) {
  explore::BaselineDecider baseline;
  explore::PrefixDecider repeated(replay.followed.answers, baseline);
  return perform(repeated, true);
}

RunRecord FailureReplay::show_continuation(const Replay& replay, const ReplayOptions& options,
                                           std::uint64_t number) {
  return continuation(replay, options, number, true);
}

RunRecord FailureReplay::continuation(const Replay& replay, const ReplayOptions& options,
                                      std::uint64_t number, bool keep_payloads) {
  explore::RandomDecider random(seed_of(options, number));
  explore::PrefixDecider decider(answers_before(replay.followed, number), random);
  return perform(decider, keep_payloads);
}

std::optional<SavedFailure> FailureReplay::save_again(const Replay& replay,
                                                      const ReplayOptions& options) {
  std::optional<explore::RecordingDecider> recording;
  const auto record = [&](sim::Decider& decider) {
    recording.emplace(decider, runner_.world().trace());
    return perform(*recording, false);
  };
  RunRecord shown;
  if (replay.answer == ReplayAnswer::reproduced) {
    explore::BaselineDecider baseline;
    explore::PrefixDecider repeated(replay.followed.answers, baseline);
    shown = record(repeated);
  } else if (replay.continuations.first) {
    const std::uint64_t number = *replay.continuations.first;
    explore::RandomDecider random(seed_of(options, number));
    explore::PrefixDecider decider(answers_before(replay.followed, number), random);
    (void)record(decider);
    const auto fewest = explore::fewest_decisions(
        recording->decisions(),
        [&](const auto& fewer) -> std::optional<std::vector<explore::Decision>> {
          explore::ReplayDecider by_name(fewer, runner_.world().trace(), explore::MeetBy::name);
          if (!shows(record(by_name))) return std::nullopt;
          return recording->decisions();
        });
    explore::ReplayDecider again(fewest, runner_.world().trace());
    shown = record(again);
  }
  if (!recording || !shows(shown)) return std::nullopt;
  SavedFailure saved = failure_;
  if (const auto check = violated_check(shown)) {
    saved.cause = explain(runner_.world().trace(), *runner_.world().steps(),
                          variant_->checks[*check], runner_.findings()[*check]);
  }
  // Of another order of events a concrete run cannot tell.
  saved.tie_only = failure_.tie_only && replay.course != Course::other;
  saved.digest = shown.digest;
  saved.order = order_of_events(runner_.world().trace());
  saved.decisions = recording->decisions();
  saved.asked = recording->asked();
  return saved;
}

}  // namespace raceproof::campaign
