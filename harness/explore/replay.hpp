// Playing recorded decisions again, by meaning, in a program that may have changed since.
//
// A decision is met when its question is asked: the draw of that name, or a choice between the
// recorded alternative and the one that was usual then. What was recorded at a known time is met at
// that time only, so that an ordinal that has shifted is not taken for the old one. `follow` looks
// for the nearest question to each decision that is not met, follows it there, and plays on: it
// needs one run more for each such decision. Nothing in it is random.
//
// How near a question is to a decision: the sum of
//     its name             0 the same   1 another ordinal   2 renamed
//     the usual one's      0 the same   1 another ordinal   2 renamed   3 another   (choices only)
//     its time             0 the same   2 another
// Of equally near ones: the nearer name, the more similar one, the smaller difference of ordinals,
// of times, the earlier. A strand counts as renamed if nothing is asked about the old name any
// more, nothing was asked about the new one then, and at least half of their paths agree, in order;
// a label, if that holds of it on the same strand. Decisions keep their order: a question is
// considered only after those at which the earlier decisions were met.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/explore/decisions.hpp"

namespace raceproof::explore {

/// One question of a run, by meaning, with its answer.
struct Question {
  Decision::Kind kind = Decision::Kind::choice;
  sim::ChoiceKind choice = sim::ChoiceKind::next_event;
  /// A choice: the alternatives, the usual one first. A delay: the one draw.
  std::vector<Decision::Name> offered;
  std::int64_t low_ns = 0;   ///< a delay: its range
  std::int64_t high_ns = 0;  ///< likewise
  std::int64_t answer = 0;   ///< nanoseconds, or the position of the alternative
  std::int64_t at_ns = 0;    ///< virtual time
};

/// Whether decisions are met at their recorded times only.
enum class MeetBy : std::uint8_t { name_and_time, name };

/// Answers from recorded decisions, by meaning, and everything else as the baseline does.
class ReplayDecider final : public sim::Decider {
 public:
  /// Use `decision` at one question wherever that one's name or time differ.
  struct Pin {
    std::size_t decision = 0;
    std::size_t alternative = 0;  ///< of a choice
  };
  /// By position of the question in the run, from 0.
  using Pins = std::map<std::size_t, Pin>;

  ReplayDecider(std::vector<Decision> decisions, const trace::Trace& trace,
                MeetBy by = MeetBy::name_and_time, Pins pins = {});
  std::size_t choose(sim::ChoiceKind kind, std::span<const sim::Meaning> alternatives) override;
  std::int64_t draw(std::int64_t low_ns, std::int64_t high_ns, const sim::Meaning&) override;

  /// Decisions that were not met, as "strand / label #ordinal".
  [[nodiscard]] std::vector<std::string> missed() const;
  /// Position of the question at which each decision was met; `nowhere` if it was not.
  [[nodiscard]] const std::vector<std::size_t>& met() const { return met_; }
  static constexpr std::size_t nowhere = SIZE_MAX;
  /// All questions so far. After the end of a run, and before the trace is cleared.
  [[nodiscard]] const std::vector<Question>& questions();

 private:
  [[nodiscard]] bool is_free(std::size_t decision, const Question& question) const;
  void settle_time();
  std::vector<Decision> decisions_;
  std::vector<std::size_t> met_;
  std::vector<bool> pinned_;  // by decision
  const trace::Trace& trace_;
  MeetBy by_;
  Pins pins_;
  std::vector<Question> questions_;
  std::size_t events_before_ = 0;  // the last question
  bool time_is_open_ = false;      // likewise
};

/// The first answers of a run, then another decider's: a run up to one of its questions, and
/// something else from there on.
class PrefixDecider final : public sim::Decider {
 public:
  PrefixDecider(std::vector<std::int64_t> answers, sim::Decider& then)
      : answers_(std::move(answers)), then_(then) {}
  std::size_t choose(sim::ChoiceKind kind, std::span<const sim::Meaning> alternatives) override;
  std::int64_t draw(std::int64_t low_ns, std::int64_t high_ns, const sim::Meaning&) override;

 private:
  std::vector<std::int64_t> answers_;
  std::size_t next_ = 0;
  sim::Decider& then_;
};

/// How a decision fared.
struct Meeting {
  enum class How : std::uint8_t {
    as_then,  ///< the same name, at the same time
    nearest,  ///< another question was taken for it
    nowhere,  ///< nothing near was asked
  };
  How how = How::nowhere;
  /// The question at which it was followed, unless nowhere.
  Question question;
  std::size_t alternative = 0;  ///< of a choice: which of `question.offered` was taken for it
  /// Why that question: "same strand and label, another ordinal (#4); 1.000 ms later".
  std::string why;
  /// A delay: the recorded one is outside the range, and the nearest end was taken.
  bool clamped = false;
};

/// The first decision that was not met as it was then.
struct Drift {
  std::size_t decision = 0;  ///< from 0
  /// The answers of the run up to there: all decisions before it were followed.
  std::vector<std::int64_t> before;
  /// What the program asked for instead: the questions around the place where it was expected; a
  /// few at the most.
  std::vector<Question> instead;
};

/// A replay, to its end.
struct Followed {
  std::vector<Meeting> meetings;      ///< by decision
  std::optional<Drift> drift;         ///< nothing if every decision was met as then
  std::vector<std::int64_t> answers;  ///< of the last run, all: it can be repeated with them
  std::vector<Asked> asked;           ///< what the last run's questions were about
  /// Position in the last run of the question at which each decision was met; `nowhere` if it was
  /// not.
  std::vector<std::size_t> met_at;
};

/// Follows `decisions` as far as the program goes along. `asked` is what the recorded run's
/// questions were about, empty if that is not known. `run` performs one run under the decider it is
/// given and leaves its trace, which is `trace`. The last run is the one that `Followed` tells of.
[[nodiscard]] Followed follow(const std::vector<Decision>& decisions, std::span<const Asked> asked,
                              const trace::Trace& trace,
                              const std::function<void(sim::Decider&)>& run);

/// "redis/redis 'redis reply' #4"; "$name" for a parameter of the scenario.
[[nodiscard]] std::string print(const Decision::Name& name);

/// Share of the components that two paths have in common, in order: 0 to 1000.
[[nodiscard]] int path_similarity(std::string_view a, std::string_view b);

}  // namespace raceproof::explore
