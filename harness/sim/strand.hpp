// A simulated strand and the executor that names it.
#pragma once

#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "harness/sim/operation.hpp"
#include "harness/sim/step_log.hpp"
#include "harness/trace/trace.hpp"

namespace raceproof::sim {

class Process;

/// An actor: runs its handlers one at a time, in the order in which they were queued. The two
/// queues are those of asio::strand: while one batch runs, what is posted waits for the next.
struct Strand {
  Process* process = nullptr;
  trace::StrandId id = 0;
  std::string name;
  ObjectId object = 0;  ///< what steps touch here (step_log.hpp)
  OperationQueue ready;
  OperationQueue waiting;
  bool locked = false;  ///< queued at, or running on, the process
  std::uint64_t random_state = 0;
  std::uint32_t handlers_run = 0;
  std::uint32_t effects_released = 0;
  std::uint32_t completions_taken = 0;
  std::uint32_t turns_ended = 0;
  /// Ordinals given out: children by name, events by label.
  std::vector<std::pair<std::string, std::uint32_t>> children;
  std::vector<std::pair<trace::LabelId, std::uint32_t>> labels;

  std::uint32_t next_ordinal(trace::LabelId label) {
    for (auto& [known, count] : labels) {
      if (known == label) return count++;
    }
    labels.emplace_back(label, 1);
    return 0;
  }
};

/// Executor of a simulated strand. Work executed from the strand itself runs at once if the caller
/// allows it; everything else is queued. Never runs another strand's work inside a handler.
class StrandExecutor {
 public:
  explicit StrandExecutor(Strand& strand, bool may_block = true)
      : bits_(reinterpret_cast<std::uintptr_t>(&strand) | (may_block ? 1U : 0U)) {}

  [[nodiscard]] Strand& strand() const {
    return *reinterpret_cast<Strand*>(bits_ & ~std::uintptr_t{1});
  }

  boost::asio::execution_context& query(boost::asio::execution::context_t) const noexcept;
  [[nodiscard]] boost::asio::execution::blocking_t query(
      boost::asio::execution::blocking_t) const noexcept {
    return may_block()
               ? boost::asio::execution::blocking_t(boost::asio::execution::blocking.possibly)
               : boost::asio::execution::blocking_t(boost::asio::execution::blocking.never);
  }
  [[nodiscard]] StrandExecutor require(boost::asio::execution::blocking_t::possibly_t) const {
    return StrandExecutor(strand(), true);
  }
  [[nodiscard]] StrandExecutor require(boost::asio::execution::blocking_t::never_t) const {
    return StrandExecutor(strand(), false);
  }

  template <class F>
  void execute(F&& function) const {
    if (may_block() && running_here()) {
      std::decay_t<F> local(std::forward<F>(function));
      std::move(local)();
      return;
    }
    if (!accepts_work()) return;  // a killed process: the handler is destroyed here
    queue(make_operation(pool(), std::forward<F>(function)));
  }

  friend bool operator==(const StrandExecutor& a, const StrandExecutor& b) noexcept {
    return &a.strand() == &b.strand();
  }
  friend bool operator!=(const StrandExecutor& a, const StrandExecutor& b) noexcept {
    return !(a == b);
  }

 private:
  [[nodiscard]] bool running_here() const;
  [[nodiscard]] bool accepts_work() const;
  [[nodiscard]] OperationPool& pool() const;
  void queue(Operation* operation) const;

  [[nodiscard]] bool may_block() const { return (bits_ & 1) != 0; }

  /// The strand's address, with the flag in its lowest bit: one word, which an any_io_executor
  /// copies and moves without a detour.
  std::uintptr_t bits_;
};

}  // namespace raceproof::sim
