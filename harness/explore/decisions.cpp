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

Decision::Name name_of(const trace::Trace& trace, const sim::Meaning& meaning) {
  const auto strand = meaning.strand < trace.strand_count() ? trace.strand_name(meaning.strand)
                                                            : std::string_view();
  return {std::string(strand), std::string(trace.text(meaning.label)), meaning.ordinal};
}

void AskedTable::add(Decision::Kind kind, const Decision::Name& name) {
  if (name.strand.empty()) return;
  const auto [known, is_new] = by_name_.try_emplace({name.strand, name.label}, entries_.size());
  if (is_new) entries_.push_back({name.strand, name.label, 0});
  if (kind == Decision::Kind::delay) ++entries_[known->second].draws;
}

std::size_t RecordingDecider::choose(sim::ChoiceKind kind,
                                     std::span<const sim::Meaning> alternatives) {
  settle_time();
  const std::size_t chosen = inner_.choose(kind, alternatives);
  for (const auto& offered : alternatives) {
    asked_.add(Decision::Kind::choice, name_of(trace_, offered));
  }
  if (chosen != 0) {
    auto [strand, label, ordinal] = name_of(trace_, alternatives[chosen]);
    // Of these two the alternatives are the answers, under one name.
    const bool answer =
        kind == sim::ChoiceKind::comparison || kind == sim::ChoiceKind::timer_queued;
    const auto is_twin = [&](const sim::Meaning& other) {
      const auto& mine = alternatives[chosen];
      return other.strand == mine.strand && other.label == mine.label &&
             other.ordinal == mine.ordinal;
    };
    const auto twins = answer ? 0 : std::ranges::count_if(alternatives.first(chosen), is_twin);
    note({Decision::Kind::choice, kind, std::move(strand), std::move(label), ordinal,
          static_cast<std::int64_t>(chosen), name_of(trace_, alternatives[0]),
          static_cast<std::uint32_t>(twins)});
  }
  return chosen;
}

std::int64_t RecordingDecider::draw(std::int64_t low_ns, std::int64_t high_ns,
                                    const sim::Meaning& meaning) {
  settle_time();
  const std::int64_t value = inner_.draw(low_ns, high_ns, meaning);
  auto name = name_of(trace_, meaning);
  asked_.add(Decision::Kind::delay, name);
  if (value != low_ns) {
    auto& [strand, label, ordinal] = name;
    note({Decision::Kind::delay,
          sim::ChoiceKind::next_event,
          std::move(strand),
          std::move(label),
          ordinal,
          value,
          {}});
  }
  return value;
}

void RecordingDecider::note(Decision decision) {
  const auto& events = trace_.events();
  decision.at_ns = events.empty() ? 0 : events.back().time_ns;
  // Which event is next is asked before time moves on to it.
  time_is_open_ =
      decision.kind == Decision::Kind::choice && decision.choice == sim::ChoiceKind::next_event;
  events_before_ = events.size();
  decisions_.push_back(std::move(decision));
}

void RecordingDecider::settle_time() {
  const auto& events = trace_.events();
  if (!time_is_open_ || events_before_ >= events.size()) return;
  decisions_.back().at_ns = events[events_before_].time_ns;
  time_is_open_ = false;
}

const std::vector<Decision>& RecordingDecider::decisions() {
  settle_time();
  return decisions_;
}

}  // namespace raceproof::explore
