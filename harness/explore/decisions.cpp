#include "harness/explore/decisions.hpp"

#include <algorithm>
#include <bit>
#include <fmt/format.h>

namespace raceproof::explore {

std::uint64_t Random::next() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

std::uint64_t Random::below(std::uint64_t bound) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((Wide{next()} * bound) >> 64);
}

namespace {

std::int64_t random_delay(Random& random, std::int64_t low, std::int64_t high) {
  const auto span = static_cast<std::uint64_t>(high - low);
  const std::uint64_t manner = random.below(8);
  if (manner == 0) return low;
  if (manner == 1) return high;
  if (manner < 5) return low + static_cast<std::int64_t>(random.below(span + 1));
  // A magnitude first: as likely to be a few microseconds inside an end as a few seconds.
  const auto bits = random.below(static_cast<std::uint64_t>(std::bit_width(span)) + 1);
  const std::uint64_t offset = std::min(span, random.next() & ((std::uint64_t{1} << bits) - 1));
  return manner == 7 ? high - static_cast<std::int64_t>(offset)
                     : low + static_cast<std::int64_t>(offset);
}

}  // namespace

std::size_t RandomDecider::choose(sim::ChoiceKind, std::span<const sim::Meaning> alternatives) {
  return random_.below(alternatives.size());
}

std::int64_t RandomDecider::draw(std::int64_t low_ns, std::int64_t high_ns, const sim::Meaning&) {
  return random_delay(random_, low_ns, high_ns);
}

PctDecider::PctDecider(std::uint64_t seed, int depth, std::uint64_t steps) : random_(seed) {
  for (int i = 1; i < depth; ++i) {
    change_points_.push_back(1 + random_.below(std::max<std::uint64_t>(steps, 1)));
  }
  lowest_ = static_cast<std::uint64_t>(depth);
}

std::uint64_t& PctDecider::priority(trace::StrandId strand) {
  if (strand >= priorities_.size()) priorities_.resize(strand + 1, 0);
  if (priorities_[strand] == 0) priorities_[strand] = random_.next() | (std::uint64_t{1} << 63);
  return priorities_[strand];
}

std::size_t PctDecider::choose(sim::ChoiceKind kind, std::span<const sim::Meaning> alternatives) {
  const bool about_strands =
      kind != sim::ChoiceKind::comparison && kind != sim::ChoiceKind::timer_queued;
  if (!about_strands) return random_.below(alternatives.size());
  std::size_t best = 0;
  for (std::size_t i = 1; i < alternatives.size(); ++i) {
    if (priority(alternatives[i].strand) > priority(alternatives[best].strand)) best = i;
  }
  ++step_;
  if (std::ranges::find(change_points_, step_) != change_points_.end()) {
    priority(alternatives[best].strand) = lowest_--;
  }
  return best;
}

std::int64_t PctDecider::draw(std::int64_t low_ns, std::int64_t high_ns, const sim::Meaning&) {
  return random_delay(random_, low_ns, high_ns);
}

std::size_t PathDecider::choose(sim::ChoiceKind kind, std::span<const sim::Meaning> alternatives) {
  if (depth_ == path_.size()) path_.emplace_back();
  Step& step = path_[depth_++];
  step.alternatives = static_cast<std::uint32_t>(alternatives.size());
  step.preempts = kind == sim::ChoiceKind::thread_step;
  return step.chosen;
}

namespace {

/// Empty for the scenario's parameters, which are drawn before there is any strand.
std::string_view strand_of(const trace::Trace& trace, const sim::Meaning& meaning) {
  return meaning.strand < trace.strand_count() ? trace.strand_name(meaning.strand)
                                               : std::string_view();
}

Decision::Name name_of(const trace::Trace& trace, const sim::Meaning& meaning) {
  return {std::string(strand_of(trace, meaning)), std::string(trace.text(meaning.label)),
          meaning.ordinal};
}

}  // namespace

std::size_t RecordingDecider::choose(sim::ChoiceKind kind,
                                     std::span<const sim::Meaning> alternatives) {
  const std::size_t chosen = inner_.choose(kind, alternatives);
  if (chosen != 0) {
    auto [strand, label, ordinal] = name_of(trace_, alternatives[chosen]);
    decisions_.push_back({Decision::Kind::choice, kind, std::move(strand), std::move(label),
                          ordinal, static_cast<std::int64_t>(chosen),
                          name_of(trace_, alternatives[0])});
  }
  return chosen;
}

std::int64_t RecordingDecider::draw(std::int64_t low_ns, std::int64_t high_ns,
                                    const sim::Meaning& meaning) {
  const std::int64_t value = inner_.draw(low_ns, high_ns, meaning);
  if (value != low_ns) {
    auto [strand, label, ordinal] = name_of(trace_, meaning);
    decisions_.push_back({Decision::Kind::delay,
                          sim::ChoiceKind::next_event,
                          std::move(strand),
                          std::move(label),
                          ordinal,
                          value,
                          {}});
  }
  return value;
}

bool ReplayDecider::matches(const Decision& decision, const sim::Meaning& meaning) const {
  return decision.ordinal == meaning.ordinal && decision.label == trace_.text(meaning.label) &&
         decision.strand == strand_of(trace_, meaning);
}

bool ReplayDecider::is_instead_of(const Decision& decision, const sim::Meaning& usual) const {
  return decision.instead_of.ordinal == usual.ordinal &&
         decision.instead_of.label == trace_.text(usual.label) &&
         decision.instead_of.strand == strand_of(trace_, usual);
}

std::size_t ReplayDecider::choose(sim::ChoiceKind kind,
                                  std::span<const sim::Meaning> alternatives) {
  for (std::size_t i = 0; i < decisions_.size(); ++i) {
    const Decision& decision = decisions_[i];
    if (used_[i] || decision.kind != Decision::Kind::choice || decision.choice != kind) continue;
    if (!is_instead_of(decision, alternatives[0])) continue;
    for (std::size_t k = 0; k < alternatives.size(); ++k) {
      if (!matches(decision, alternatives[k])) continue;
      used_[i] = true;
      const bool by_answer =
          kind == sim::ChoiceKind::comparison || kind == sim::ChoiceKind::timer_queued;
      return by_answer ? static_cast<std::size_t>(decision.value) : k;
    }
  }
  return 0;
}

std::int64_t ReplayDecider::draw(std::int64_t low_ns, std::int64_t high_ns,
                                 const sim::Meaning& meaning) {
  for (std::size_t i = 0; i < decisions_.size(); ++i) {
    const Decision& decision = decisions_[i];
    if (used_[i] || decision.kind != Decision::Kind::delay || !matches(decision, meaning)) continue;
    used_[i] = true;
    return std::clamp(decision.value, low_ns, high_ns);
  }
  return low_ns;
}

std::vector<std::string> ReplayDecider::missed() const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < decisions_.size(); ++i) {
    if (used_[i]) continue;
    names.push_back(fmt::format("{} / {} #{}", decisions_[i].strand, decisions_[i].label,
                                decisions_[i].ordinal));
  }
  return names;
}

}  // namespace raceproof::explore
