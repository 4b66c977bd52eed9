// Random small programs, for holding searches against brute force.
//
// A program is a list of bodies. Each belongs to a strand, and is what one armed step does when it
// happens. A body arms only bodies that stand behind it, so every program ends. Programs are data,
// so that one that shows a disagreement can be printed, and made smaller until every part of it is
// needed.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/explore/program.hpp"

namespace raceproof::zoo {

/// One thing that a body does. `r` is the register of its strand.
struct Operation {
  enum class Kind : std::uint8_t {
    read,               ///< r = cell
    write,              ///< cell = value
    add,                ///< cell = r + 1
    compare_exchange,   ///< r = whether cell was r and now is `value`
    arm,                ///< arms `body`, after a delay in [low, high]
    arm_by_parameter,   ///< arms `body`, after the named delay
    arm_at,             ///< arms `body` at the remembered instant plus low
    cancel,             ///< cancels `body`, if it runs on this strand and was armed by it
    cancel_and_write,   ///< likewise, and cell = value if that was in time
    remember,           ///< the strand's instant = now
    compare,            ///< r = whether now is before the remembered instant plus low
    compare_parameter,  ///< r = whether the named delay is less than low
    stop,               ///< ends the run
    leave,              ///< the strand is done; the run ends when all are that ever leave
  };
  Kind kind = Kind::read;
  /// Done only if r is this; below 0: always.
  int only_if = -1;
  int cell = 0;
  int value = 0;
  int body = 0;
  std::int64_t low = 0;
  std::int64_t high = 0;
};

struct Body {
  int strand = 0;
  std::vector<Operation> operations;
};

struct Generated {
  bool timed = false;
  int strands = 0;
  int cells = 0;
  std::int64_t parameter_low = 0;
  std::int64_t parameter_high = 0;
  std::vector<Body> bodies;
  std::vector<Operation> first;  ///< arms what is pending at the start
};

struct GeneratorOptions {
  bool timed = false;
  bool conditions = true;  ///< what a step does may depend on what it reads
  bool exchanges = true;
  bool cancels = true;
  bool stops = true;
  bool leaves = true;
  bool comparisons = true;  ///< timed programs only
  bool parameter = true;    ///< timed programs only
};

/// The `seed`-th program.
Generated generate(std::uint64_t seed, const GeneratorOptions& options);
explore::Program perform(const Generated& program);
std::string print(const Generated& program);
/// The smallest program found by leaving parts out of `program` that still is as `wrong` says.
Generated shrink(Generated program, const std::function<bool(const Generated&)>& wrong);

/// The Mazurkiewicz trace of a recorded run, from what its steps did to strands and cells and not
/// from the kernel's own account of it: equal for runs that differ in the order of independent
/// steps only. Steps that end the run depend on all others.
std::uint64_t trace_of(const explore::Stage& stage, bool stopped);

}  // namespace raceproof::zoo
