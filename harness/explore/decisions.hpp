// Deciders: the baseline, random numbers, priorities, a given path; and what records decisions by
// meaning (replay.hpp plays them).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/sim/decider.hpp"

namespace raceproof::explore {

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): small, seedable, the same on every platform.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  /// Uniform in [0, bound); bound > 0. Multiply-shift (Lemire, 2019); its bias, bound / 2^64, is
  /// below anything a campaign could measure.
  std::uint64_t below(std::uint64_t bound);

 private:
  std::uint64_t state_;
};

/// The usual order and the shortest delays: what "deviation" is counted from.
class BaselineDecider final : public sim::Decider {
 public:
  std::size_t choose(sim::ChoiceKind, std::span<const sim::Meaning>) override { return 0; }
  std::int64_t draw(std::int64_t low_ns, std::int64_t, const sim::Meaning&) override {
    return low_ns;
  }
};

/// Uniform over alternatives; delays uniform, near either end, or of uniformly chosen magnitude (as
/// rr's chaos mode draws starvation times), so that rare corners of a range are met too. Guarantees
/// nothing.
class RandomDecider final : public sim::Decider {
 public:
  explicit RandomDecider(std::uint64_t seed) : random_(seed) {}
  std::size_t choose(sim::ChoiceKind kind, std::span<const sim::Meaning> alternatives) override;
  std::int64_t draw(std::int64_t low_ns, std::int64_t high_ns, const sim::Meaning&) override;

 private:
  Random random_;
};

/// Probabilistic concurrency testing (Burckhardt et al., ASPLOS 2010) with strands as threads:
/// random strand priorities, and `depth` - 1 steps, uniform in [1, steps], at which the running
/// strand falls behind all others. Finds a bug of that depth with probability >= 1 / (strands *
/// steps^(depth-1)). Made for symbolic runs, where which event is next is a choice among all that
/// the ranges allow.
class PctDecider final : public sim::Decider {
 public:
  PctDecider(std::uint64_t seed, int depth, std::uint64_t steps);
  std::size_t choose(sim::ChoiceKind kind, std::span<const sim::Meaning> alternatives) override;
  std::int64_t draw(std::int64_t low_ns, std::int64_t high_ns, const sim::Meaning&) override;

 private:
  std::uint64_t& priority(trace::StrandId strand);
  Random random_;
  std::vector<std::uint64_t> change_points_;
  std::vector<std::uint64_t> priorities_;  // by strand; 0: not drawn yet
  std::uint64_t step_ = 0;
  std::uint64_t lowest_ = 0;
};

/// Follows a path of choices, then always takes the first alternative; remembers how many there
/// were.
class PathDecider final : public sim::Decider {
 public:
  struct Step {
    std::uint32_t chosen = 0;
    std::uint32_t alternatives = 0;
    bool preempts = false;  ///< every alternative but the first interrupts a thread
    friend bool operator==(const Step&, const Step&) = default;
  };
  explicit PathDecider(std::vector<Step>& path) : path_(path) {}
  std::size_t choose(sim::ChoiceKind kind, std::span<const sim::Meaning> alternatives) override;
  std::int64_t draw(std::int64_t low_ns, std::int64_t, const sim::Meaning&) override {
    return low_ns;
  }

 private:
  std::vector<Step>& path_;
  std::size_t depth_ = 0;
};

/// One decision as it is saved: by meaning, with names instead of ids.
struct Decision {
  /// What an alternative means, by name.
  struct Name {
    std::string strand;
    std::string label;
    std::uint32_t ordinal = 0;
    friend bool operator==(const Name&, const Name&) = default;
  };
  enum class Kind : std::uint8_t { choice, delay };
  Kind kind = Kind::choice;
  sim::ChoiceKind choice = sim::ChoiceKind::next_event;
  std::string strand;
  std::string label;
  std::uint32_t ordinal = 0;
  /// A delay: nanoseconds. A comparison or a queued timer: the answer, 0 or 1. Else unused.
  std::int64_t value = 0;
  /// A choice: the baseline's alternative, which it was preferred to. It says when the choice was
  /// made: the same event may have been an alternative, and been passed over, before.
  Name instead_of;
  /// A choice: how many alternatives of the same name come before it. Completions for one strand
  /// that several threads hold have one name.
  std::uint32_t twin = 0;
  /// Virtual time at which it was asked for, in nanoseconds; -1 if that is not known.
  std::int64_t at_ns = -1;
  friend bool operator==(const Decision&, const Decision&) = default;
};

/// What the questions of a run were about: draws and events called `label` on `strand`, `draws` of
/// them draws (0: it was only an alternative of choices). The scenario's parameters are not in it:
/// they are drawn once in every run.
struct Asked {
  std::string strand;
  std::string label;
  std::uint32_t draws = 0;
  friend bool operator==(const Asked&, const Asked&) = default;
};

/// The name behind `meaning`; the strand is empty for the scenario's parameters, which are drawn
/// before there is any strand.
[[nodiscard]] Decision::Name name_of(const trace::Trace& trace, const sim::Meaning& meaning);

/// Collects `Asked`, in the order of first questions.
class AskedTable {
 public:
  void add(Decision::Kind kind, const Decision::Name& name);
  [[nodiscard]] const std::vector<Asked>& entries() const { return entries_; }

 private:
  std::vector<Asked> entries_;
  std::map<std::pair<std::string, std::string>, std::size_t> by_name_;
};

/// Passes every question on and records the answers that are not the baseline's default.
class RecordingDecider final : public sim::Decider {
 public:
  RecordingDecider(sim::Decider& inner, const trace::Trace& trace) : inner_(inner), trace_(trace) {}
  std::size_t choose(sim::ChoiceKind kind, std::span<const sim::Meaning> alternatives) override;
  std::int64_t draw(std::int64_t low_ns, std::int64_t high_ns, const sim::Meaning&) override;
  sim::StepLog* local_time() override { return inner_.local_time(); }
  /// In the order in which they were asked for. Of a run that has ended, and before the trace is
  /// cleared for the next one.
  [[nodiscard]] const std::vector<Decision>& decisions();
  [[nodiscard]] const std::vector<Asked>& asked() const { return asked_.entries(); }

 private:
  void note(Decision decision);
  void settle_time();
  sim::Decider& inner_;
  const trace::Trace& trace_;
  std::vector<Decision> decisions_;
  std::size_t events_before_ = 0;  ///< how many events had happened at the last decision
  bool time_is_open_ = false;      ///< of the last decision
  AskedTable asked_;
};

}  // namespace raceproof::explore
