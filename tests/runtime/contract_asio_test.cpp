// The contract suite on the production runtime: one thread, and a pool.
#include "tests/runtime/asio_world.hpp"

namespace raceproof::contract {
namespace {

Form asio_form(int threads) {
  return {"threads" + std::to_string(threads), [threads](std::uint64_t seed) {
            return std::make_unique<AsioWorld>(AsioOptions{.threads = threads, .seed = seed});
          }};
}

}  // namespace

RACEPROOF_INSTANTIATE_CONTRACT(Asio, testing::Values(asio_form(1), asio_form(4)));

}  // namespace raceproof::contract
