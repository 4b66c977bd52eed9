// Plain zone enumeration: depth-first over every choice of symbolic runs. Stateless: each run
// starts from the beginning and follows a path of choices, then the first alternative of each new
// choice.
#include "harness/explore/strategy.hpp"

namespace raceproof::explore {

namespace {

class Enumeration final : public Strategy {
 public:
  [[nodiscard]] std::string name() const override { return "zone enumeration"; }
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
  static bool advance(std::vector<PathDecider::Step>& path, std::size_t fixed) {
    while (path.size() > fixed && path.back().chosen + 1 >= path.back().alternatives) {
      path.pop_back();
    }
    if (path.size() <= fixed) return false;
    ++path.back().chosen;
    return true;
  }

  /// Cuts what is left below `piece` into independent subtrees: at each open level, from the
  /// deepest up, the rest of that level's alternatives. The order is that of the enumeration.
  static std::vector<Piece> split(const Piece& piece) {
    std::vector<Piece> pieces;
    auto path = piece.path;
    pieces.push_back({0, 0, path, path.size()});  // the subtree the enumeration stands before
    while (path.size() > piece.fixed) {
      const PathDecider::Step last = path.back();
      for (std::uint32_t next = last.chosen + 1; next < last.alternatives; ++next) {
        path.back().chosen = next;
        pieces.push_back({0, 0, path, path.size()});
      }
      path.pop_back();
    }
    return pieces;
  }
};

}  // namespace

std::unique_ptr<Strategy> make_enumeration() { return std::make_unique<Enumeration>(); }

}  // namespace raceproof::explore
