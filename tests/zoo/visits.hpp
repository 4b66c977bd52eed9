// What a search met on its way through a program, for comparing searches.
#pragma once

#include <cstdlib>
#include <gtest/gtest.h>
#include <set>
#include <string>

#include "tests/zoo/generated.hpp"

namespace raceproof::zoo {

struct Visits {
  std::uint64_t runs = 0;
  std::uint64_t relaxed = 0;       ///< runs whose times the zone only approximates
  std::set<std::uint64_t> traces;  ///< of possible runs, by `trace_of`
  std::set<std::uint64_t> hashes;  ///< the same by StepLog::class_hash
  std::set<std::pair<std::uint64_t, std::uint64_t>> pairs;  ///< of both
  std::set<std::uint64_t> states;

  void add(explore::Theatre& theatre, sim::StepLog& log, bool stopped) {
    ++runs;
    relaxed += theatre.world().time().relaxed() ? 1 : 0;
    const std::uint64_t trace = trace_of(theatre.stage(), stopped);
    const std::uint64_t hash = log.class_hash();
    traces.insert(trace);
    hashes.insert(hash);
    pairs.insert({trace, hash});
    states.insert(theatre.stage().final_state());
  }
  /// The kernel's identity of a run and ours say the same.
  [[nodiscard]] bool identities_agree() const {
    return pairs.size() == traces.size() && pairs.size() == hashes.size();
  }
};

/// How many programs a test generates: `usual`, or what RACEPROOF_ZOO_PROGRAMS says.
inline std::uint64_t programs_wanted(std::uint64_t usual) {
  const char* wanted = std::getenv("RACEPROOF_ZOO_PROGRAMS");
  return wanted == nullptr ? usual : std::strtoull(wanted, nullptr, 10);
}

/// How many elements are in one of two sets only.
inline std::string difference(const std::set<std::uint64_t>& a, const std::set<std::uint64_t>& b) {
  std::size_t common = 0;
  for (const std::uint64_t element : a) common += b.count(element);
  return std::to_string(a.size()) + " against " + std::to_string(b.size()) + ", " +
         std::to_string(common) + " in both";
}

}  // namespace raceproof::zoo
