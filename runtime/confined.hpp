// State that belongs to one strand, and says so when it is touched from elsewhere.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "runtime/runtime.hpp"

namespace raceproof {

/// A value that only its strand may touch. Every access checks that, in all builds but release
/// (RACEPROOF_CHECK_CONFINEMENT); a violation aborts with both names, because a simulated world is
/// one OS thread, where a thread sanitizer sees nothing.
template <class T>
class Confined {
 public:
  template <class... Arguments>
  Confined(Runtime& runtime, Executor strand, Arguments&&... arguments)
      : runtime_(&runtime),
        strand_(std::move(strand)),
        value_(std::forward<Arguments>(arguments)...) {}

  T& operator*() { return check(), value_; }
  const T& operator*() const { return check(), value_; }
  T* operator->() { return check(), &value_; }
  const T* operator->() const { return check(), &value_; }

 private:
  void check() const {
#ifdef RACEPROOF_CHECK_CONFINEMENT
    if (runtime_->running_on(strand_)) return;
    const auto name = runtime_->strand_name(strand_);
    std::fprintf(stderr, "raceproof: state confined to strand '%.*s' touched from another strand\n",
                 static_cast<int>(name.size()), name.data());
    std::abort();
#endif
  }

  Runtime* runtime_;
  Executor strand_;
  T value_;
};

}  // namespace raceproof
