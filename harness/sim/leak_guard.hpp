// The leak guard: while a world runs on a thread, what would let the real world into it is caught.
//
// The program itself defines clock_gettime, gettimeofday, time, getrandom, nanosleep,
// pthread_create and their like, and std::random_device's source; the dynamic linker prefers these
// definitions, also for the calls that libstdc++ makes. Each passes the call on, so nothing changes
// but that a call made inside a run is reported, with the line or function that made it. Outside
// runs that costs one look at a thread-local pointer.
//
// Not caught: what needs no call (rdtsc, rdrand), what libc does inside itself,
// open("/dev/urandom"), system calls made by number, and waits with a time-out (poll,
// pthread_cond_clockwait), which only a thread that should not exist makes. With clang, thread
// creation is not caught: clang's sanitizers define pthread_create in the program as well, and
// break when theirs is not the one that is called.
#pragma once

#include <string>

namespace raceproof::sim {

/// One call that a run must not make.
struct Leak {
  std::string call;  ///< "clock_gettime", "std::random_device", ...
  std::string site;  ///< who called it, see call_site.hpp
  [[nodiscard]] std::string text() const { return call + ", called from " + site; }
};

/// Is told of a leak, on the thread and in the call that leaks.
class LeakObserver {
 public:
  virtual void leaked(const Leak& leak) = 0;

 protected:
  ~LeakObserver() = default;
};

/// While it lives, the first leak on this thread goes to `observer`. Nests: the inner one counts.
class LeakWatch {
 public:
  explicit LeakWatch(LeakObserver& observer) noexcept;
  LeakWatch(const LeakWatch&) = delete;
  LeakWatch& operator=(const LeakWatch&) = delete;
  ~LeakWatch();

 private:
  LeakObserver* previous_;
};

/// While it lives, this thread may ask the real world for anything in the middle of a run, which
/// then is no longer a function of its decisions. For tests.
class UnsafelyLetTheRealWorldIn {
 public:
  UnsafelyLetTheRealWorldIn() noexcept;
  UnsafelyLetTheRealWorldIn(const UnsafelyLetTheRealWorldIn&) = delete;
  UnsafelyLetTheRealWorldIn& operator=(const UnsafelyLetTheRealWorldIn&) = delete;
  ~UnsafelyLetTheRealWorldIn();

 private:
  LeakObserver* previous_;
};

/// Whether this build catches the creation of threads.
[[nodiscard]] bool catches_thread_creation();

/// Gives libraries that ask the system for entropy at their first use (Beast, for the masks of
/// WebSocket frames) a fixed seed instead, once per program. Before a world runs.
void seed_libraries();

}  // namespace raceproof::sim
