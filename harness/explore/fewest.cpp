#include "harness/explore/fewest.hpp"

#include <algorithm>

namespace raceproof::explore {

std::vector<Decision> fewest_decisions(
    std::vector<Decision> decisions,
    const std::function<std::optional<std::vector<Decision>>(const std::vector<Decision>&)>&
        attempt,
    std::size_t attempts_max) {
  std::size_t attempts = 0;
  std::size_t chunk = decisions.size();
  while (chunk > 0 && !decisions.empty()) {
    bool spared = false;
    // From the end: what comes after the moment in question goes first, and at once.
    for (std::size_t end = decisions.size(); end > 0;) {
      if (attempts++ == attempts_max) return decisions;
      end = std::min(end, decisions.size());
      const std::size_t begin = end > chunk ? end - chunk : 0;
      auto fewer = decisions;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(begin),
                  fewer.begin() + static_cast<std::ptrdiff_t>(end));
      if (auto shown = attempt(fewer); shown && shown->size() < decisions.size()) {
        decisions = std::move(*shown);
        spared = true;
      }
      end = begin;
    }
    if (chunk == 1 && !spared) break;
    chunk = std::max<std::size_t>(std::min(chunk, decisions.size()) / 2, 1);
  }
  return decisions;
}

}  // namespace raceproof::explore
