// The production form of the runtime: strands over a pool of threads, TCP, the steady clock.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "runtime/asio/strand.hpp"
#include "runtime/runtime.hpp"

namespace raceproof {

/// How a production runtime behaves.
struct AsioOptions {
  /// Receives an observation, the full name of the strand it was made on (empty outside strands)
  /// and the nanoseconds since the runtime was made. Called under a lock, one call at a time.
  using Observer =
      std::function<void(const Observation&, std::string_view strand, std::int64_t at_ns)>;
  /// Receives what `Runtime::task_failed` is told, on the thread and strand where it failed.
  using FailureHandler = std::function<void(std::string_view task, std::exception_ptr error)>;

  /// Threads that run handlers, the caller of `run` included; at least 1.
  int threads = 1;
  /// Where every strand's stream of random numbers starts, together with the strand's name.
  std::uint64_t seed = 0;
  /// `draw` gives the highest delay of the range instead of a uniform one.
  bool worst_case_delays = false;
  /// Put in front of the names of strands made outside all strands ("gateway"); may be empty.
  std::string name{};
  /// Without one, observations go nowhere.
  Observer observer{};
  /// Without one, a failure is written to standard error and the runtime stops.
  FailureHandler on_failure{};
};

/// A process's world in production. Executors, streams and listeners made from it must be destroyed
/// before it; what is still pending is destroyed with it, on the destroying thread.
class AsioRuntime final : public Runtime {
 public:
  using Options = AsioOptions;
  using WorkGuard = asio::executor_work_guard<asio::io_context::executor_type>;

  explicit AsioRuntime(Options options = {});
  ~AsioRuntime() override;

  /// Runs handlers on the pool, the caller's thread included, until `stop` or until nothing is left
  /// to do. An exception that leaves a handler is a failed task. May be called again.
  void run();
  /// Makes `run` return after the handlers that are running now. From any thread.
  void stop();
  /// While the guard exists, `run` does not return for want of work.
  [[nodiscard]] WorkGuard keep_alive();
  /// Whether a task has failed, for the exit status of the process.
  [[nodiscard]] bool failed() const { return failed_; }
  /// For what belongs to the process and not to the seam, such as signals.
  [[nodiscard]] asio::io_context& context() { return *context_; }

  using Runtime::observe;
  Executor make_strand(std::string_view name) override;
  [[nodiscard]] std::string_view strand_name(const Executor& strand) const override;
  [[nodiscard]] bool running_on(const Executor& strand) const override;
  [[nodiscard]] Instant now() override;
  [[nodiscard]] Instant at_unix_time(std::int64_t seconds) override;
  [[nodiscard]] std::string timestamp() override;
  std::uint64_t random() override;
  Duration draw(const DelayRange& range, const char* what) override;
  void observe(const Observation& observation) override;
  Listener listen(const Executor& strand, const Endpoint& at) override;
  OperationId start_wait(const Executor& strand, Instant deadline, const char* what,
                         WaitHandler handler) override;
  void start_block(const Executor& strand, Duration duration, const char* what,
                   WaitHandler handler) override;
  OperationId start_connect(const Executor& strand, Endpoint to, ConnectHandler handler) override;
  void cancel_operation(OperationId id) override;
  void task_failed(std::string_view task, std::exception_ptr error) override;

 private:
  [[nodiscard]] detail::Strand& own(const Executor& strand) const;
  /// The running strand; the root, which has no queue, outside all strands of this runtime.
  [[nodiscard]] detail::Strand& current_or_root() const;
  void run_on_this_thread();

  const Options options_;
  const std::chrono::steady_clock::time_point start_;
  std::unique_ptr<asio::io_context> context_;
  detail::StrandRegistry strands_;
  std::shared_ptr<detail::Strand> root_;
  std::mutex observing_;
  std::atomic<bool> failed_ = false;
};

}  // namespace raceproof
