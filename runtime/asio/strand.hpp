// Strands of the production runtime: an `asio::strand` with a name, a stream of random numbers and
// the operations pending on it, and the executor that components hold.
#pragma once

#include <atomic>
#include <boost/asio/execution.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/require.hpp>
#include <boost/asio/strand.hpp>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "runtime/asio/operations.hpp"
#include "runtime/asio/random_stream.hpp"
#include "runtime/runtime.hpp"

namespace raceproof::detail {

using ContextExecutor = asio::io_context::executor_type;

/// Gives the children of one strand their names.
class ChildNames {
 public:
  /// `name` the first time, then `name#2`, `name#3` and so on.
  std::string make(std::string_view name);

 private:
  /// A server names a strand after every peer, for ever; beyond this many names the oldest is
  /// forgotten, and would start at its plain form again.
  static constexpr std::size_t names_max = 65536;

  std::mutex mutex_;  // the root of a runtime has no strand of its own
  using Uses = std::map<std::string, std::uint64_t, std::less<>>;
  Uses uses_;
  // Most strands have no children, and an empty deque would take 576 bytes of each connection.
  std::list<Uses::const_iterator> oldest_first_;
};

class StrandRegistry;

/// One strand. Lives as long as an executor or a queued handler refers to it.
class Strand : public std::enable_shared_from_this<Strand> {
 public:
  Strand(StrandRegistry& registry, std::uint64_t number, std::string name, std::uint64_t seed,
         const ContextExecutor& context);
  Strand(const Strand&) = delete;
  Strand& operator=(const Strand&) = delete;
  ~Strand();

  /// The strand whose handler this thread runs; null outside all strands.
  static Strand* current() { return current_; }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const StrandRegistry& registry() const { return registry_; }
  [[nodiscard]] asio::io_context& context() const { return queue_.get_inner_executor().context(); }
  [[nodiscard]] bool running_here() const { return current_ == this; }

  /// Queues `work` behind everything queued before it. Never runs it here.
  template <class Work>
  void post(Work&& work) {
    queue_.execute([self = shared_from_this(), work = std::forward<Work>(work)]() mutable {
      const Entered entered(self.get());
      std::move(work)();
    });
  }

  /// An executor for this strand that does not keep the runtime from running out of work.
  [[nodiscard]] Executor executor();

  /// An id for a new operation of this strand; tells the strand, so that a cancellation on another
  /// strand is noticed.
  OperationId next_operation() { return number_ << operation_bits | ++operations_started_; }
  [[nodiscard]] bool started(OperationId id) const { return id >> operation_bits == number_; }

  // What belongs to the strand and is touched on it only.
  OperationTable operations;
  RandomStream random;
  ChildNames children;

 private:
  static constexpr int operation_bits = 36;

  class Entered {
   public:
    explicit Entered(Strand* strand) : outer_(std::exchange(current_, strand)) {}
    ~Entered() { current_ = outer_; }
    Entered(const Entered&) = delete;
    Entered& operator=(const Entered&) = delete;

   private:
    Strand* outer_;
  };

  static thread_local Strand* current_;

  StrandRegistry& registry_;
  const std::uint64_t number_;
  const std::string name_;
  std::uint64_t operations_started_ = 0;
  asio::strand<ContextExecutor> queue_;
};

/// All strands of a runtime, so that it can destroy what is pending on them when it ends.
class StrandRegistry {
 public:
  StrandRegistry(asio::io_context& context, std::uint64_t seed) : context_(context), seed_(seed) {}

  std::shared_ptr<Strand> make(std::string name);
  /// Destroys every pending operation. No thread runs the runtime any more.
  void destroy_operations();

 private:
  friend class Strand;
  void forget(std::uint64_t number);

  asio::io_context& context_;
  const std::uint64_t seed_;
  std::mutex mutex_;
  std::uint64_t strands_made_ = 0;
  std::map<std::uint64_t, std::weak_ptr<Strand>> strands_;
};

/// What `Executor` holds: a strand, and an executor of the context for the properties that Asio
/// asks for (blocking, outstanding work). Unlike `asio::strand` over an `io_context` it never runs
/// a handler inside the handler of another strand: work runs inline on the strand itself and is
/// queued from anywhere else. Small enough to live inside `any_io_executor` without an allocation.
template <class Properties>
class StrandExecutor {
 public:
  StrandExecutor(std::shared_ptr<Strand> strand, Properties properties) noexcept
      : strand_(std::move(strand)), properties_(std::move(properties)) {}

  [[nodiscard]] Strand& strand() const { return *strand_; }

  template <class Work>
  void execute(Work&& work) const {
    const bool may_run_here =
        asio::query(properties_, asio::execution::blocking) != asio::execution::blocking.never;
    if (!may_run_here || !strand_->running_here()) return strand_->post(std::forward<Work>(work));
    auto local = std::forward<Work>(work);
    std::move(local)();
  }

  template <class Property>
  requires asio::can_query<const Properties&, Property>::value auto query(
      const Property& property) const -> decltype(auto) {
    return asio::query(properties_, property);
  }
  template <class Property>
  requires asio::can_require<const Properties&, Property>::value &&
      (!std::is_convertible_v<Property, asio::execution::blocking_t::always_t>)auto require(
          const Property& property) const {
    return with(asio::require(properties_, property));
  }
  template <class Property>
  requires asio::can_prefer<const Properties&, Property>::value &&
      (!std::is_convertible_v<Property, asio::execution::blocking_t::always_t>)auto prefer(
          const Property& property) const {
    return with(asio::prefer(properties_, property));
  }

  friend bool operator==(const StrandExecutor& a, const StrandExecutor& b) noexcept {
    return a.strand_ == b.strand_ && a.properties_ == b.properties_;
  }

 private:
  template <class Other>
  [[nodiscard]] StrandExecutor<Other> with(Other properties) const {
    return StrandExecutor<Other>(strand_, std::move(properties));
  }

  std::shared_ptr<Strand> strand_;
  Properties properties_;
};

/// The strand behind an executor; null if it is none of this form.
[[nodiscard]] Strand* strand_of(const Executor& executor);

}  // namespace raceproof::detail
