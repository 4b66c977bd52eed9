// A simulated world: processes, their network and clock, and the loop that decides what happens
// next.
//
// One world belongs to one OS thread. A run is: begin, add processes, run, look at the trace, end.
// Memory is kept between runs. A run is a function of what was added and of the decider's answers.
#pragma once

#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/sim/leak_guard.hpp"
#include "harness/sim/network.hpp"
#include "harness/sim/process.hpp"
#include "harness/sim/time_model.hpp"
#include "harness/trace/trace.hpp"

namespace raceproof::sim {

/// Why a run ended.
enum class RunEnd : std::uint8_t {
  stopped,      ///< `stop()` was called: what was to be seen has been seen
  quiescent,    ///< nothing is left to happen
  horizon,      ///< the virtual time limit
  spin,         ///< too many events without progress of virtual time
  event_limit,  ///< too many events in all
  task_failed,  ///< an exception left a task
  leak,         ///< the real world was asked for something (leak_guard.hpp)
  given_up,     ///< the search wanted no more of it (StepLog::given_up)
  impossible,   ///< local time only: no times produce what was asked for (StepLog::impossible)
};
std::string_view name_of(RunEnd end);

struct RunOptions {
  TimeMode time = TimeMode::concrete;
  std::span<const ParameterRange> parameters;
  /// Seeds every strand's random numbers.
  std::uint64_t seed = 0;
  /// Virtual time at which the run ends, if it has not before.
  Duration horizon = std::chrono::seconds(60);
  /// What is written may arrive in pieces, cut anywhere; concrete runs only.
  bool fragment = false;
  /// Bytes that a direction of a connection holds, on the way and unread, before a write waits.
  std::size_t window = window_bytes;
  /// Keep the bytes that arrive, for the decoded view.
  bool keep_payloads = false;
  /// Events without progress of virtual time before the run ends as a spin.
  std::uint32_t spin_limit = 100'000;
  std::uint32_t event_limit = 10'000'000;
  /// Where the world notes what steps do to each other, if the decider has no log of its own.
  StepLog* steps = nullptr;
  /// Called with every observation, in the handler that makes it.
  std::function<void(const Observation&)> on_observation;
};

/// What is pending in virtual time.
enum class TimedKind : std::uint8_t {
  wait,
  block_end,
  delivery,
  connect_request,
  connect_answer,
  process_start,
  stall_begin,
  stall_end,
  process_kill,
  process_signal,
  partition_begin,
  partition_end,
  horizon,
};

struct Timed {
  enum class State : std::uint8_t { free, never, pending, expired, cancelled } state = State::free;
  TimedKind kind = TimedKind::wait;
  SegmentEnd segment_end = SegmentEnd::none;
  std::uint8_t end = 0;  ///< delivery: to which end
  bool queued = false;   ///< a wait that a cancel, due at its very moment, came too late for
  std::uint32_t generation = 0;
  std::uint32_t ordinal = 0;
  trace::LabelId label = 0;
  trace::EventId cause = 0;
  Identity identity = 0;
  StepId armed_by = 0;
  Reach reach;                 ///< symbolic runs
  std::uint32_t sequence = 0;  ///< order of scheduling within the run
  std::int64_t time_ns = 0;    ///< concrete runs
  PointId point = 0;           ///< symbolic runs
  Process* process = nullptr;  ///< to which it happens
  Strand* strand = nullptr;
  const Strand* armed_on = nullptr;  ///< the strand that was running when this was armed
  Connection* connection = nullptr;
  std::size_t bytes = 0;
  Duration then;  ///< stall, kill, partition: from this event to the end of it, or the restart
  std::uint32_t link = 0;  ///< partition
  WaitHandler handler;
  /// Of a connect, from its request to its answer.
  struct Connect {
    Endpoint target;
    ConnectHandler handler;
    ErrorCode error;
  };
  std::unique_ptr<Connect> connect;
};

class World final : private LeakObserver {
 public:
  World();
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  void begin(const RunOptions& options, Decider& decider);
  /// Adds a process; it starts after its cold start delay, in the order of addition; with
  /// `Duration::max()` when `start` says so.
  Process& add_process(ProcessOptions options);
  Network& network() { return network_; }
  /// At `at`, counted from the start of the run, the process is stalled for `length` (CPU
  /// throttling).
  void stall(Process& process, Duration at, Duration length);
  /// Kills the process at `at`; it starts again `restart_after` later unless that is
  /// `Duration::max()`.
  void kill(Process& process, Duration at, Duration restart_after);
  /// Starts a process that has not been started, `after` now. Callable from handlers.
  void start(Process& process, Duration after);
  /// Asks the process to end, as SIGTERM does: its `ProcessOptions::signal` runs on its root
  /// strand, if it lives then.
  void signal(Process& process, Duration at);
  /// Cuts the link, which `Network::may_be_cut` named, at `at` for `length`; for good if that is
  /// `Duration::max()`.
  void partition(std::uint32_t link, Duration at, Duration length);

  RunEnd run();
  /// Ends the run after the current step. Callable from handlers.
  void stop() { stop_requested_ = true; }
  /// Destroys the processes and everything they left. Safe to call twice.
  void end();

  [[nodiscard]] trace::Trace& trace() { return trace_; }
  [[nodiscard]] const trace::Trace& trace() const { return trace_; }
  [[nodiscard]] TimeModel& time() { return time_; }
  [[nodiscard]] const std::string& failure() const { return failure_; }
  /// Virtual time, concrete runs; -1 in symbolic ones.
  [[nodiscard]] std::int64_t now_ns() const { return time_.symbolic() ? -1 : time_.now_ns(); }
  /// Point of each event in a symbolic run.
  [[nodiscard]] const std::vector<PointId>& event_points() const { return event_points_; }
  /// What happened in a symbolic run, in order, by meaning.
  [[nodiscard]] const std::vector<Meaning>& happened() const { return happened_; }
  /// What live processes wait for, by strands.
  [[nodiscard]] std::vector<Waiting> waiting() const;
  /// As soon as nothing is left to do at this instant, what the process still holds is observed:
  /// `process_left{process, timers, connects, reads, writes, accepts, streams, listeners, handlers,
  /// names}`. Asked when a process says that it has shut down.
  void take_stock(Process& process);
  /// Adds to the record of a run that has ended.
  void note(std::string_view name, std::span<const Field> fields);

  // --- for processes and network ----------------------------------------------------------------

  std::uint32_t allocate(TimedKind kind, Process& process, Strand& strand, std::string_view label);
  void release(std::uint32_t slot);
  Timed& timed(std::uint32_t slot) { return slots_[slot]; }
  /// Makes `slot` pending at `deadline`; an instant that is never reached keeps it waiting for
  /// ever.
  void schedule(std::uint32_t slot, Instant deadline);
  /// Takes a pending slot back; false if it has already happened.
  bool unschedule(std::uint32_t slot);
  OperationId id_of(std::uint32_t slot) const {
    return (OperationId{slots_[slot].generation} << 32) | (slot + 1);
  }
  /// The slot behind an id; UINT32_MAX if its operation has completed.
  std::uint32_t slot_of(OperationId id) const;
  /// Destroys the handlers of everything `process` waits for; whether there were any.
  bool destroy_handlers(Process& process);

  trace::EventId record(trace::EventKind kind, trace::StrandId strand, trace::LabelId label,
                        trace::EventId cause);
  /// Names the next thing that the current step arms, draws or asks.
  Identity next_identity() { return mix(step_identity_, ++step_parts_); }
  /// The object's number for `touch`; 0 where nobody asks.
  [[nodiscard]] ObjectId object(Identity key) {
    return steps_ == nullptr ? 0 : steps_->object(key);
  }
  /// The current step reads or writes an object (step_log.hpp).
  void touch(ObjectId object, bool write = true, bool may_write = false) {
    if (steps_ == nullptr || steps_->writes(object)) return;
    touched(steps_->touch(object, write, may_write));
  }
  /// The current step reaches for an operation, which may have completed: whose turn it was first
  /// matters to the strand that waits, or waited, for it.
  void touch_waiter(OperationId id);
  /// A choice made within the current step.
  std::size_t choose_within(ChoiceKind kind, std::span<const Meaning> alternatives);
  [[nodiscard]] StepLog* steps() { return steps_; }
  [[nodiscard]] trace::EventId current_event() const { return current_event_; }
  [[nodiscard]] Strand* current_strand() const { return current_strand_; }
  [[nodiscard]] bool fragments() const { return options_.fragment && !time_.symbolic(); }
  [[nodiscard]] bool keep_payloads() const { return options_.keep_payloads; }
  [[nodiscard]] std::size_t window() const { return options_.window; }
  [[nodiscard]] std::uint64_t seed() const { return options_.seed; }
  [[nodiscard]] Decider& decider() { return *decider_; }
  /// Whether all processes are being destroyed: the run and its decider are gone.
  [[nodiscard]] bool ending() const { return ending_; }
  OperationPool& pool() { return pool_; }
  /// Records what is observed on a strand, and tells whoever listens.
  void observe(trace::StrandId strand, const Observation& observation);
  boost::asio::io_context& context() { return *context_; }
  void fail(std::string what);

  /// Runs `body` as part of the event `event` on `strand`.
  template <class F>
  void within(trace::EventId event, Strand* strand, F&& body) {
    const auto previous_event = std::exchange(current_event_, event);
    auto* previous_strand = std::exchange(current_strand_, strand);
    body();
    current_event_ = previous_event;
    current_strand_ = previous_strand;
  }

 private:
  void leaked(const Leak& leak) override;
  RunEnd loop();
  void observe_stock();
  std::uint32_t free_slot();
  std::uint32_t slot_of_nobody(TimedKind kind, std::string_view label);
  [[nodiscard]] RunEnd stopped_end() const;

  struct HeapItem {
    std::int64_t time_ns;
    std::uint32_t sequence;
    std::uint32_t slot;
    friend bool operator<(const HeapItem& a,
                          const HeapItem& b) {  // std's heaps put the greatest first
      return a.time_ns != b.time_ns ? a.time_ns > b.time_ns : a.sequence > b.sequence;
    }
  };

  /// Something happens to `process` `after` now; `then` is kept for what follows it.
  void schedule_accident(TimedKind kind, Process& process, const char* label, Duration after,
                         Duration then);
  /// The link is cut or mended `after` now.
  void schedule_partition(TimedKind kind, std::uint32_t link, const char* label, Duration after,
                          Duration then);
  void happen_to_link(std::uint32_t slot);
  bool advance();
  void begin_step(std::uint32_t slot);
  void touched(std::span<StepLog::Predecessor> conflicts);
  void end_cuts_off();
  void note_overtaken(const Timed& now);
  void stay_behind(PointId point, std::uint32_t sequence,
                   std::span<const StepLog::Predecessor> conflicts);
  [[nodiscard]] StepLog::Cancelled cancelled_now(const Timed& event) const;
  /// The event at `slot` will not happen: the current step comes before it.
  void cut_off(std::uint32_t slot, StepLog::Cancelled& cut);
  /// Which of two events comes first at a tie, if they are on one line: nanoseconds by which
  /// `first` has to be earlier than `second`.
  [[nodiscard]] static std::int64_t tie_margin(const StepLog::Step& first,
                                               const StepLog::Step& second) {
    return first.line == second.line && second.sequence < first.sequence ? 1 : 0;
  }
  std::uint32_t next_concrete();
  std::uint32_t next_in_local_time();
  std::uint32_t next_symbolic();
  std::size_t choose_among(std::span<const std::uint32_t> candidates);
  void later_than(std::uint32_t slot);
  [[nodiscard]] static Line line_of(const Timed& event);
  [[nodiscard]] bool is_head(std::uint32_t slot) const;
  void happen(std::uint32_t slot);

  RunOptions options_;
  Decider* decider_ = nullptr;
  trace::Trace trace_;
  TimeModel time_;
  Network network_;
  OperationPool pool_;
  std::unique_ptr<boost::asio::io_context> context_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::vector<Process*> stock_wanted_;
  std::deque<Timed> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::vector<HeapItem> heap_;             // concrete
  std::vector<std::uint32_t> pending_;     // symbolic, by sequence
  std::vector<std::uint32_t> candidates_;  // scratch
  std::vector<Meaning> meanings_;          // scratch
  std::vector<Zone::After> later_;         // scratch
  /// Local time: a step that went before a pending event of its line that was armed earlier. That
  /// event has to be strictly later, whatever comes between the two.
  struct Overtaken {
    StepId by = 0;
    std::uint32_t sequence = 0;  ///< of the event
  };
  std::vector<Overtaken> overtaken_;
  bool touches_first_ = false;  ///< the current step has not touched anything
  std::vector<PointId> event_points_;
  std::vector<Meaning> happened_;
  std::uint32_t sequence_ = 0;
  std::uint32_t partitions_ = 0;  ///< planned
  StepLog* steps_ = nullptr;
  bool local_time_ = false;
  Identity step_identity_ = 1;
  std::uint32_t step_parts_ = 0;
  trace::EventId current_event_ = 0;
  Strand* current_strand_ = nullptr;
  bool stop_requested_ = false;
  bool horizon_reached_ = false;
  bool running_ = false;
  bool leaked_ = false;
  bool ending_ = false;
  std::string late_leak_;  ///< in the destruction of the run before: this run tells of it
  std::uint32_t events_at_progress_ = 0;
  std::int64_t progress_ns_ = 0;
  std::string failure_;
};

}  // namespace raceproof::sim
