#include "harness/sim/leak_guard.hpp"

#include <atomic>
#include <cstdlib>
#include <dlfcn.h>
#include <pthread.h>
#include <sys/random.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <utility>

#include "harness/sim/call_site.hpp"

namespace raceproof::sim {

namespace {

/// Who is told of leaks on this thread; null outside runs.
constinit thread_local LeakObserver* observer = nullptr;

/// Reports the first leak only: what follows it may well be its consequence, and finding out who
/// called is slow.
[[gnu::noinline]] void caught(const char* call, const void* return_address) {
  LeakObserver* told = std::exchange(observer, nullptr);
  told->leaked({call, call_site(return_address)});
}

/// The definition that this program's hides.
template <class Function>
Function* hidden(std::atomic<Function*>& known, const char* name) {
  Function* function = known.load(std::memory_order_relaxed);
  if (function == nullptr) {
    function = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
    known.store(function, std::memory_order_relaxed);
  }
  return function;
}

}  // namespace

LeakWatch::LeakWatch(LeakObserver& told) noexcept : previous_(std::exchange(observer, &told)) {}
LeakWatch::~LeakWatch() { observer = previous_; }

UnsafelyLetTheRealWorldIn::UnsafelyLetTheRealWorldIn() noexcept
    : previous_(std::exchange(observer, nullptr)) {}
UnsafelyLetTheRealWorldIn::~UnsafelyLetTheRealWorldIn() { observer = previous_; }

}  // namespace raceproof::sim

// Defines `symbol`, called `name` in reports, with the real one behind it.
#define RACEPROOF_CATCH(result, symbol, name, parameters, arguments, ...)          \
  extern "C" [[gnu::visibility("default")]] result symbol parameters __VA_ARGS__ { \
    if (raceproof::sim::observer != nullptr) [[unlikely]] {                        \
      raceproof::sim::caught(name, __builtin_return_address(0));                   \
    }                                                                              \
    using Function = result parameters;                                            \
    static constinit std::atomic<Function*> known{nullptr};                        \
    return raceproof::sim::hidden(known, #symbol) arguments;                       \
  }

RACEPROOF_CATCH(int, clock_gettime, "clock_gettime", (clockid_t clock, timespec* out), (clock, out),
                noexcept)
RACEPROOF_CATCH(int, gettimeofday, "gettimeofday", (timeval * out, void* zone), (out, zone),
                noexcept)
RACEPROOF_CATCH(int, timespec_get, "timespec_get", (timespec * out, int base), (out, base),
                noexcept)
RACEPROOF_CATCH(time_t, time, "time", (time_t * out), (out), noexcept)
RACEPROOF_CATCH(clock_t, clock, "clock", (void), (), noexcept)

RACEPROOF_CATCH(ssize_t, getrandom, "getrandom", (void* out, std::size_t size, unsigned flags),
                (out, size, flags))
RACEPROOF_CATCH(int, getentropy, "getentropy", (void* out, std::size_t size), (out, size))
RACEPROOF_CATCH(std::uint32_t, arc4random, "arc4random", (void), (), noexcept)
RACEPROOF_CATCH(void, arc4random_buf, "arc4random_buf", (void* out, std::size_t size), (out, size),
                noexcept)
RACEPROOF_CATCH(std::uint32_t, arc4random_uniform, "arc4random_uniform", (std::uint32_t bound),
                (bound), noexcept)
RACEPROOF_CATCH(unsigned, _ZNSt13random_device9_M_getvalEv, "std::random_device", (void* self),
                (self))
RACEPROOF_CATCH(unsigned, _ZNSt13random_device16_M_getval_pretr1Ev, "std::random_device",
                (void* self), (self))

RACEPROOF_CATCH(int, nanosleep, "nanosleep", (const timespec* length, timespec* left),
                (length, left))
RACEPROOF_CATCH(int, clock_nanosleep, "clock_nanosleep",
                (clockid_t clock, int flags, const timespec* length, timespec* left),
                (clock, flags, length, left))
RACEPROOF_CATCH(int, usleep, "usleep", (useconds_t length), (length))
RACEPROOF_CATCH(unsigned, sleep, "sleep", (unsigned length), (length))

#ifndef __clang__
RACEPROOF_CATCH(int, pthread_create, "pthread_create",
                (pthread_t * thread, const pthread_attr_t* attributes, void* (*start)(void*),
                 void* argument),
                (thread, attributes, start, argument), noexcept)
#endif

namespace raceproof::sim {

bool catches_thread_creation() {
#ifdef __clang__
  return false;
#else
  return true;
#endif
}

}  // namespace raceproof::sim
