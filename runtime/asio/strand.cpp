#include "runtime/asio/strand.hpp"

#include <vector>

namespace raceproof::detail {

namespace {

using PlainExecutor = StrandExecutor<ContextExecutor>;
using TrackedExecutor = StrandExecutor<std::decay_t<decltype(asio::require(
    std::declval<ContextExecutor>(), asio::execution::outstanding_work.tracked))>>;

}  // namespace

thread_local Strand* Strand::current_ = nullptr;

std::string ChildNames::make(std::string_view name) {
  const std::scoped_lock lock(mutex_);
  const auto known = uses_.find(name);
  if (known != uses_.end()) return std::string(name) + '#' + std::to_string(++known->second);
  if (uses_.size() == names_max) {
    uses_.erase(oldest_first_.front());
    oldest_first_.pop_front();
  }
  oldest_first_.push_back(uses_.emplace(name, 1).first);
  return std::string(name);
}

Strand::Strand(StrandRegistry& registry, std::uint64_t number, std::string name, std::uint64_t seed,
               const ContextExecutor& context)
    : random(seed, name),
      registry_(registry),
      number_(number),
      name_(std::move(name)),
      // Never inline: without this an idle strand would run inside the handler that posts to it.
      queue_(asio::require(context, asio::execution::blocking.never)) {}

Strand::~Strand() { registry_.forget(number_); }

Executor Strand::executor() { return PlainExecutor(shared_from_this(), context().get_executor()); }

std::shared_ptr<Strand> StrandRegistry::make(std::string name) {
  const std::scoped_lock lock(mutex_);
  const std::uint64_t number = ++strands_made_;
  auto strand =
      std::make_shared<Strand>(*this, number, std::move(name), seed_, context_.get_executor());
  strands_.emplace(number, strand);
  return strand;
}

void StrandRegistry::forget(std::uint64_t number) {
  const std::scoped_lock lock(mutex_);
  strands_.erase(number);
}

void StrandRegistry::destroy_operations() {
  std::vector<std::shared_ptr<Strand>> strands;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [number, weak] : strands_) {
      if (auto strand = weak.lock()) strands.push_back(std::move(strand));
    }
  }
  // Outside the lock: destroying a handler can destroy the last reference to another strand.
  for (const auto& strand : strands) (void)strand->operations.take_all();
}

Strand* strand_of(const Executor& executor) {
  if (const auto* plain = executor.target<PlainExecutor>()) return &plain->strand();
  if (const auto* tracked = executor.target<TrackedExecutor>()) return &tracked->strand();
  return nullptr;
}

}  // namespace raceproof::detail
