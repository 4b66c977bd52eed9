// Small concurrent programs for searches: strands, shared cells, messages and timers, in about ten
// lines and without coroutines. For algorithms that are to be checked in every order, and for
// programs with published numbers of orders that a search is held to.
//
//   Program lost_update{[](Stage& stage) {
//     Cell& x = stage.cell("x");
//     for (const char* name : {"a", "b"}) {
//       std::int64_t& r = stage.local();
//       stage.thread(name, [&x, &r] { r = x.read(); }, [&x, &r] { x.write(r + 1); });
//     }
//   }};
//   const Coverage all = explore_classes(lost_update, {.untimed = true});
//
// A program runs on a simulated process with one thread. A *step* is one event with what its action
// does; it runs on one strand, and what it does of its own accord is: read and write cells, compare
// times, and arm and cancel further steps. Steps that are not bound to a time can happen at any
// time after they were armed.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/explore/reduction.hpp"
#include "harness/sim/latch.hpp"
#include "harness/sim/shared.hpp"
#include "harness/sim/world.hpp"

namespace raceproof::explore {

class Stage;

struct Program {
  /// Sets the program up: makes strands and cells, arms the first steps. Called once a run, as the
  /// run's first step; must do the same each time.
  std::function<void(Stage&)> build;
  /// Named delays, drawn once a run (`Stage::parameter`).
  std::vector<sim::ParameterRange> parameters = {};
};

/// An integer that strands share.
class Cell {
 public:
  Cell(Stage& stage, std::string_view name, std::int64_t initial);
  [[nodiscard]] std::int64_t read() const;
  void write(std::int64_t value);
  /// Writes `desired` if the cell holds `expected`; a failed exchange is a read.
  bool compare_exchange(std::int64_t expected, std::int64_t desired);

 private:
  friend class Stage;
  Stage& stage_;
  std::uint32_t index_;
  sim::Shared<std::int64_t> shared_;
};

/// One run of a program, as its steps see it, and what is left of it afterwards. What it hands out
/// (strands, cells, locals) lives until the next run begins. Not thread-safe.
class Stage {
 public:
  using Action = std::move_only_function<void()>;
  enum class Strand : std::uint32_t {};
  /// An armed step, for `cancel`.
  using Timer = std::uint32_t;
  /// Nanoseconds, low to high, both included.
  struct Delay {
    std::int64_t low_ns = 0;
    std::int64_t high_ns = 0;
  };

  Strand strand(std::string_view name);
  /// `name` must be unique in the program.
  Cell& cell(std::string_view name, std::int64_t initial = 0);
  /// An integer of one strand; part of the final state, invisible to the search.
  std::int64_t& local(std::int64_t initial = 0);
  /// Storage for whatever else a program's steps share; lives as long as the run. Steps of
  /// different strands may share only what does not change.
  template <class T, class... Arguments>
  T& keep(Arguments&&... arguments) {
    auto object = std::make_shared<T>(std::forward<Arguments>(arguments)...);
    T& kept = *object;
    kept_.push_back(std::move(object));
    return kept;
  }

  /// Arms a step on `on`: a message on its way to that strand, or what the strand does next. It
  /// happens at any time from now on.
  Timer step(Strand on, Action action);
  /// Arms a step that happens `delay` from now: drawn anew for each.
  Timer after(Strand on, Delay delay, Action action);
  /// Arms a step at a point in time (now, if that has passed).
  Timer at(Strand on, Instant when, Action action);
  /// Takes back a step that was armed for the calling strand. Without effect if it has happened, or
  /// if both are due at one moment and it could not be stopped any more; otherwise `instead` is
  /// done, still in the calling step.
  void cancel(Timer timer, Action instead = {});
  /// A strand that takes the given steps one after the other.
  template <class... Actions>
  Strand thread(std::string_view name, Actions&&... actions) {
    const Strand on = strand(name);
    std::vector<Action> steps;
    steps.reserve(sizeof...(actions));
    (steps.emplace_back(std::forward<Actions>(actions)), ...);
    sequence(on, std::move(steps));
    return on;
  }
  /// Steps on `on`, one after the other.
  void sequence(Strand on, std::vector<Action> steps);
  /// Steps on `on` for as long as `body` says that there is another.
  void loop(Strand on, std::move_only_function<bool()> body);
  /// Messages to `to` that arrive in the order in which they are sent. Sending and arriving count
  /// as writes of one object.
  class Channel {
   public:
    Channel(Stage& stage, Strand to, std::string_view name);
    void send(Action action);

   private:
    void set_off();
    Stage& stage_;
    Strand to_;
    sim::ObjectId object_;
    std::deque<Action> sent_;
  };
  Channel& channel(Strand to, std::string_view name);

  [[nodiscard]] Instant now() { return runtime_->now(); }
  /// The present, for arming a step right away.
  [[nodiscard]] Instant wait_origin() { return runtime_->wait_origin(); }
  /// The `index`-th of the program's named delays.
  [[nodiscard]] static Duration parameter(std::size_t index) {
    return Duration(detail::Affine{0, static_cast<FormId>(index + 1)});
  }
  /// Compares two times or durations: the answer is part of what the step did.
  template <class T>
  bool before(T a, T b) {
    const bool answer = a < b;
    noted(answer ? 2 : 1);
    return answer;
  }

  /// What must hold; a run in which it does not has failed, and goes on.
  void require(bool holds) { failed_ = failed_ || !holds; }
  /// Ends the run after this step.
  void stop() { world_.stop(); }
  /// Ends the run when so many parties, each of a strand of its own, have left it.
  sim::Latch& latch(std::size_t parties) { return keep<sim::Latch>(world_, parties); }

  // --- afterwards -------------------------------------------------------------------------------
  [[nodiscard]] bool failed() const { return failed_; }
  /// Hash of all cells and locals.
  [[nodiscard]] std::uint64_t final_state() const;
  /// The same as text: "x=1 y=2 | 0 1".
  [[nodiscard]] std::string final_state_text() const;
  /// Steps that have happened, the set-up not counted.
  [[nodiscard]] std::size_t steps() const { return happened_; }

  /// A record of what was done to what, for checking a search against; costs time, off by default.
  struct Record {
    enum class Kind : std::uint8_t { run, read, write, note, cancel } kind = Kind::run;
    std::uint32_t step = 0;    ///< the armed step that did it; 0 is the set-up
    std::uint32_t object = 0;  ///< the strand, cell or timer
    std::int64_t value = 0;
  };
  struct Armed {
    std::uint32_t by = 0;       ///< the step that armed it
    std::uint32_t ordinal = 0;  ///< how many that one had armed before
    Strand strand{};
    sim::PointId point = 0;  ///< symbolic runs
    OperationId operation = 0;
    Action action;
    Action instead;  ///< when it is cancelled
  };
  bool recording = false;
  [[nodiscard]] const std::vector<Record>& records() const { return records_; }
  /// By Timer; the first is the set-up.
  [[nodiscard]] const std::vector<Armed>& armed() const { return armed_; }

 private:
  friend class Cell;
  friend class Theatre;
  struct Sequence {
    Strand on{};
    std::vector<Action> steps;
    std::size_t taken = 0;
  };
  struct Loop {
    Strand on{};
    std::move_only_function<bool()> body;
  };

  explicit Stage(sim::World& world) : world_(world) {}
  void begin(const Program& program);
  Timer arm(Strand on, Instant when, Action action);
  void ended(Timer timer, ErrorCode error);
  void take_next(Sequence& sequence);
  void repeat(Loop& loop);
  void noted(std::int64_t value) { note(Record::Kind::note, 0, value); }
  void note(Record::Kind kind, std::uint32_t object, std::int64_t value) {
    if (recording) records_.push_back({kind, current_, object, value});
  }

  sim::World& world_;
  Runtime* runtime_ = nullptr;
  std::vector<Executor> strands_;
  std::deque<Cell> cells_;
  std::vector<std::string> names_;  // of cells
  std::deque<std::int64_t> locals_;
  std::deque<Channel> channels_;
  std::vector<std::shared_ptr<void>> kept_;
  std::deque<Sequence> sequences_;
  std::deque<Loop> loops_;
  std::vector<Armed> armed_;
  std::vector<Record> records_;
  std::uint32_t current_ = 0;
  std::uint32_t armed_by_current_ = 0;
  std::size_t happened_ = 0;
  bool failed_ = false;
};

/// A world in which programs run, one run after the other. Belongs to one thread.
class Theatre {
 public:
  Theatre() : stage_(world_) {}
  ~Theatre() { world_.end(); }
  Theatre(const Theatre&) = delete;
  Theatre& operator=(const Theatre&) = delete;

  /// One run, symbolic unless told otherwise; without a time limit.
  sim::RunEnd run(const Program& program, sim::Decider& decider,
                  sim::TimeMode time = sim::TimeMode::symbolic, sim::StepLog* steps = nullptr);
  [[nodiscard]] Stage& stage() { return stage_; }
  [[nodiscard]] sim::World& world() { return world_; }

 private:
  sim::World world_;
  Stage stage_;
};

/// What a search through a program saw.
struct Coverage {
  std::uint64_t runs = 0;        ///< all that were performed
  std::uint64_t classes = 0;     ///< complete ones, each of another class
  std::uint64_t blocked = 0;     ///< given up as redundant
  std::uint64_t impossible = 0;  ///< given up as contradictory in time
  std::uint64_t failed = 0;      ///< classes in which something required did not hold
};

/// Visits every class of the program's runs. `look`, if given, is called after each run that counts
/// as a class, while its world stands; it returns false to end the search.
Coverage explore_classes(const Program& program, const ReductionOptions& options,
                         const std::function<bool(Theatre&, Reduction&)>& look = {});
/// On to the next path of a depth-first search (PathDecider); false after the last one.
bool next_path(std::vector<PathDecider::Step>& path);
/// Visits every run without reduction: all orders and, in symbolic time, all regions.
Coverage explore_runs(const Program& program,
                      const std::function<bool(Theatre&, sim::StepLog&)>& look = {});

}  // namespace raceproof::explore
