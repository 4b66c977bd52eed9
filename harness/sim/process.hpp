// A simulated process: a group of strands on a number of threads, its own view of the seam.
//
// One thread: what is ready runs to quiescence, in the order of an io_context's queue, before the
// clock moves; the queue's marker is the place where an io_context polls the reactor, so that a
// blocked process meets what arrived meanwhile in the real order (descriptors by arrival, then
// timers by deadline). N threads: each takes the next entry of the queue when it is free; what it
// does with it goes in steps (begin a handler, release its outward effects one by one, leave the
// strand), and which thread takes the next step is a decision. docs/legality.md has the rules.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/sim/decider.hpp"
#include "harness/sim/strand.hpp"
#include "runtime/runtime.hpp"

namespace raceproof::sim {

class World;
struct Connection;

/// What the calendar shows when a simulated run begins: 2025-09-08 19:22:00 UTC.
inline constexpr std::int64_t epoch_unix_seconds = 1'757'359'320;

struct ProcessOptions {
  std::string name;
  /// Threads of the process's io_context, at least 1.
  int threads = 1;
  /// From the start of the run until the process starts.
  Duration cold_start{};
  /// Builds the process's components and spawns them; called on its root strand at every start.
  std::function<void(Runtime&, const Executor& root)> start;
  /// Destroys what `start` built, after the kernel has destroyed all pending handlers.
  std::function<void()> destroy;
  /// What a signal to end comes to, on the root strand; nothing if it is empty.
  std::function<void()> signal{};
};

class Process final : public Runtime {
 public:
  Process(World& world, ProcessOptions options);
  ~Process() override;

  [[nodiscard]] const std::string& name() const { return options_.name; }
  [[nodiscard]] World& world() const { return world_; }
  [[nodiscard]] bool alive() const { return alive_; }
  [[nodiscard]] int threads() const { return options_.threads; }

  // --- Runtime ----------------------------------------------------------------------------------
  Executor make_strand(std::string_view name) override;
  [[nodiscard]] std::string_view strand_name(const Executor& strand) const override;
  [[nodiscard]] bool running_on(const Executor& strand) const override;
  [[nodiscard]] Instant now() override;
  [[nodiscard]] Instant at_unix_time(std::int64_t seconds) override;
  [[nodiscard]] std::string timestamp() override;
  [[nodiscard]] Instant wait_origin() override;
  std::uint64_t random() override;
  Duration draw(const DelayRange& range, const char* what) override;
  using Runtime::observe;
  void observe(const Observation& observation) override;
  Listener listen(const Executor& strand, const Endpoint& at) override;
  OperationId start_wait(const Executor& strand, Instant deadline, const char* what,
                         WaitHandler handler) override;
  void start_block(const Executor& strand, Duration duration, const char* what,
                   WaitHandler handler) override;
  OperationId start_connect(const Executor& strand, Endpoint to, ConnectHandler handler) override;
  void cancel_operation(OperationId id) override;
  void task_failed(std::string_view task, std::exception_ptr error) override;

  // --- for the kernel ---------------------------------------------------------------------------

  /// Starts (or restarts) the process: its root strand runs `options.start`.
  void start();
  /// Shuts the process's effects, destroys its handlers, then what `start` built, then its sockets.
  void kill();
  /// Queues `options.signal` on the root strand.
  void signal();
  /// Takes one step if there is something to do now; false if the process is quiescent.
  bool step() {
    if (!runnable()) {
      last_thread_ = -1;
      return false;
    }
    options_.threads == 1 ? step_single() : step_threads();
    return true;
  }
  /// Handlers that are queued.
  [[nodiscard]] std::int64_t handlers_pending() const;
  /// Whether `step` would do something.
  [[nodiscard]] bool runnable() const {
    if (!alive_ || stalled_) return false;
    if (options_.threads > 1) return threads_runnable();
    return blocked_threads_ == 0 && (queue_size_ > 0 || interrupted_ != nullptr);
  }

  /// Queues `operation` on `strand`, from a handler of this process: an outward effect.
  void post(Strand& strand, Operation* operation);
  /// Queues a completion: popped from the process's queue, it goes to its strand.
  void complete(Strand& strand, Operation* operation, trace::EventId cause);
  /// Does `effect` now, or, with several threads, when the running handler's turn to act comes.
  template <class F>
  void effect(F&& action) {
    if (open_running_ == nullptr) {
      action();
    } else {
      open_running_->effects.emplace_back(std::forward<F>(action));
    }
  }

  /// Something arrived or expired. The reactor hands it on at the next poll: now, if a thread waits
  /// there; else when the queue's marker comes up.
  void ready_io(Connection& connection, int end);
  void ready_completion(Strand& strand, Operation* operation, trace::EventId cause);
  void ready_timer(std::uint32_t slot);
  void stall(bool on) {
    blocks();
    stalled_ = on;
  }
  void block_ended(Strand& strand, Operation* completion);
  /// Whether this process takes up what arrives depends on when: steps touch it as a whole.
  void blocks();
  void touch();
  Strand& strand_of(const Executor& executor) const;
  [[nodiscard]] Strand& root() { return *strands_.front(); }
  [[nodiscard]] const std::deque<std::unique_ptr<Strand>>& strands() const { return strands_; }
  [[nodiscard]] OperationPool& pool();

 private:
  /// An entry of the io_context's queue: a strand's turn, a completion on its way to a strand, or
  /// (both null) the marker at which the reactor is polled.
  struct Entry {
    Strand* strand = nullptr;
    Operation* operation = nullptr;
  };
  /// What one thread does (N threads only): a strand's turn, the handing of a completion to its
  /// strand, or (neither) a poll of the reactor.
  struct Open {
    Strand* strand = nullptr;
    Operation* arriving = nullptr;  ///< the completion; null once it is handed over
    bool is_turn = false;
    bool ended = false;  ///< only effects are left
    bool blocked = false;
    int thread = 0;
    /// Effects of the last handler (or of the turn's end), and how many of them are out.
    std::vector<std::move_only_function<void()>> effects;
    std::size_t released = 0;
    trace::EventId event = 0;

    [[nodiscard]] bool has_effects() const { return released < effects.size(); }
  };

  Strand& add_strand(std::string name);
  void enqueue(Strand& strand, Operation* operation);
  void push(Entry entry);
  Entry pop();
  void poll();
  void run_batch(Strand& strand);
  void run_handler(Strand& strand);
  void after_batch(Strand& strand);
  void step_single();
  [[nodiscard]] bool threads_runnable() const;
  void step_threads();
  void take_entry();
  [[nodiscard]] Meaning next_step_of(const Open& open);
  void advance_thread(Open& open);
  void queue_turn(Strand& strand);
  [[nodiscard]] bool thread_free() const {
    return open_.size() < static_cast<std::size_t>(options_.threads);
  }
  void mark_queue();
  void poll_unless_queued();
  void drain();

  World& world_;
  ProcessOptions options_;
  bool alive_ = false;
  bool may_block_ = false;
  Identity identity_ = 0;
  ObjectId object_ = 0;
  std::deque<std::unique_ptr<Strand>> strands_;
  std::vector<Entry> queue_;  // ring
  std::size_t queue_head_ = 0;
  std::size_t queue_size_ = 0;
  bool marker_queued_ = false;
  bool stalled_ = false;
  int blocked_threads_ = 0;
  Strand* interrupted_ = nullptr;  // one thread: the strand whose batch a block cut
  std::deque<Open> open_;
  int last_thread_ = -1;            ///< that took a step, in this burst of work
  Open* open_running_ = nullptr;    // whose handler runs: its effects are kept back
  Open* open_releasing_ = nullptr;  // whose step is taken otherwise
  std::uint32_t polls_ = 0;
  /// A readable stream, or (without a connection) a completion that the reactor has found.
  struct ReadyIo {
    Connection* connection = nullptr;
    int end = 0;
    Strand* strand = nullptr;
    Operation* operation = nullptr;
  };
  std::vector<ReadyIo> ready_io_;
  std::vector<std::uint32_t> ready_timers_;
};

}  // namespace raceproof::sim
