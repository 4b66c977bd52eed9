#include "harness/cli/answer_text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace raceproof::cli {

namespace {

using campaign::Course;
using campaign::Replay;
using campaign::ReplayAnswer;
using campaign::SavedFailure;
using explore::Decision;
using explore::Meeting;
using explore::Question;

/// Of lists that can be long: so many are told.
constexpr std::size_t told_max = 5;

/// Nanoseconds as milliseconds, without superfluous zeros.
std::string ms(std::int64_t ns) {
  std::string text = fmt::format("{:.6f}", static_cast<double>(ns) / 1e6);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + " ms";
}

std::string line(std::string_view word, std::string_view text) {
  return fmt::format("  {:<10}{}\n", word, text);
}

std::string counted(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string print(const Decision& decision) {
  const auto name =
      explore::print(Decision::Name{decision.strand, decision.label, decision.ordinal});
  std::string text;
  if (decision.kind == Decision::Kind::delay) {
    text = fmt::format("delay of {}: {}", ms(decision.value), name);
  } else if (decision.choice != sim::ChoiceKind::comparison &&
             decision.choice != sim::ChoiceKind::timer_queued) {
    text = fmt::format("{}: {} before {}", sim::name_of(decision.choice), name,
                       explore::print(decision.instead_of));
  } else {
    text = fmt::format("{}: {} answered {}", sim::name_of(decision.choice), name, decision.value);
  }
  if (decision.at_ns >= 0) text += fmt::format(", asked for at {}", ms(decision.at_ns));
  return text;
}

std::string print(const Question& question) {
  std::string names;
  if (question.kind == Decision::Kind::delay) {
    names = fmt::format("delay of {} to {}: {}", ms(question.low_ns), ms(question.high_ns),
                        explore::print(question.offered[0]));
  } else {
    names = fmt::format("{} among", sim::name_of(question.choice));
    for (std::size_t i = 0; i < question.offered.size(); ++i) {
      names += (i == 0 ? " " : ", ") + explore::print(question.offered[i]);
    }
  }
  return fmt::format("{} (at {})", names, ms(question.at_ns));
}

std::string followed_by(const Decision& decision, const Meeting& meeting) {
  if (meeting.how == Meeting::How::nowhere) {
    return "nothing near enough is asked for; the usual answer was given";
  }
  std::string text = fmt::format(
      "{}; {}", explore::print(meeting.question.offered[meeting.alternative]), meeting.why);
  if (meeting.clamped) {
    text +=
        fmt::format("; {} lies outside of {} to {}, the nearest end was taken", ms(decision.value),
                    ms(meeting.question.low_ns), ms(meeting.question.high_ns));
  }
  return text;
}

std::string drift_text(const SavedFailure& failure, const Replay& replay) {
  if (!replay.followed.drift) return {};
  const auto& drift = *replay.followed.drift;
  const Decision& decision = failure.decisions[drift.decision];
  std::string text =
      fmt::format("drift at decision {} of {}\n", drift.decision + 1, failure.decisions.size());
  text += line("expected", print(decision));
  if (drift.instead.empty()) text += line("instead", "no question of this kind is left");
  for (std::size_t i = 0; i < drift.instead.size(); ++i) {
    text += line(i == 0 ? "instead" : "", print(drift.instead[i]));
  }
  text += line("followed", followed_by(decision, replay.followed.meetings[drift.decision]));
  std::size_t others = 0;
  for (std::size_t i = drift.decision + 1; i < failure.decisions.size(); ++i) {
    const Meeting& meeting = replay.followed.meetings[i];
    if (meeting.how == Meeting::How::as_then) continue;
    if (++others > told_max) continue;
    text += line(fmt::format("{}.", i + 1), print(failure.decisions[i]));
    text += line("  now", followed_by(failure.decisions[i], meeting));
  }
  if (others > told_max) {
    text += line("", fmt::format("and {} more were not met as then", others - told_max));
  }
  return text;
}

std::string draws_text(const Replay& replay) {
  std::string text;
  for (std::size_t i = 0; i < replay.draws.size() && i < told_max; ++i) {
    const auto& draws = replay.draws[i];
    text += line(draws.now > draws.then ? "new" : "gone",
                 fmt::format("{} '{}': {}, {} then{}", draws.strand, draws.label,
                             counted(draws.now, "draw"), draws.then,
                             draws.now > draws.then ? "; what is new got its shortest delay" : ""));
  }
  if (replay.draws.size() > told_max) {
    text += line("", fmt::format("and {} more labels", replay.draws.size() - told_max));
  }
  return text;
}

/// "2 of 3 decisions were met as then".
std::string met_text(const SavedFailure& failure, const Replay& replay) {
  const auto met = static_cast<std::size_t>(
      std::ranges::count(replay.followed.meetings, Meeting::How::as_then, &Meeting::how));
  return fmt::format("{} of {} met as then", met, counted(failure.decisions.size(), "decision"));
}

std::string continued_text(const Replay& replay, const campaign::ReplayOptions& options) {
  if (replay.continuations.tried == 0) return {};
  const auto& drift = replay.followed.drift;
  const std::string followed =
      drift ? fmt::format("the {} before the drift followed", counted(drift->decision, "decision"))
            : "all decisions followed, all but the last one, and so on to none";
  std::string text =
      fmt::format("{} of {} show it ({}; the rest at random, seed {})", replay.continuations.shown,
                  counted(replay.continuations.tried, "continuation"), followed, options.seed);
  if (replay.continuations.first) {
    text += fmt::format("; number {} is the first, shown above", *replay.continuations.first + 1);
  }
  return line("continued", text);
}

/// When the order that is shown fails, and by how much.
std::string class_text(const std::optional<campaign::ReplayedClass>& shown) {
  if (!shown) return {};
  std::string text = "the order that is shown\n";
  if (!shown->unknown.empty()) {
    return text + line("fails if", "not known: " + shown->unknown) + '\n';
  }
  std::vector<std::string> parts;
  for (const auto& delay : shown->delays) {
    parts.push_back(fmt::format("{} {}", delay.name, ms(delay.at.count())));
  }
  if (!parts.empty()) text += line("with", fmt::format("{}", fmt::join(parts, ", ")));
  parts.clear();
  for (const auto& piece : shown->region.pieces) {
    parts.push_back(fmt::format("{}", fmt::join(piece, " and ")));
  }
  if (shown->region.more > 0) parts.push_back(fmt::format("in {} more", shown->region.more));
  text += line("fails if", fmt::format("{}", fmt::join(parts, "; or ")));
  parts.clear();
  for (const auto& span : shown->spans) {
    parts.push_back(
        fmt::format("{} {} to {}", span.name, ms(span.low.count()), ms(span.high.count())));
  }
  if (!parts.empty()) {
    text += line("margin",
                 fmt::format("moved alone, it still fails with {}", fmt::join(parts, ", or ")));
  }
  if (shown->tie_only) text += line("", "only when two times are exactly equal");
  return text + '\n';
}

std::string answer_line(const SavedFailure& failure, const Replay& replay) {
  const auto& drift = replay.followed.drift;
  if (replay.answer == ReplayAnswer::reproduced) {
    if (replay.course == Course::same_run) return "reproduced: event for event the saved run";
    if (replay.course == Course::same_order) {
      return "reproduced: the same events in the same order; what is observed in them, or how they "
             "are called, has changed";
    }
    return fmt::format("reproduced, by another course of events: {}",
                       drift ? fmt::format("drifted at decision {}, and the nearest was followed",
                                           drift->decision + 1)
                             : "all decisions were met, what happens besides has changed");
  }
  const auto& [tried, shown, first] = replay.continuations;
  std::string besides;
  if (tried > 0) {
    besides = fmt::format("{} {} of {} show it", shown > 0 ? ", but" : ";", shown,
                          counted(tried, "continuation"));
  }
  for (const auto& other : replay.others) besides += "; another check is violated: " + other;
  switch (replay.answer) {
    case ReplayAnswer::fixed: {
      const std::size_t count = failure.decisions.size();
      const std::string met = count == 0   ? "the usual run, as then"
                              : count == 1 ? "its one decision met as then"
                                           : fmt::format("all {} decisions met as then", count);
      return fmt::format("not reproduced: {}, the check holds{}{}", met,
                         shown == 0 ? ": fixed for this interleaving" : "", besides);
    }
    case ReplayAnswer::not_applicable:
      return "no longer applicable: nothing is asked for any more about the strands of its "
             "decisions" +
             besides;
    default:
      return fmt::format("drifted at decision {}: not reproduced ({}){}", drift->decision + 1,
                         met_text(failure, replay), besides);
  }
}

}  // namespace

std::string answer_text(const SavedFailure& failure, const Replay& replay,
                        const campaign::ReplayOptions& options,
                        const std::optional<campaign::ReplayedClass>& shown) {
  std::string text = drift_text(failure, replay);
  const bool same = replay.answer == ReplayAnswer::reproduced && replay.course != Course::other;
  if (!same) {
    const auto draws = draws_text(replay);
    if (!draws.empty() && !replay.followed.drift) text += "what is drawn has changed\n";
    text += draws;
    const auto continued = continued_text(replay, options);
    if (!continued.empty() && text.empty()) text += "after the last decision\n";
    text += continued;
  }
  if (!text.empty()) text += "\n";
  return class_text(shown) + text + answer_line(failure, replay) + "\n";
}

}  // namespace raceproof::cli
