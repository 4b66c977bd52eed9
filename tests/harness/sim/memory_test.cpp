// What executables that simulate much allocate with: no run may notice it.
#include <gtest/gtest.h>
#include <mimalloc.h>
#include <new>
#include <string>
#include <vector>

#include "harness/sim/leak_guard.hpp"

namespace raceproof::sim {
namespace {

struct Leaks final : LeakObserver {
  void leaked(const Leak& leak) override { calls.push_back(leak.call); }
  std::vector<std::string> calls;
};

TEST(Memory, ComesFromTheLibrary) {
  void* memory = ::operator new(100);
  EXPECT_TRUE(mi_is_in_heap_region(memory));
  ::operator delete(memory);
}

// With its usual settings mimalloc asks thousands of times here.
TEST(Memory, NeverAsksForTheTime) {
  Leaks leaks;
  {
    const LeakWatch watch(leaks);
    for (std::size_t round = 0; round < 20; ++round) {
      std::vector<std::string> pieces;
      for (std::size_t i = 0; i < 20'000; ++i) {
        pieces.emplace_back((i * 37 + round * 11) % 5'000, 'x');
      }
    }
  }
  EXPECT_EQ(leaks.calls, std::vector<std::string>());
}

}  // namespace
}  // namespace raceproof::sim
