#include "runtime/asio/runtime.hpp"

#include <cassert>
#include <cstdio>
#include <stdexcept>
#include <thread>
#include <vector>

#include "runtime/asio/tcp_connect.hpp"
#include "runtime/asio/tcp_listener.hpp"
#include "runtime/asio/timers.hpp"
#include "runtime/calendar.hpp"

namespace raceproof {

namespace {

void log_failure(std::string_view task, const std::exception_ptr& error) {
  std::string reason = "an exception that is no std::exception";
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& failure) {
    reason = failure.what();
  } catch (...) {  // the reason stands already
  }
  std::fprintf(stderr, "raceproof: task '%.*s' failed: %s\n", static_cast<int>(task.size()),
               task.data(), reason.c_str());
}

}  // namespace

AsioRuntime::AsioRuntime(Options options)
    : options_(std::move(options)),
      start_(std::chrono::steady_clock::now()),
      context_(std::make_unique<asio::io_context>(options_.threads)),
      strands_(*context_, options_.seed),
      root_(strands_.make(options_.name)) {
  assert(options_.threads >= 1);
}

AsioRuntime::~AsioRuntime() {
  // Destroying a handler destroys the coroutine that waits in it, and with it executors and
  // sockets, so the context must still be there; the context then destroys the handlers that it
  // owns itself, and with them the last references to strands, so their registry must still be
  // there.
  strands_.destroy_operations();
  root_.reset();
  context_.reset();
}

void AsioRuntime::run() {
  if (context_->stopped()) context_->restart();
  std::vector<std::jthread> pool;
  for (int i = 1; i < options_.threads; ++i) pool.emplace_back([this] { run_on_this_thread(); });
  run_on_this_thread();
}

void AsioRuntime::run_on_this_thread() {
  for (;;) {
    try {
      context_->run();
      return;
    } catch (...) {
      task_failed("handler", std::current_exception());
    }
  }
}

void AsioRuntime::stop() { context_->stop(); }

AsioRuntime::WorkGuard AsioRuntime::keep_alive() { return asio::make_work_guard(*context_); }

Executor AsioRuntime::make_strand(std::string_view name) {
  auto& creator = current_or_root();
  std::string full = creator.name();
  if (!full.empty()) full += '/';
  full += creator.children.make(name);
  return strands_.make(std::move(full))->executor();
}

std::string_view AsioRuntime::strand_name(const Executor& strand) const {
  const auto* const record = detail::strand_of(strand);
  return record != nullptr && &record->registry() == &strands_ ? record->name()
                                                               : std::string_view();
}

bool AsioRuntime::running_on(const Executor& strand) const {
  const auto* const record = detail::strand_of(strand);
  return record != nullptr && record->running_here();
}

Instant AsioRuntime::now() {
  const std::chrono::nanoseconds since = std::chrono::steady_clock::now() - start_;
  return Instant(detail::Affine{since.count(), 0});
}

Instant AsioRuntime::at_unix_time(std::int64_t seconds) {
  const auto ahead =
      std::chrono::seconds(seconds) - std::chrono::system_clock::now().time_since_epoch();
  return now() + Duration(std::chrono::duration_cast<std::chrono::nanoseconds>(ahead));
}

std::string AsioRuntime::timestamp() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return calendar_text(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

std::uint64_t AsioRuntime::random() { return current_or_root().random.next(); }

Duration AsioRuntime::draw(const DelayRange& range, const char* /*what*/) {
  const std::int64_t low = range.low.to_ns();
  const std::int64_t high = range.high.to_ns();
  assert(low <= high);
  if (options_.worst_case_delays || low == high) return range.high;
  const auto width = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  const auto offset = static_cast<std::int64_t>(current_or_root().random.up_to(width));
  return range.low + std::chrono::nanoseconds(offset);
}

void AsioRuntime::observe(const Observation& observation) {
  if (!options_.observer) return;
  const auto* const strand = detail::Strand::current();
  const bool is_own = strand != nullptr && &strand->registry() == &strands_;
  // One at a time, with the time taken inside, so that the observer sees times that never go back.
  const std::scoped_lock lock(observing_);
  try {
    options_.observer(observation, is_own ? strand->name() : std::string_view(), now().to_ns());
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "raceproof: an observer failed: %s\n", failure.what());
  }
}

Listener AsioRuntime::listen(const Executor& strand, const Endpoint& at) {
  return detail::listen_tcp(own(strand), at);
}

OperationId AsioRuntime::start_wait(const Executor& strand, Instant deadline, const char* /*what*/,
                                    WaitHandler handler) {
  std::optional<std::chrono::steady_clock::time_point> until;
  if (!is_never(deadline)) until = start_ + std::chrono::nanoseconds(deadline.to_ns());
  return detail::start_wait(own(strand), until, std::move(handler));
}

void AsioRuntime::start_block(const Executor& strand, Duration duration, const char* /*what*/,
                              WaitHandler handler) {
  auto& record = own(strand);
  assert(record.running_here());
  std::this_thread::sleep_for(std::chrono::nanoseconds(duration.to_ns()));
  record.post([handler = std::move(handler)]() mutable { handler(ErrorCode()); });
}

OperationId AsioRuntime::start_connect(const Executor& strand, Endpoint to,
                                       ConnectHandler handler) {
  return detail::start_tcp_connect(own(strand), std::move(to), std::move(handler));
}

void AsioRuntime::cancel_operation(OperationId id) {
  auto* const strand = detail::Strand::current();
  // Elsewhere nothing could be done without a race: the table of operations belongs to its strand.
  const bool on_its_strand = strand != nullptr && strand->started(id);
  assert(on_its_strand && "an operation is cancelled on the strand that it was started on");
  if (!on_its_strand) return;
  if (auto* const operation = strand->operations.find(id)) operation->cancel();
}

void AsioRuntime::task_failed(std::string_view task, std::exception_ptr error) {
  failed_ = true;
  if (options_.on_failure) return options_.on_failure(task, error);
  log_failure(task, error);
  stop();
}

detail::Strand& AsioRuntime::own(const Executor& strand) const {
  auto* const record = detail::strand_of(strand);
  if (record == nullptr || &record->registry() != &strands_) {
    throw std::logic_error("the executor is no strand of this runtime");
  }
  return *record;
}

detail::Strand& AsioRuntime::current_or_root() const {
  auto* const strand = detail::Strand::current();
  return strand != nullptr && &strand->registry() == &strands_ ? *strand : *root_;
}

}  // namespace raceproof
