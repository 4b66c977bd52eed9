#include "harness/sim/process.hpp"

#include <algorithm>
#include <cassert>
#include <fmt/format.h>

#include "harness/sim/world.hpp"
#include "runtime/calendar.hpp"

namespace raceproof::sim {

namespace {

/// Mixes text into a seed (FNV-1a), so that each strand draws its own numbers.
std::uint64_t mix_name(std::uint64_t seed, std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325ULL ^ seed;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
std::uint64_t next_random(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

/// An operation that is destroyed unless it is handed on.
class OwnedOperation {
 public:
  OwnedOperation(Operation* operation, OperationPool& pool) : operation_(operation), pool_(&pool) {}
  OwnedOperation(OwnedOperation&& other) noexcept
      : operation_(std::exchange(other.operation_, nullptr)), pool_(other.pool_) {}
  OwnedOperation& operator=(OwnedOperation&&) = delete;
  ~OwnedOperation() {
    if (operation_ != nullptr) operation_->complete(operation_, *pool_, false);
  }
  Operation* hand_on() { return std::exchange(operation_, nullptr); }

 private:
  Operation* operation_;
  OperationPool* pool_;
};

}  // namespace

boost::asio::execution_context& StrandExecutor::query(
    boost::asio::execution::context_t) const noexcept {
  return strand().process->world().context();
}

bool StrandExecutor::running_here() const {
  return strand().process->world().current_strand() == &strand();
}

bool StrandExecutor::accepts_work() const { return strand().process->alive(); }

OperationPool& StrandExecutor::pool() const { return strand().process->pool(); }

void StrandExecutor::queue(Operation* operation) const {
  strand().process->post(strand(), operation);
}

Process::Process(World& world, ProcessOptions options)
    : world_(world),
      options_(std::move(options)),
      identity_(process_identity(options_.name)),
      queue_(64) {
  if (const StepLog* steps = world.steps(); steps != nullptr) {
    may_block_ = steps->may_block(identity_);
    object_ = world.object(identity_);
  }
  add_strand(options_.name);
}

void Process::blocks() {
  if (StepLog* steps = world_.steps(); steps != nullptr) steps->blocks(identity_);
  touch();
}

void Process::touch() {
  if (may_block_) world_.touch(object_);
}

Process::~Process() = default;

OperationPool& Process::pool() { return world_.pool(); }

Strand& Process::add_strand(std::string name) {
  auto& strand = *strands_.emplace_back(std::make_unique<Strand>());
  strand.process = this;
  strand.id = world_.trace().add_strand(name);
  strand.random_state = mix_name(world_.seed(), name);
  strand.object = world_.object(mix(4, name));
  strand.name = std::move(name);
  return strand;
}

Executor Process::make_strand(std::string_view name) {
  Strand* creator = world_.current_strand();
  if (creator == nullptr || creator->process != this) creator = strands_.front().get();
  std::uint32_t ordinal = 0;
  const auto known = std::find_if(creator->children.begin(), creator->children.end(),
                                  [&](const auto& child) { return child.first == name; });
  if (known == creator->children.end()) {
    creator->children.emplace_back(std::string(name), 1);
    ordinal = 1;
  } else {
    ordinal = ++known->second;
  }
  std::string full = creator->name;
  full += '/';
  full += name;
  if (ordinal > 1) full += fmt::format("#{}", ordinal);
  return StrandExecutor(add_strand(std::move(full)));
}

Strand& Process::strand_of(const Executor& executor) const {
  const auto* target = executor.target<StrandExecutor>();
  assert(target != nullptr && "an executor of another runtime");
  return target->strand();
}

std::string_view Process::strand_name(const Executor& strand) const {
  const auto* target = strand.target<StrandExecutor>();
  return target == nullptr ? std::string_view() : std::string_view(target->strand().name);
}

bool Process::running_on(const Executor& strand) const {
  const auto* target = strand.target<StrandExecutor>();
  return target != nullptr && world_.current_strand() == &target->strand();
}

Instant Process::now() { return world_.time().now(); }

Instant Process::at_unix_time(std::int64_t seconds) {
  return Instant() + Duration(std::chrono::seconds(seconds - epoch_unix_seconds));
}

std::string Process::timestamp() {
  // A symbolic present is many; which of them is not for a text to decide.
  const auto present = world_.time().now().affine();
  const std::int64_t since_us = present.form == 0 ? present.constant_ns / 1000 : 0;
  return calendar_text(epoch_unix_seconds * 1'000'000 + since_us);
}

Instant Process::wait_origin() { return world_.time().wait_origin(); }

std::uint64_t Process::random() {
  Strand* strand = world_.current_strand();
  return next_random((strand == nullptr ? root() : *strand).random_state);
}

Duration Process::draw(const DelayRange& range, const char* what) {
  Strand* strand = world_.current_strand();
  if (strand == nullptr) strand = &root();
  const auto low = range.low.affine();
  const auto high = range.high.affine();
  if (low.form == high.form && low.constant_ns == high.constant_ns) return range.low;
  const auto label = world_.trace().intern(what);
  return world_.time().draw(
      range, Meaning{strand->id, label, strand->next_ordinal(label), world_.next_identity()});
}

void Process::observe(const Observation& observation) {
  const Strand* strand = world_.current_strand();
  world_.observe(strand == nullptr ? root().id : strand->id, observation);
}

Listener Process::listen(const Executor& strand, const Endpoint& at) {
  return Listener(
      strand, std::make_unique<SimListener>(world_.network().bind(*this, strand_of(strand), at)));
}

OperationId Process::start_wait(const Executor& strand, Instant deadline, const char* what,
                                WaitHandler handler) {
  if (!alive_) return 0;  // the handler is destroyed here
  const auto slot = world_.allocate(TimedKind::wait, *this, strand_of(strand), what);
  world_.timed(slot).handler = std::move(handler);
  world_.schedule(slot, deadline);
  return world_.id_of(slot);
}

void Process::start_block(const Executor& executor, Duration duration, const char* what,
                          WaitHandler handler) {
  if (!alive_) return;
  Strand& strand = strand_of(executor);
  const auto slot = world_.allocate(TimedKind::block_end, *this, strand, what);
  world_.timed(slot).handler = std::move(handler);
  world_.schedule(slot, world_.time().wait_origin() + duration);
  ++blocked_threads_;
  blocks();
  if (open_running_ != nullptr) open_running_->blocked = true;
}

void Process::block_ended(Strand& strand, Operation* completion) {
  --blocked_threads_;
  touch();
  for (Open& open : open_) {
    if (open.strand == &strand) open.blocked = false;
  }
  enqueue(strand, completion);
}

OperationId Process::start_connect(const Executor& strand, Endpoint to, ConnectHandler handler) {
  if (!alive_) return 0;
  const auto slot =
      world_.allocate(TimedKind::connect_request, *this, strand_of(strand), "connect");
  Timed& timed = world_.timed(slot);
  timed.connect = std::make_unique<Timed::Connect>(std::move(to), std::move(handler), ErrorCode());
  const auto id = world_.id_of(slot);
  effect([this, id] {
    if (const auto pending = world_.slot_of(id); pending != UINT32_MAX) {
      world_.network().request(pending);
    }
  });
  return id;
}

void Process::cancel_operation(OperationId id) {
  if (!alive_) return;
  effect([this, id] {
    world_.touch_waiter(id);
    const auto slot = world_.slot_of(id);
    if (slot == UINT32_MAX || !world_.unschedule(slot)) return;
    Timed& timed = world_.timed(slot);
    Strand& strand = *timed.strand;
    Operation* operation = nullptr;
    if (timed.kind == TimedKind::wait) {
      std::erase(ready_timers_, slot);
      operation = make_operation(pool(), [handler = std::move(timed.handler)]() mutable {
        handler(asio::error::operation_aborted);
      });
    } else {
      if (timed.connection != nullptr) world_.network().abandon(*timed.connection);
      operation = make_operation(pool(), [handler = std::move(timed.connect->handler)]() mutable {
        handler(asio::error::operation_aborted, Stream());
      });
    }
    if (timed.state != Timed::State::cancelled) world_.release(slot);
    complete(strand, operation, world_.current_event());
  });
}

void Process::task_failed(std::string_view task, std::exception_ptr error) {
  std::string what = "unknown exception";
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    what = exception.what();
  } catch (...) {
    what = "an exception that is not a std::exception";
  }
  const std::string text = fmt::format("{}: task '{}' ended with: {}", name(), task, what);
  observe("task_failed", {{"task", task}, {"error", std::string_view(what)}});
  world_.fail(text);
}

void Process::start() {
  if (alive_) return;
  alive_ = true;
  touch();
  Executor root_executor = StrandExecutor(root());
  auto* operation =
      make_operation(pool(), [this, root_executor] { options_.start(*this, root_executor); });
  operation->cause = world_.current_event();
  enqueue(root(), operation);
}

void Process::kill() {
  if (!alive_) return;
  alive_ = false;
  blocks();
  drain();
  if (options_.destroy) options_.destroy();
  drain();
  world_.network().process_died(*this);
  stalled_ = false;
  blocked_threads_ = 0;
  interrupted_ = nullptr;
}

void Process::drain() {
  const auto destroy = [this](Operation* operation) {
    operation->complete(operation, pool(), false);
  };
  bool found = true;
  while (found) {
    found = false;
    while (queue_size_ > 0) {
      found = true;
      if (const Entry entry = pop(); entry.operation != nullptr) destroy(entry.operation);
    }
    for (std::size_t i = 0; i < strands_.size(); ++i) {
      Strand& strand = *strands_[i];
      while (!strand.ready.empty()) found = true, destroy(strand.ready.pop());
      while (!strand.waiting.empty()) found = true, destroy(strand.waiting.pop());
      strand.locked = false;
    }
    while (!open_.empty()) {
      found = true;
      Open open = std::move(open_.front());
      open_.pop_front();
      if (open.arriving != nullptr) destroy(open.arriving);
    }
    for (const ReadyIo& ready : std::exchange(ready_io_, {})) {
      if (ready.operation != nullptr) found = true, destroy(ready.operation);
    }
    if (world_.destroy_handlers(*this)) found = true;
    if (world_.network().destroy_handlers(*this)) found = true;
  }
  ready_timers_.clear();
  marker_queued_ = false;
}

void Process::push(Entry entry) {
  if (queue_size_ == queue_.size()) {
    std::vector<Entry> wider(queue_.size() * 2);
    for (std::size_t i = 0; i < queue_size_; ++i) {
      wider[i] = queue_[(queue_head_ + i) & (queue_.size() - 1)];
    }
    queue_ = std::move(wider);
    queue_head_ = 0;
  }
  queue_[(queue_head_ + queue_size_++) & (queue_.size() - 1)] = entry;
}

Process::Entry Process::pop() {
  const Entry entry = queue_[queue_head_];
  queue_head_ = (queue_head_ + 1) & (queue_.size() - 1);
  --queue_size_;
  return entry;
}

void Process::enqueue(Strand& strand, Operation* operation) {
  if (strand.locked) {
    strand.waiting.push(operation);
    return;
  }
  strand.locked = true;
  strand.ready.push(operation);
  queue_turn(strand);
}

void Process::queue_turn(Strand& strand) {
  if (open_releasing_ == nullptr) {
    push({&strand, nullptr});
    return;
  }
  // asio::strand takes the operation under its own lock and queues its turn under the io_context's:
  // another thread may come in between.
  auto& effects = open_releasing_->effects;
  effects.emplace(effects.begin() + static_cast<std::ptrdiff_t>(open_releasing_->released),
                  [this, &strand] {
                    push({&strand, nullptr});
                  });
}

void Process::post(Strand& strand, Operation* operation) {
  operation->cause = world_.current_event();
  if (open_running_ == nullptr) {
    enqueue(strand, operation);
    return;
  }
  open_running_->effects.emplace_back(
      [this, &strand, owned = OwnedOperation(operation, pool())]() mutable {
        enqueue(strand, owned.hand_on());
      });
}

void Process::complete(Strand& strand, Operation* operation, trace::EventId cause) {
  operation->cause = cause;
  if (open_running_ == nullptr) {
    push({&strand, operation});
    return;
  }
  open_running_->effects.emplace_back(
      [this, &strand, owned = OwnedOperation(operation, pool())]() mutable {
        push({&strand, owned.hand_on()});
      });
}

void Process::mark_queue() {
  if (!std::exchange(marker_queued_, true)) push({});
}

void Process::poll_unless_queued() {
  if (stalled_) {
    mark_queue();
  } else if (!marker_queued_) {
    poll();  // a thread waits in the reactor
  }
}

void Process::ready_io(Connection& connection, int end) {
  touch();
  ready_io_.push_back({&connection, end, nullptr, nullptr});
  poll_unless_queued();
}

void Process::ready_completion(Strand& strand, Operation* operation, trace::EventId cause) {
  touch();
  operation->cause = cause;
  ready_io_.push_back({nullptr, 0, &strand, operation});
  poll_unless_queued();
}

void Process::ready_timer(std::uint32_t slot) {
  touch();
  world_.timed(slot).state = Timed::State::expired;
  world_.timed(slot).cause = world_.current_event();
  ready_timers_.push_back(slot);
  poll_unless_queued();
}

void Process::poll() {
  for (std::size_t i = 0; i < ready_io_.size(); ++i) {
    const ReadyIo ready = ready_io_[i];
    if (ready.connection != nullptr) {
      world_.network().complete_read(*ready.connection, ready.end);
    } else {
      push({ready.strand, ready.operation});
    }
  }
  ready_io_.clear();
  for (const std::uint32_t slot : ready_timers_) {
    Timed& timed = world_.timed(slot);
    Strand& strand = *timed.strand;
    auto* operation = make_operation(
        pool(), [handler = std::move(timed.handler)]() mutable { handler(ErrorCode()); });
    const trace::EventId expiry = timed.cause;
    world_.release(slot);
    complete(strand, operation, expiry);
  }
  ready_timers_.clear();
}

bool Process::threads_runnable() const {
  for (const Open& open : open_) {
    if (!open.blocked || open.has_effects()) return true;
  }
  return queue_size_ > 0 && thread_free();
}

/// The next turn of a strand, and what the queue holds before it.
void Process::step_single() {
  if (interrupted_ != nullptr) return run_batch(*std::exchange(interrupted_, nullptr));
  while (queue_size_ > 0) {
    mark_queue();  // behind what the last poll has brought, as an io_context does
    const Entry entry = pop();
    if (entry.strand == nullptr) {
      marker_queued_ = false;
      if (!ready_io_.empty() || !ready_timers_.empty()) poll();
    } else if (entry.operation != nullptr) {
      enqueue(*entry.strand, entry.operation);
    } else {
      run_batch(*entry.strand);
      break;
    }
  }
}

void Process::run_batch(Strand& strand) {
  while (!strand.ready.empty()) {
    run_handler(strand);
    if (!alive_) return;
    if (blocked_threads_ > 0) {
      interrupted_ = &strand;
      return;
    }
  }
  after_batch(strand);
}

void Process::run_handler(Strand& strand) {
  Operation* operation = strand.ready.pop();
  ++strand.handlers_run;
  world_.touch(strand.object);
  touch();
  const auto event = world_.record(trace::EventKind::handler, strand.id, 0, operation->cause);
  world_.within(event, &strand, [&] { operation->complete(operation, pool(), true); });
}

void Process::after_batch(Strand& strand) {
  strand.ready.append(strand.waiting);
  strand.locked = !strand.ready.empty();
  if (strand.locked) queue_turn(strand);
}

void Process::step_threads() {
  // A free thread takes the next entry: no decision, for when it acts on it is one.
  if (queue_size_ > 0 && thread_free()) {
    take_entry();
    return;
  }
  std::vector<Open*> threads;
  for (Open& open : open_) {
    if (!open.blocked || open.has_effects()) threads.push_back(&open);
  }
  // The thread that is under way comes first.
  const auto under_way = std::ranges::find(threads, last_thread_, &Open::thread);
  const bool interrupts = under_way != threads.end();
  if (interrupts) std::rotate(threads.begin(), under_way, under_way + 1);
  std::size_t chosen = 0;
  if (threads.size() > 1) {
    std::vector<Meaning> steps;
    const Identity question = world_.next_identity();
    for (Open* open : threads)
      steps.push_back(next_step_of(*open)), steps.back().identity = question;
    chosen = world_.choose_within(interrupts ? ChoiceKind::thread_step : ChoiceKind::thread_start,
                                  steps);
  }
  last_thread_ = threads[chosen]->thread;
  advance_thread(*threads[chosen]);
  std::erase_if(open_, [](const Open& open) { return open.ended && !open.has_effects(); });
}

void Process::take_entry() {
  mark_queue();
  const Entry entry = pop();
  if (entry.strand == nullptr) {
    marker_queued_ = false;
    if (ready_io_.empty() && ready_timers_.empty()) return;
  }
  // The thread that has just become free, if there is one: it goes on.
  const auto busy = [&](int thread) {
    return std::ranges::find(open_, thread, &Open::thread) != open_.end();
  };
  int thread = last_thread_;
  if (thread < 0 || busy(thread)) {
    for (thread = 0; busy(thread);) ++thread;
  }
  Open& open = open_.emplace_back();
  open.thread = thread;
  open.strand = entry.strand;
  open.arriving = entry.operation;
  open.is_turn = entry.strand != nullptr && entry.operation == nullptr;
  open.event = world_.current_event();
}

Meaning Process::next_step_of(const Open& open) {
  auto& trace = world_.trace();
  if (open.strand == nullptr) return {root().id, trace.intern("poll"), polls_};
  const Strand& strand = *open.strand;
  if (open.has_effects()) return {strand.id, trace.intern("effect"), strand.effects_released};
  if (open.arriving != nullptr) {
    return {strand.id, trace.intern("completion"), strand.completions_taken};
  }
  if (!strand.ready.empty()) return {strand.id, trace.intern("handler"), strand.handlers_run};
  return {strand.id, trace.intern("turn ends"), strand.turns_ended};
}

void Process::advance_thread(Open& open) {
  if (open.is_turn && !open.has_effects() && !open.strand->ready.empty()) {
    open.effects.clear();
    open.released = 0;
    open.event = static_cast<trace::EventId>(world_.trace().events().size());
    open_running_ = &open;
    run_handler(*open.strand);
    open_running_ = nullptr;
    return;
  }
  open_releasing_ = &open;
  if (open.strand == nullptr) {
    ++polls_;
    open.ended = true;
    poll();
  } else if (open.has_effects()) {
    ++open.strand->effects_released;
    auto effect = std::move(open.effects[open.released++]);
    world_.within(open.event, open.strand, [&] { effect(); });
  } else if (open.arriving != nullptr) {
    ++open.strand->completions_taken;
    open.ended = true;
    enqueue(*open.strand, std::exchange(open.arriving, nullptr));
  } else {
    ++open.strand->turns_ended;
    open.ended = true;
    after_batch(*open.strand);
  }
  open_releasing_ = nullptr;
}

}  // namespace raceproof::sim
