// A fault for tests of `--determinism`, put into the command by the linker (--wrap) and not by its
// sources: the kernel's arming of waits is replaced by one that makes the waits that are called as
// RACEPROOF_TEST_WAIT says longer by as many nanoseconds as the process's number. No two processes
// agree on that.
#include <unistd.h>

#include <chrono>
#include <cstdlib>

#include "harness/sim/world.hpp"

// The linker's names for the function that is replaced, and for the one that replaces it.
extern "C" void __real__ZN9raceproof3sim5World8scheduleEjNS_7InstantE(raceproof::sim::World* world,
                                                                     std::uint32_t slot,
                                                                     raceproof::Instant deadline);
extern "C" void __wrap__ZN9raceproof3sim5World8scheduleEjNS_7InstantE(raceproof::sim::World* world,
                                                                     std::uint32_t slot,
                                                                     raceproof::Instant deadline) {
  const char* wait = std::getenv("RACEPROOF_TEST_WAIT");
  if (wait != nullptr && world->trace().text(world->timed(slot).label) == wait) {
    deadline = deadline + raceproof::Duration(std::chrono::nanoseconds(getpid()));
  }
  __real__ZN9raceproof3sim5World8scheduleEjNS_7InstantE(world, slot, deadline);
}
