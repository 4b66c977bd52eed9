// Faults for tests of what finds them, put into the command by the linker (--wrap) and not by its
// sources: the kernel's arming of waits is replaced by one that does something else besides, for
// the waits whose name an environment variable gives.
//
// RACEPROOF_TEST_PID_IN     makes them longer by as many nanoseconds as the process's number, on
// which no
//                           two processes agree
// RACEPROOF_TEST_CONCRETE_IN makes them 300 ms shorter in concrete runs, not in symbolic ones
// RACEPROOF_TEST_CLOCK_IN   reads the real clock
// RACEPROOF_TEST_CLOCK_ONCE reads it the first time only, as the initialisation of a static would
#include <chrono>
#include <cstdlib>
#include <string_view>
#include <unistd.h>

#include "harness/sim/world.hpp"

namespace {

bool names(const char* variable, std::string_view wait) {
  const char* value = std::getenv(variable);
  return value != nullptr && wait == value;
}

[[gnu::noinline]] std::int64_t read_the_real_clock() {
  return std::chrono::steady_clock::now().time_since_epoch().count() + 1;
}

}  // namespace

// The linker's names for the function that is replaced, and for the one that replaces it.
extern "C" void __real__ZN9raceproof3sim5World8scheduleEjNS_7InstantE(raceproof::sim::World* world,
                                                                      std::uint32_t slot,
                                                                      raceproof::Instant deadline);
extern "C" void __wrap__ZN9raceproof3sim5World8scheduleEjNS_7InstantE(raceproof::sim::World* world,
                                                                      std::uint32_t slot,
                                                                      raceproof::Instant deadline) {
  const auto wait = world->trace().text(world->timed(slot).label);
  if (names("RACEPROOF_TEST_PID_IN", wait)) {
    deadline = deadline + raceproof::Duration(std::chrono::nanoseconds(getpid()));
  }
  if (names("RACEPROOF_TEST_CONCRETE_IN", wait) && !world->time().symbolic()) {
    deadline = deadline - raceproof::Duration(std::chrono::milliseconds(300));
  }
  if (names("RACEPROOF_TEST_CLOCK_IN", wait)) read_the_real_clock();
  if (names("RACEPROOF_TEST_CLOCK_ONCE", wait)) {
    static const std::int64_t first = read_the_real_clock();
    (void)first;
  }
  __real__ZN9raceproof3sim5World8scheduleEjNS_7InstantE(world, slot, deadline);
}
