// Collects what several production runtimes observe into one trace.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "harness/trace/trace.hpp"
#include "runtime/asio/runtime.hpp"

namespace raceproof::campaign {

/// Thread-safe. Each observation is an event of its own whose cause is the start of the run: on the
/// wall clock nobody knows what led to what, so a check that asks for a cause cannot be judged.
class WallRecorder {
 public:
  WallRecorder();

  /// An observer for a runtime whose clock starts `offset_ns` after the run's. The recorder
  /// outlives the runtime.
  AsioOptions::Observer observer(std::int64_t offset_ns);
  /// Waits until something called `name` has been observed; false when it was not in time.
  bool wait_for(std::string_view name, std::chrono::nanoseconds limit);
  /// A copy of what was recorded so far.
  [[nodiscard]] trace::Trace trace() const;

 private:
  void record(const Observation& observation, std::string_view strand, std::int64_t at_ns);

  mutable std::mutex mutex_;
  std::condition_variable recorded_;
  trace::Trace trace_;
  std::map<std::string, trace::StrandId, std::less<>> strands_;
  std::int64_t last_ns_ = 0;
};

}  // namespace raceproof::campaign
