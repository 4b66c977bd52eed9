#include "harness/campaign/wall_recorder.hpp"

#include <algorithm>

namespace raceproof::campaign {

WallRecorder::WallRecorder() {
  trace::Event start;
  start.label = trace_.intern("start");
  start.strand = trace_.add_strand("");
  strands_.emplace("", start.strand);
  trace_.add(start);
}

AsioOptions::Observer WallRecorder::observer(std::int64_t offset_ns) {
  return [this, offset_ns](const Observation& observation, std::string_view strand,
                           std::int64_t at_ns) { record(observation, strand, offset_ns + at_ns); };
}

trace::Trace WallRecorder::trace() const {
  const std::scoped_lock lock(mutex_);
  return trace_;
}

bool WallRecorder::wait_for(std::string_view name, std::chrono::nanoseconds limit) {
  std::unique_lock lock(mutex_);
  return recorded_.wait_for(lock, limit, [&] {
    const auto& all = trace_.observations();
    return std::any_of(all.begin(), all.end(),
                       [&](const auto& one) { return trace_.text(one.name) == name; });
  });
}

void WallRecorder::record(const Observation& observation, std::string_view strand,
                          std::int64_t at_ns) {
  const std::scoped_lock lock(mutex_);
  auto found = strands_.find(strand);
  if (found == strands_.end()) {
    found = strands_.emplace(std::string(strand), trace_.add_strand(strand)).first;
  }
  // Two runtimes may reach the lock in another order than they read their clocks.
  last_ns_ = std::max(last_ns_, at_ns);
  trace::Event event;
  event.kind = trace::EventKind::handler;
  event.strand = found->second;
  event.label = trace_.intern(observation.name);
  event.time_ns = last_ns_;
  trace_.observe(trace_.add(event), found->second, last_ns_, observation);
  recorded_.notify_all();
}

}  // namespace raceproof::campaign
