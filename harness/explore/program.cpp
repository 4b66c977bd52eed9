#include "harness/explore/program.hpp"

#include <chrono>
#include <fmt/format.h>

#include "harness/explore/decisions.hpp"

namespace raceproof::explore {

namespace {

/// Wide enough that no order of steps is out of reach: a run's steps take a nanosecond each.
constexpr Stage::Delay any_time{0, std::chrono::nanoseconds(std::chrono::hours(1)).count()};

}  // namespace

Cell::Cell(Stage& stage, std::string_view name, std::int64_t initial)
    : stage_(stage),
      index_(static_cast<std::uint32_t>(stage.cells_.size())),
      shared_(stage.world_, name, initial) {}

std::int64_t Cell::read() const {
  const std::int64_t value = shared_.read();
  stage_.note(Stage::Record::Kind::read, index_, value);
  return value;
}

void Cell::write(std::int64_t value) {
  shared_.write(value);
  stage_.note(Stage::Record::Kind::write, index_, value);
}

bool Cell::compare_exchange(std::int64_t expected, std::int64_t desired) {
  const bool exchanged = shared_.compare_exchange(expected, desired);
  stage_.note(exchanged ? Stage::Record::Kind::write : Stage::Record::Kind::read, index_,
              shared_.peek());
  return exchanged;
}

void Stage::begin(const Program& program) {
  channels_.clear();
  cells_.clear();
  names_.clear();
  locals_.clear();
  sequences_.clear();
  loops_.clear();
  kept_.clear();
  strands_.clear();
  records_.clear();
  armed_.clear();
  armed_.emplace_back();
  current_ = 0;
  armed_by_current_ = 0;
  happened_ = 0;
  failed_ = false;
  sim::ProcessOptions options;
  options.name = "p";
  options.start = [this, &program](Runtime& runtime, const Executor&) {
    runtime_ = &runtime;
    program.build(*this);
  };
  world_.add_process(std::move(options));
}

Stage::Strand Stage::strand(std::string_view name) {
  strands_.push_back(runtime_->make_strand(name));
  return static_cast<Strand>(strands_.size() - 1);
}

Cell& Stage::cell(std::string_view name, std::int64_t initial) {
  names_.emplace_back(name);
  return cells_.emplace_back(*this, name, initial);
}

std::int64_t& Stage::local(std::int64_t initial) { return locals_.emplace_back(initial); }

Stage::Timer Stage::arm(Strand on, Instant when, Action action) {
  const auto timer = static_cast<Timer>(armed_.size());
  Armed& step = armed_.emplace_back();
  step.by = current_;
  step.ordinal = armed_by_current_++;
  step.strand = on;
  step.action = std::move(action);
  step.operation = runtime_->start_wait(strands_[static_cast<std::size_t>(on)], when, "step",
                                        [this, timer](ErrorCode error) { ended(timer, error); });
  if (recording && world_.time().symbolic()) {
    step.point = world_.timed(world_.slot_of(step.operation)).point;
  }
  return timer;
}

Stage::Timer Stage::step(Strand on, Action action) {
  return after(on, any_time, std::move(action));
}

Stage::Timer Stage::after(Strand on, Delay delay, Action action) {
  const DelayRange range{std::chrono::nanoseconds(delay.low_ns),
                         std::chrono::nanoseconds(delay.high_ns)};
  const Duration drawn = runtime_->draw(range, "delay");
  return arm(on, runtime_->wait_origin() + drawn, std::move(action));
}

Stage::Timer Stage::at(Strand on, Instant when, Action action) {
  return arm(on, when, std::move(action));
}

void Stage::cancel(Timer timer, Action instead) {
  armed_[timer].instead = std::move(instead);
  runtime_->cancel_operation(armed_[timer].operation);
}

void Stage::ended(Timer timer, ErrorCode error) {
  Armed& step = armed_[timer];
  Action action = std::move(step.action);
  if (error) {
    note(Record::Kind::cancel, timer, 0);  // still in the step that cancelled it
    if (Action instead = std::move(step.instead)) instead();
    return;
  }
  current_ = timer;
  armed_by_current_ = 0;
  ++happened_;
  note(Record::Kind::run, static_cast<std::uint32_t>(step.strand), 0);
  action();
}

void Stage::sequence(Strand on, std::vector<Action> steps) {
  if (steps.empty()) return;
  Sequence& sequence = sequences_.emplace_back(on, std::move(steps), 0);
  step(on, [this, &sequence] { take_next(sequence); });
}

void Stage::take_next(Sequence& sequence) {
  sequence.steps[sequence.taken++]();
  if (sequence.taken < sequence.steps.size()) {
    step(sequence.on, [this, &sequence] { take_next(sequence); });
  }
}

void Stage::loop(Strand on, std::move_only_function<bool()> body) {
  Loop& loop = loops_.emplace_back(on, std::move(body));
  step(on, [this, &loop] { repeat(loop); });
}

void Stage::repeat(Loop& loop) {
  if (loop.body()) step(loop.on, [this, &loop] { repeat(loop); });
}

Stage::Channel& Stage::channel(Strand to, std::string_view name) {
  return channels_.emplace_back(*this, to, name);
}

Stage::Channel::Channel(Stage& stage, Strand to, std::string_view name)
    : stage_(stage), to_(to), object_(stage.world_.object(sim::mix(8, name))) {}

void Stage::Channel::send(Action action) {
  stage_.world_.touch(object_);
  sent_.push_back(std::move(action));
  if (sent_.size() == 1) set_off();
}

void Stage::Channel::set_off() {
  stage_.step(to_, [this] {
    stage_.world_.touch(object_);
    Action action = std::move(sent_.front());
    sent_.pop_front();
    if (!sent_.empty()) set_off();
    action();
  });
}

std::uint64_t Stage::final_state() const {
  std::uint64_t hash = failed_ ? 2 : 1;
  for (const Cell& cell : cells_) {
    hash = sim::mix(hash, static_cast<std::uint64_t>(cell.shared_.peek()));
  }
  for (const std::int64_t local : locals_) {
    hash = sim::mix(hash, static_cast<std::uint64_t>(local));
  }
  return hash;
}

std::string Stage::final_state_text() const {
  std::string text;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    text += fmt::format("{}={} ", names_[i], cells_[i].shared_.peek());
  }
  if (!locals_.empty()) text += '|';
  for (const std::int64_t local : locals_) text += fmt::format(" {}", local);
  return text;
}

sim::RunEnd Theatre::run(const Program& program, sim::Decider& decider, sim::TimeMode time,
                         sim::StepLog* steps) {
  sim::RunOptions options;
  options.time = time;
  options.parameters = program.parameters;
  options.horizon = Duration::max();
  options.steps = steps;
  world_.begin(options, decider);
  stage_.begin(program);
  return world_.run();
}

Coverage explore_classes(const Program& program, const ReductionOptions& options,
                         const std::function<bool(Theatre&, Reduction&)>& look) {
  Theatre theatre;
  Reduction reduction(options);
  Coverage coverage;
  do {
    theatre.run(program, reduction);
    ++coverage.runs;
    if (!reduction.is_class()) continue;
    if (theatre.stage().failed()) ++coverage.failed;
    if (look && !look(theatre, reduction)) break;
  } while (reduction.next());
  coverage.classes = reduction.classes();
  coverage.blocked = reduction.blocked();
  coverage.impossible = reduction.impossible();
  return coverage;
}

bool next_path(std::vector<PathDecider::Step>& path) {
  while (!path.empty() && path.back().chosen + 1 >= path.back().alternatives) path.pop_back();
  if (path.empty()) return false;
  ++path.back().chosen;
  return true;
}

Coverage explore_runs(const Program& program,
                      const std::function<bool(Theatre&, sim::StepLog&)>& look) {
  Theatre theatre;
  sim::StepLog log;
  Coverage coverage;
  std::vector<PathDecider::Step> path;
  do {
    PathDecider decider(path);
    theatre.run(program, decider, sim::TimeMode::symbolic, &log);
    ++coverage.runs;
    if (theatre.stage().failed()) ++coverage.failed;
    if (look && !look(theatre, log)) break;
  } while (next_path(path));
  return coverage;
}

}  // namespace raceproof::explore
