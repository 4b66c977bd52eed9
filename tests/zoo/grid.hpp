// Concrete runs over all delays.
#pragma once

#include "harness/explore/decisions.hpp"

namespace raceproof::zoo {

/// Takes a drawn delay for a choice among all integers of its range.
class GridDecider final : public sim::Decider {
 public:
  using Path = std::vector<explore::PathDecider::Step>;
  explicit GridDecider(Path& path) : path_(path) {}
  std::size_t choose(sim::ChoiceKind, std::span<const sim::Meaning> alternatives) override {
    return next(alternatives.size());
  }
  std::int64_t draw(std::int64_t low_ns, std::int64_t high_ns, const sim::Meaning&) override {
    return low_ns + static_cast<std::int64_t>(next(static_cast<std::size_t>(high_ns - low_ns + 1)));
  }

 private:
  std::size_t next(std::size_t alternatives) {
    if (depth_ == path_.size())
      path_.push_back({0, static_cast<std::uint32_t>(alternatives), false});
    return path_[depth_++].chosen;
  }
  Path& path_;
  std::size_t depth_ = 0;
};

}  // namespace raceproof::zoo
