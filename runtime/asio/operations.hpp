// The waits and connects that are pending on one strand.
#pragma once

#include <memory>
#include <unordered_map>
#include <utility>

#include "runtime/runtime.hpp"

namespace raceproof::detail {

/// A pending wait or connect, with the handler that it will complete.
class Operation {
 public:
  Operation() = default;
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;
  virtual ~Operation() = default;
  /// Asks for completion with operation_aborted, through the strand's queue; without effect on an
  /// operation whose completion is queued already.
  virtual void cancel() = 0;
};

/// Owns the operations of one strand and is touched on that strand only, so it needs no lock. It
/// owns them (and not Asio) so that the handler of a wait that never ends is destroyed with the
/// runtime.
class OperationTable {
 public:
  Operation& add(OperationId id, std::unique_ptr<Operation> operation) {
    return *(operations_[id] = std::move(operation));
  }
  /// Null when the operation has completed.
  [[nodiscard]] Operation* find(OperationId id) const {
    const auto found = operations_.find(id);
    return found == operations_.end() ? nullptr : found->second.get();
  }
  /// Removes and returns the operation; null when it has completed.
  [[nodiscard]] std::unique_ptr<Operation> take(OperationId id) {
    auto node = operations_.extract(id);
    return node.empty() ? nullptr : std::move(node.mapped());
  }
  /// Removes all, for the end of the runtime. Returned and not destroyed, because what a handler's
  /// destructor does may come back here.
  [[nodiscard]] auto take_all() { return std::exchange(operations_, {}); }

 private:
  std::unordered_map<OperationId, std::unique_ptr<Operation>> operations_;
};

}  // namespace raceproof::detail
