// Plain zone enumeration: depth-first over every choice of symbolic runs. Stateless: each run
// starts from the beginning and follows a path of choices, then the first alternative of each new
// choice. With bounds, branches beyond them are left out.
#include <fmt/format.h>

#include "harness/explore/strategy.hpp"

namespace raceproof::explore {

namespace {

std::string counted(std::uint32_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

class Enumeration final : public Strategy {
 public:
  explicit Enumeration(const SearchBounds& bounds) : bounds_(bounds) {}
  [[nodiscard]] std::string name() const override { return "zone enumeration"; }
  [[nodiscard]] std::string bound() const override {
    std::string text;
    if (bounds_.delays != UINT32_MAX) text = counted(bounds_.delays, "delay");
    if (bounds_.preemptions != UINT32_MAX) {
      text += (text.empty() ? "" : ", ") + counted(bounds_.preemptions, "preemption");
    }
    return text;
  }
  [[nodiscard]] sim::TimeMode time() const override { return sim::TimeMode::symbolic; }
  [[nodiscard]] bool exhaustive() const override { return true; }
  [[nodiscard]] bool independent() const override { return false; }
  [[nodiscard]] std::vector<Piece> begin(std::uint64_t) const override { return {Piece{}}; }

  [[nodiscard]] std::vector<Piece> work(Piece piece, std::uint64_t runs_max,
                                        const Run& run) const override {
    RunKey key{0, std::move(piece.path)};
    for (std::uint64_t done = 0; done < runs_max; ++done) {
      PathDecider decider(key.path);  // completes the path as the run goes
      if (!run(decider, key)) return {};
      if (!advance(key.path, piece.fixed)) return {};
    }
    piece.path = std::move(key.path);
    return split(piece);
  }

  [[nodiscard]] std::unique_ptr<sim::Decider> repeat(RunKey& key) const override {
    return std::make_unique<PathDecider>(key.path);
  }

 private:
  /// On to the next path, not touching the first `fixed` choices; false if there is none.
  bool advance(std::vector<PathDecider::Step>& path, std::size_t fixed) const {
    while (path.size() > fixed) {
      if (path.back().chosen + 1 < path.back().alternatives) {
        ++path.back().chosen;
        if (within_bounds(path)) return true;
        // The alternatives after it cost as much, or more.
      }
      path.pop_back();
    }
    return false;
  }

  [[nodiscard]] bool within_bounds(const std::vector<PathDecider::Step>& path) const {
    std::uint64_t delays = 0;
    std::uint64_t preemptions = 0;
    for (const auto& step : path) {
      delays += step.chosen;
      preemptions += step.preempts && step.chosen != 0 ? 1 : 0;
    }
    return delays <= bounds_.delays && preemptions <= bounds_.preemptions;
  }

  /// Cuts what is left below `piece` into independent subtrees: at each open level, from the
  /// deepest up, the rest of that level's alternatives. The order is that of the enumeration.
  [[nodiscard]] std::vector<Piece> split(const Piece& piece) const {
    std::vector<Piece> pieces;
    auto path = piece.path;
    pieces.push_back({0, 0, path, path.size()});  // the subtree the enumeration stands before
    while (path.size() > piece.fixed) {
      const PathDecider::Step last = path.back();
      for (std::uint32_t next = last.chosen + 1; next < last.alternatives; ++next) {
        path.back().chosen = next;
        if (!within_bounds(path)) break;
        pieces.push_back({0, 0, path, path.size()});
      }
      path.pop_back();
    }
    return pieces;
  }

  SearchBounds bounds_;
};

}  // namespace

std::unique_ptr<Strategy> make_enumeration(const SearchBounds& bounds) {
  return std::make_unique<Enumeration>(bounds);
}

}  // namespace raceproof::explore
