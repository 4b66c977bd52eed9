// What a kill leaves of a gateway's sessions: nothing, whatever Beast keeps of their coroutines.
// Counted in live allocations of the whole program, over worlds that run one after another.
#include <algorithm>
#include <cstdlib>
#include <gtest/gtest.h>
#include <new>
#include <string>

#include "harness/campaign/runner.hpp"

namespace {

std::int64_t live_allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  ++live_allocations;
  return memory;
}
void operator delete(void* memory) noexcept {
  if (memory != nullptr) --live_allocations;
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }

namespace raceproof::campaign {
namespace {

// The client reads slowly, so that a frame to it is being written when its close frame comes; the
// answer to that has to wait, and so the session's read is kept in its own socket for a while.
std::string killed_at(int time_ms) {
  return R"(
scenario: a/b
shows: s
source: t
gateway: {threads: 1, readiness: {poll: 100ms}}
network: {clients: 10ms, window: 1024}
process: {kill: [{at: )" +
         std::to_string(time_ms) + R"(ms}]}
clients:
  alice:
    - wait: 500ms
    - connect: {token: valid}
    - expect: session_established
    - read_slowly: 5s
    - send: {type: chat, text: hello, bytes: 4000}
    - wait: 30ms
    - close: 1000
  platform:
    - wait: 2s
)";
}

class Subject {
 public:
  explicit Subject(const std::string& text)
      : scenario_(scenario::load_text(text, "s.yaml").value()),
        runner_(*scenario_->variants().front(), 1) {}

  void run() {
    explore::BaselineDecider decider;
    const RunRecord record = runner_.run(sim::TimeMode::concrete, decider);
    EXPECT_EQ(record.broken, "");
  }
  bool observed(std::string_view name) {
    const auto& trace = runner_.world().trace();
    return std::ranges::any_of(trace.observations(), [&](const auto& observation) {
      return trace.text(observation.name) == name;
    });
  }

 private:
  std::shared_ptr<const scenario::Scenario> scenario_;
  Runner runner_;
};

// Passing means: whenever the kill comes, from before the upgrade to after the close, every run
// after the first two, which fill what is kept for reuse, leaves as much as it found.
TEST(KilledSessions, AreFreed) {
  int accepted = 0;
  int closed = 0;
  int runs = 0;
  for (int time_ms = 500; time_ms < 800; time_ms += 2) {
    Subject subject(killed_at(time_ms));
    for (int i = 0; i < 2; ++i) subject.run();
    const std::int64_t before = live_allocations;
    for (int i = 0; i < 2; ++i) subject.run();
    EXPECT_EQ(live_allocations, before) << "killed at " << time_ms << " ms";
    accepted += subject.observed("session_accepted") ? 1 : 0;
    closed += subject.observed("session_closed") ? 1 : 0;
    ++runs;
  }
  EXPECT_LT(accepted, runs);
  EXPECT_LT(closed, accepted);
  EXPECT_GT(closed, 0);
}

}  // namespace
}  // namespace raceproof::campaign
