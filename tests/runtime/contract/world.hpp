// What a form of the runtime provides so that the contract suite can run on it.
//
// The suite (`contract/*.cpp`) says what every `Runtime` does, whatever it rests on. A form
// implements `World`, and instantiates `RuntimeContract` with factories of its worlds.
#pragma once

#include <boost/asio/this_coro.hpp>
#include <cstdint>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <ostream>
#include <string>

#include "runtime/runtime.hpp"

namespace raceproof::contract {

/// A runtime, and a way to run a coroutine on it to its end.
class World {
 public:
  World() = default;
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  virtual ~World() = default;

  virtual Runtime& runtime() = 0;
  /// The strand that `run` runs bodies on: one made outside all strands.
  virtual Executor strand() = 0;
  /// Runs `body` on `strand()` until it completes; throws what leaves it. A body that does not end
  /// in `limit` of the world's time is a failed test.
  virtual void run(Awaitable<> body) = 0;
  static constexpr std::chrono::seconds limit{30};

  /// A host that the world's own listeners and connects use.
  virtual std::string host() = 0;
  /// A port of that host at which nobody listens.
  virtual std::uint16_t free_port() = 0;

  /// How many handlers can run at once.
  virtual int threads() = 0;
  /// Whether handlers of different strands may run on different threads of the operating system, so
  /// that even a handler's own actions are not atomic for the others.
  virtual bool is_parallel() = 0;
};

/// One way to make worlds. Two worlds made with the same seed give the same random numbers.
struct Form {
  std::string name;
  std::function<std::unique_ptr<World>(std::uint64_t seed)> make;
};

inline void PrintTo(const Form& form, std::ostream* out) { *out << form.name; }

inline std::string form_name(const testing::TestParamInfo<Form>& info) { return info.param.name; }

/// Base of every test of the suite.
class RuntimeContract : public testing::TestWithParam<Form> {
 protected:
  std::unique_ptr<World> world_ = GetParam().make(1);
  Runtime& runtime_ = world_->runtime();
  Executor strand_ = world_->strand();
};

// The suites; each has a source of its own.
class Strands : public RuntimeContract {};
class Calls : public RuntimeContract {};
class Waits : public RuntimeContract {};
class Tasks : public RuntimeContract {};
class Time : public RuntimeContract {};
class Streams : public RuntimeContract {};
class Listeners : public RuntimeContract {};
class BeastOverStream : public RuntimeContract {};

}  // namespace raceproof::contract

/// Runs the whole suite on `forms`, for instance `testing::Values(Form{...}, Form{...})`. In
/// namespace raceproof::contract.
#define RACEPROOF_INSTANTIATE_CONTRACT(prefix, forms)            \
  INSTANTIATE_TEST_SUITE_P(prefix, Strands, forms, form_name);   \
  INSTANTIATE_TEST_SUITE_P(prefix, Calls, forms, form_name);     \
  INSTANTIATE_TEST_SUITE_P(prefix, Waits, forms, form_name);     \
  INSTANTIATE_TEST_SUITE_P(prefix, Tasks, forms, form_name);     \
  INSTANTIATE_TEST_SUITE_P(prefix, Time, forms, form_name);      \
  INSTANTIATE_TEST_SUITE_P(prefix, Streams, forms, form_name);   \
  INSTANTIATE_TEST_SUITE_P(prefix, Listeners, forms, form_name); \
  INSTANTIATE_TEST_SUITE_P(prefix, BeastOverStream, forms, form_name)
