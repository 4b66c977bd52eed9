#include "runtime/time.hpp"

namespace raceproof {

thread_local TimeAlgebra* TimeAlgebra::current = nullptr;

}  // namespace raceproof
