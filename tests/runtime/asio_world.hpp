// The production form of the runtime as a world of the contract suite, and for the other tests of
// it.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <optional>

#include "runtime/asio/runtime.hpp"
#include "tests/free_port.hpp"
#include "tests/runtime/contract/world.hpp"

namespace raceproof::contract {

class AsioWorld final : public World {
 public:
  explicit AsioWorld(AsioOptions options)
      : threads_(options.threads),
        runtime_(with_failures(std::move(options))),
        strand_(runtime_.make_strand("test")) {}

  AsioRuntime& runtime() override { return runtime_; }
  Executor strand() override { return strand_; }

  void run(Awaitable<> body) override {
    std::optional<std::exception_ptr> ended;
    asio::co_spawn(strand_, std::move(body), [&](std::exception_ptr error) {
      ended = error;
      runtime_.stop();
    });
    asio::steady_timer watchdog(runtime_.context(), limit);
    watchdog.async_wait([&](ErrorCode error) {
      if (!error) runtime_.stop();
    });
    runtime_.run();
    if (!ended) {
      ADD_FAILURE() << "the body did not end within " << limit.count() << " s";
    } else if (*ended) {
      std::rethrow_exception(*ended);
    }
  }

  std::string host() override { return "127.0.0.1"; }
  std::uint16_t free_port() override { return test::free_port(); }
  int threads() override { return threads_; }
  bool is_parallel() override { return threads_ > 1; }

 private:
  static AsioOptions with_failures(AsioOptions options) {
    if (!options.on_failure) {
      options.on_failure = [](std::string_view task, const std::exception_ptr&) {
        ADD_FAILURE() << "task '" << task << "' failed";
      };
    }
    return options;
  }

  int threads_;
  AsioRuntime runtime_;
  Executor strand_;  // after the runtime: must be destroyed before it
};

}  // namespace raceproof::contract
