// operator new and delete of executables that simulate much are mimalloc's (docs/decisions/0013).
#include <mimalloc-new-delete.h>

namespace {

/// mimalloc asks for the time to learn for how long memory has been free, before it gives it back.
/// Inside a run that would be a leak (leak_guard.hpp), so memory is kept; what was allocated before
/// this line is given back without a look at the clock.
[[maybe_unused]] const bool never_asks_for_the_time = [] {
  mi_option_set(mi_option_allow_decommit, 0);
  mi_option_set(mi_option_decommit_delay, 0);
  return true;
}();

}  // namespace
