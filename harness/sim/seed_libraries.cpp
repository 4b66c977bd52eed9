// Beast seeds the generators of its masks from std::random_device at their first use, once per
// program (Boost 1.81, websocket/detail/prng.ipp). Masks decide nothing, and digests leave them
// out.
#include <boost/beast/websocket/stream.hpp>
#include <random>

#include "harness/sim/leak_guard.hpp"

namespace raceproof::sim {

void seed_libraries() {
  static const bool once = [] {
    std::seed_seq fixed{1, 2, 3, 4, 5, 6, 7, 8};
    boost::beast::websocket::seed_prng(fixed);
    return true;
  }();
  (void)once;
}

}  // namespace raceproof::sim
