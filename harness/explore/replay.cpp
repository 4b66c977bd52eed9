#include "harness/explore/replay.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <set>
#include <tuple>

namespace raceproof::explore {

namespace {

using Name = Decision::Name;

std::int64_t time_of_last_event(const trace::Trace& trace) {
  return trace.events().empty() ? 0 : trace.events().back().time_ns;
}

Name subject_of(const Decision& decision) {
  return {decision.strand, decision.label, decision.ordinal};
}

bool answers_itself(sim::ChoiceKind kind) {
  return kind == sim::ChoiceKind::comparison || kind == sim::ChoiceKind::timer_queued;
}

/// Position of the `twin`-th alternative called `name`, counted from 0; the last there is if there
/// are fewer; SIZE_MAX if there is none.
std::size_t find_twin(const std::vector<Name>& offered, const Name& name, std::uint32_t twin) {
  std::size_t found = SIZE_MAX;
  std::uint32_t seen = 0;
  for (std::size_t i = 0; i < offered.size() && seen <= twin; ++i) {
    if (offered[i] != name) continue;
    found = i;
    ++seen;
  }
  return found;
}

bool same_question(const Decision& decision, const Question& question) {
  if (decision.kind != question.kind) return false;
  return decision.kind == Decision::Kind::delay || decision.choice == question.choice;
}

}  // namespace

std::string print(const Name& name) {
  if (name.strand.empty()) return fmt::format("${}", name.label);
  return fmt::format("{} '{}' #{}", name.strand, name.label, name.ordinal);
}

// --- one run ------------------------------------------------------------------------------------

ReplayDecider::ReplayDecider(std::vector<Decision> decisions, const trace::Trace& trace, MeetBy by,
                             Pins pins)
    : decisions_(std::move(decisions)),
      met_(decisions_.size(), nowhere),
      pinned_(decisions_.size(), false),
      trace_(trace),
      by_(by),
      pins_(std::move(pins)) {
  for (const auto& [position, pin] : pins_) pinned_[pin.decision] = true;
}

/// Not met yet, and meant for this kind of question at this time.
bool ReplayDecider::is_free(std::size_t decision, const Question& question) const {
  if (met_[decision] != nowhere || pinned_[decision]) return false;
  const Decision& d = decisions_[decision];
  if (!same_question(d, question)) return false;
  // Which event is next is asked before time moves on: there the two names must do.
  const bool timeless =
      by_ == MeetBy::name || d.at_ns < 0 ||
      (d.kind == Decision::Kind::choice && d.choice == sim::ChoiceKind::next_event);
  return timeless || d.at_ns == question.at_ns;
}

std::size_t ReplayDecider::choose(sim::ChoiceKind kind,
                                  std::span<const sim::Meaning> alternatives) {
  settle_time();
  Question question{Decision::Kind::choice, kind, {}, 0, 0, 0, time_of_last_event(trace_)};
  for (const auto& offered : alternatives) {
    question.offered.push_back(name_of(trace_, offered));
  }
  const auto answer_of = [&](const Decision& decision, std::size_t alternative) {
    return answers_itself(kind) ? static_cast<std::size_t>(decision.value) : alternative;
  };
  std::size_t answer = 0;
  if (const auto pin = pins_.find(questions_.size()); pin != pins_.end()) {
    met_[pin->second.decision] = questions_.size();
    answer = answer_of(decisions_[pin->second.decision], pin->second.alternative);
  } else {
    for (std::size_t i = 0; i < decisions_.size(); ++i) {
      const Decision& decision = decisions_[i];
      if (!is_free(i, question) || decision.instead_of != question.offered[0]) continue;
      const auto found = find_twin(question.offered, subject_of(decision), decision.twin);
      if (found == SIZE_MAX) continue;
      met_[i] = questions_.size();
      answer = answer_of(decision, found);
      break;
    }
  }
  question.answer = static_cast<std::int64_t>(answer);
  questions_.push_back(std::move(question));
  events_before_ = trace_.events().size();
  time_is_open_ = kind == sim::ChoiceKind::next_event;
  return answer;
}

std::int64_t ReplayDecider::draw(std::int64_t low_ns, std::int64_t high_ns,
                                 const sim::Meaning& meaning) {
  settle_time();
  Question question{Decision::Kind::delay,
                    sim::ChoiceKind::next_event,
                    {name_of(trace_, meaning)},
                    low_ns,
                    high_ns,
                    low_ns,
                    time_of_last_event(trace_)};
  std::size_t decision = nowhere;
  if (const auto pin = pins_.find(questions_.size()); pin != pins_.end()) {
    decision = pin->second.decision;
  } else {
    for (std::size_t i = 0; i < decisions_.size() && decision == nowhere; ++i) {
      if (is_free(i, question) && subject_of(decisions_[i]) == question.offered[0]) {
        decision = i;
      }
    }
  }
  if (decision != nowhere) {
    met_[decision] = questions_.size();
    question.answer = std::clamp(decisions_[decision].value, low_ns, high_ns);
  }
  questions_.push_back(std::move(question));
  return questions_.back().answer;
}

void ReplayDecider::settle_time() {
  if (!time_is_open_ || events_before_ >= trace_.events().size()) return;
  questions_.back().at_ns = trace_.events()[events_before_].time_ns;
  time_is_open_ = false;
}

const std::vector<Question>& ReplayDecider::questions() {
  settle_time();
  return questions_;
}

std::vector<std::string> ReplayDecider::missed() const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < decisions_.size(); ++i) {
    if (met_[i] != nowhere) continue;
    names.push_back(fmt::format("{} / {} #{}", decisions_[i].strand, decisions_[i].label,
                                decisions_[i].ordinal));
  }
  return names;
}

std::size_t PrefixDecider::choose(sim::ChoiceKind kind,
                                  std::span<const sim::Meaning> alternatives) {
  if (next_ >= answers_.size()) return then_.choose(kind, alternatives);
  const auto answer = static_cast<std::size_t>(answers_[next_++]);
  return std::min(answer, alternatives.size() - 1);
}

std::int64_t PrefixDecider::draw(std::int64_t low_ns, std::int64_t high_ns,
                                 const sim::Meaning& meaning) {
  if (next_ >= answers_.size()) return then_.draw(low_ns, high_ns, meaning);
  return std::clamp(answers_[next_++], low_ns, high_ns);
}

// --- names that are near each other -------------------------------------------------------------

namespace {

/// Length of the longest common subsequence.
template <class Sequence>
std::size_t common(const Sequence& a, const Sequence& b) {
  std::vector<std::size_t> row(b.size() + 1, 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = 0;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t above = row[j + 1];
      row[j + 1] = a[i] == b[j] ? diagonal + 1 : std::max(row[j], above);
      diagonal = above;
    }
  }
  return row[b.size()];
}

template <class Sequence>
int similarity(const Sequence& a, const Sequence& b) {
  if (a.empty() && b.empty()) return 1000;
  return static_cast<int>(2000 * common(a, b) / (a.size() + b.size()));
}

std::vector<std::string_view> components(std::string_view path) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto slash = path.find('/');
    parts.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    path.remove_prefix(slash + 1);
  }
}

/// The strands, and the labels on them, that the questions of a run were about.
struct Subjects {
  std::set<std::string, std::less<>> strands;
  std::set<std::pair<std::string, std::string>> names;
  void add(const std::string& strand, const std::string& label) {
    strands.insert(strand);
    names.emplace(strand, label);
  }
};

/// 0 the same, 1 another ordinal, 2 renamed, 3 another.
struct Nearness {
  int rank = 3;
  int unlikeness = 0;         ///< of a renamed one: 1000 - similarity
  std::int64_t ordinals = 0;  ///< difference
};

class Matcher {
 public:
  Matcher(std::span<const Decision> decisions, std::span<const Asked> asked) {
    for (const Asked& entry : asked) then_.add(entry.strand, entry.label);
    for (const Decision& decision : decisions) {
      then_.add(decision.strand, decision.label);
      if (decision.kind == Decision::Kind::choice) {
        then_.add(decision.instead_of.strand, decision.instead_of.label);
      }
    }
  }

  void look_at(std::span<const Question> questions) {
    now_ = {};
    for (const Question& question : questions) {
      for (const Name& name : question.offered) now_.add(name.strand, name.label);
    }
  }

  [[nodiscard]] Nearness nearness(const Name& then, const Name& now) const {
    const auto ordinals =
        std::abs(static_cast<std::int64_t>(then.ordinal) - static_cast<std::int64_t>(now.ordinal));
    if (then.strand == now.strand && then.label == now.label) {
      return {then.ordinal == now.ordinal ? 0 : 1, 0, ordinals};
    }
    // The scenario's parameters have no strand, and are not the program's to rename.
    if (then.ordinal != now.ordinal || then.strand.empty() || now.strand.empty()) return {};
    if (then.label == now.label) {
      const int like = path_similarity(then.strand, now.strand);
      const bool renamed =
          !now_.strands.contains(then.strand) && !then_.strands.contains(now.strand) && like >= 500;
      return renamed ? Nearness{2, 1000 - like, 0} : Nearness{};
    }
    const bool renamed = then.strand == now.strand &&
                         !now_.names.contains({then.strand, then.label}) &&
                         !then_.names.contains({now.strand, now.label});
    return renamed ? Nearness{2, 1000 - similarity(then.label, now.label), 0} : Nearness{};
  }

 private:
  Subjects then_;
  Subjects now_;
};

/// How near a question is to a decision, and in which of its alternatives.
struct Candidate {
  std::size_t position = 0;
  std::size_t alternative = 0;
  Nearness name;
  Nearness usual;  ///< of a delay: the same
  bool same_time = false;
  std::int64_t time_difference = 0;

  [[nodiscard]] auto order() const {
    return std::tuple(name.rank + usual.rank + (same_time ? 0 : 2), name.rank,
                      name.unlikeness + usual.unlikeness, name.ordinals + usual.ordinals,
                      std::abs(time_difference), position, alternative);
  }
};

std::optional<Candidate> candidate_at(const Matcher& matcher, const Decision& decision,
                                      const Question& question, std::size_t position) {
  if (!same_question(decision, question)) return std::nullopt;
  std::optional<Candidate> best;
  // Of a timer the two alternatives are yes and no, with one name.
  const std::size_t count =
      decision.kind == Decision::Kind::choice && answers_itself(decision.choice)
          ? 1
          : question.offered.size();
  for (std::size_t i = 0; i < count; ++i) {
    Candidate candidate;
    candidate.position = position;
    candidate.alternative = i;
    candidate.name = matcher.nearness(subject_of(decision), question.offered[i]);
    if (candidate.name.rank == 3) continue;
    if (decision.kind == Decision::Kind::choice) {
      candidate.usual = matcher.nearness(decision.instead_of, question.offered[0]);
      if (i == 0 && !answers_itself(decision.choice)) {
        // What was to be preferred is the usual answer now: over the same other one?
        candidate.usual = {};
        for (std::size_t j = 1; j < question.offered.size(); ++j) {
          const auto other = matcher.nearness(decision.instead_of, question.offered[j]);
          if (other.rank < candidate.usual.rank) candidate.usual = other;
        }
      }
    } else {
      candidate.usual = {0, 0, 0};
    }
    candidate.same_time = decision.at_ns < 0 || decision.at_ns == question.at_ns;
    candidate.time_difference = decision.at_ns < 0 ? 0 : question.at_ns - decision.at_ns;
    if (!best || candidate.order() < best->order()) best = candidate;
  }
  if (best && decision.twin > 0) {
    best->alternative =
        find_twin(question.offered, question.offered[best->alternative], decision.twin);
  }
  return best;
}

std::string milliseconds(std::int64_t ns) {
  std::string text = fmt::format("{:.6f}", static_cast<double>(ns) / 1e6);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + " ms";
}

std::string why_name(const Name& then, const Name& now, const Nearness& nearness) {
  switch (nearness.rank) {
    case 0:
      return "the same name";
    case 1:
      return fmt::format("the same strand and label, ordinal #{} instead of #{}", now.ordinal,
                         then.ordinal);
    case 2:
      if (then.strand != now.strand) {
        return fmt::format("'{}' is gone and '{}' is new, nearest to it in the tree of strands",
                           then.strand, now.strand);
      }
      return fmt::format("on {}, '{}' is gone and '{}' is new", now.strand, then.label, now.label);
    default:
      return fmt::format("{} in place of {}", print(now), print(then));
  }
}

std::string why_of(const Decision& decision, const Question& question, const Candidate& candidate) {
  std::string why;
  const auto add = [&](const std::string& part) { why += (why.empty() ? "" : "; ") + part; };
  const Name& now = question.offered[candidate.alternative];
  if (candidate.name.rank > 0) add(why_name(subject_of(decision), now, candidate.name));
  if (decision.kind == Decision::Kind::choice && !answers_itself(decision.choice)) {
    if (candidate.alternative == 0) {
      add("it is the usual answer now");
    } else if (candidate.usual.rank > 0) {
      add("the usual one: " + why_name(decision.instead_of, question.offered[0], candidate.usual));
    }
  }
  if (why.empty()) why = "the same name";
  if (candidate.same_time) return why + "; at the same time";
  const bool later = candidate.time_difference > 0;
  return why + fmt::format("; {} {}", milliseconds(std::abs(candidate.time_difference)),
                           later ? "later" : "earlier");
}

/// What stands where a decision was expected: questions of its kind about its strand and label,
/// else about one of the two, else any; those nearest to its time, in their order.
std::vector<Question> instead_of(const Decision& decision, std::span<const Question> questions,
                                 std::size_t after, std::size_t limit = 3) {
  const auto tier_of = [&](const Question& question) {
    int tier = 2;
    for (const Name& name : question.offered) {
      tier = std::min(
          tier, (name.strand != decision.strand ? 1 : 0) + (name.label != decision.label ? 1 : 0));
    }
    return tier;
  };
  using Place = std::tuple<int, std::int64_t, std::size_t>;  // tier, difference of time, position
  std::vector<Place> places;
  for (std::size_t i = after; i < questions.size(); ++i) {
    const Question& question = questions[i];
    if (!same_question(decision, question)) continue;
    places.emplace_back(tier_of(question),
                        decision.at_ns < 0 ? 0 : std::abs(question.at_ns - decision.at_ns), i);
  }
  std::ranges::sort(places);
  if (!places.empty()) {
    const int nearest = std::get<0>(places.front());
    std::erase_if(places, [&](const Place& place) { return std::get<0>(place) != nearest; });
  }
  if (places.size() > limit) places.resize(limit);
  std::ranges::sort(places, {}, [](const Place& place) { return std::get<2>(place); });
  std::vector<Question> found;
  found.reserve(places.size());
  for (const Place& place : places) found.push_back(questions[std::get<2>(place)]);
  return found;
}

std::vector<std::int64_t> answers_of(std::span<const Question> questions) {
  std::vector<std::int64_t> answers;
  answers.reserve(questions.size());
  for (const Question& question : questions) answers.push_back(question.answer);
  return answers;
}

}  // namespace

int path_similarity(std::string_view a, std::string_view b) {
  return similarity(components(a), components(b));
}

// --- to the end ---------------------------------------------------------------------------------

Followed follow(const std::vector<Decision>& decisions, std::span<const Asked> asked,
                const trace::Trace& trace, const std::function<void(sim::Decider&)>& run) {
  Followed followed;
  followed.meetings.resize(decisions.size());
  Matcher matcher(decisions, asked);
  ReplayDecider::Pins pins;
  std::vector<Question> questions;
  std::vector<std::size_t> met;
  std::vector<bool> taken;  // by question: a decision was met there
  const auto play = [&] {
    ReplayDecider decider(decisions, trace, MeetBy::name_and_time, pins);
    run(decider);
    questions = decider.questions();
    met = decider.met();
    taken.assign(questions.size(), false);
    for (const std::size_t position : met) {
      if (position != ReplayDecider::nowhere) taken[position] = true;
    }
    matcher.look_at(questions);
  };
  play();
  std::size_t next = 0;  // questions up to the last at which an earlier decision was met
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    const Decision& decision = decisions[i];
    Meeting& meeting = followed.meetings[i];
    std::optional<Candidate> best;
    if (met[i] != ReplayDecider::nowhere) {
      best = candidate_at(matcher, decision, questions[met[i]], met[i]);
    } else {
      for (std::size_t p = next; p < questions.size(); ++p) {
        if (taken[p]) continue;
        const auto candidate = candidate_at(matcher, decision, questions[p], p);
        if (candidate && (!best || candidate->order() < best->order())) best = candidate;
      }
    }
    if (best) {
      meeting.question = questions[best->position];
      meeting.alternative = best->alternative;
      meeting.clamped =
          decision.kind == Decision::Kind::delay &&
          (decision.value < meeting.question.low_ns || decision.value > meeting.question.high_ns);
      const bool as_then = met[i] != ReplayDecider::nowhere && best->same_time && !meeting.clamped;
      meeting.how = as_then ? Meeting::How::as_then : Meeting::How::nearest;
      meeting.why = why_of(decision, meeting.question, *best);
    }
    if (meeting.how != Meeting::How::as_then && !followed.drift) {
      const std::size_t place = best ? best->position : next;
      followed.drift = Drift{i, answers_of(std::span(questions).first(place)),
                             instead_of(decision, questions, next)};
    }
    if (!best) continue;
    next = std::max(next, best->position + 1);
    if (met[i] == ReplayDecider::nowhere) {
      pins[best->position] = {i, best->alternative};
      play();
    }
  }
  AskedTable table;
  for (const Question& question : questions) {
    for (const Name& name : question.offered) table.add(question.kind, name);
  }
  followed.asked = table.entries();
  followed.answers = answers_of(questions);
  followed.met_at = std::move(met);
  return followed;
}

}  // namespace raceproof::explore
