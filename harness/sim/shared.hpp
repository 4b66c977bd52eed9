// A cell that several strands share: the only memory between strands that a search knows of.
#pragma once

#include <string_view>
#include <utility>

#include "harness/sim/world.hpp"

namespace raceproof::sim {

/// Reads and writes count as accesses of the step that makes them. Lives within one run: made after
/// `World::begin`, destroyed before the next. Not thread-safe; a simulation has one thread.
template <class T>
class Shared {
 public:
  /// `name` must be unique in the run.
  Shared(World& world, std::string_view name, T initial = T{})
      : world_(world), object_(world.object(mix(7, name))), value_(std::move(initial)) {}
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  [[nodiscard]] const T& read() const {
    world_.touch(object_, false);
    return value_;
  }
  void write(T value) {
    world_.touch(object_, true);
    value_ = std::move(value);
  }
  /// Writes `desired` if the cell holds `expected`; a failed exchange is a read.
  bool compare_exchange(const T& expected, T desired) {
    const bool equal = value_ == expected;
    world_.touch(object_, equal, true);
    if (equal) value_ = std::move(desired);
    return equal;
  }
  /// The value as seen from outside the run: not an access.
  [[nodiscard]] const T& peek() const { return value_; }

 private:
  World& world_;
  ObjectId object_;
  T value_;
};

}  // namespace raceproof::sim
