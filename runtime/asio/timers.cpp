#include "runtime/asio/timers.hpp"

#include <boost/asio/bind_executor.hpp>

namespace raceproof::detail {

namespace {

/// A wait with a deadline. Once the timer has expired its completion is queued and `cancel` does
/// nothing: `asio::basic_waitable_timer` works that way, which is what the simulation models.
class TimedWait final : public Operation {
 public:
  TimedWait(asio::io_context& context, std::chrono::steady_clock::time_point deadline,
            WaitHandler handler)
      : timer_(context.get_executor(), deadline), handler_(std::move(handler)) {}

  void start(Strand& strand, OperationId id) {
    timer_.async_wait(asio::bind_executor(strand.executor(),
                                          [owner = strand.shared_from_this(), id](ErrorCode error) {
                                            if (auto self = owner->operations.take(id))
                                              static_cast<TimedWait&>(*self).handler_(error);
                                          }));
  }
  void cancel() override { timer_.cancel(); }

 private:
  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>, ContextExecutor>
      timer_;
  WaitHandler handler_;
};

/// A wait that only a cancellation ends. It needs no timer.
class EndlessWait final : public Operation {
 public:
  EndlessWait(Strand& strand, OperationId id, WaitHandler handler)
      : strand_(strand), id_(id), handler_(std::move(handler)) {}

  void cancel() override {
    // Kept until the posted completion has been built: it is the owner of `this`.
    auto self = strand_.operations.take(id_);
    strand_.post(
        [handler = std::move(handler_)]() mutable { handler(asio::error::operation_aborted); });
  }

 private:
  Strand& strand_;
  OperationId id_;
  WaitHandler handler_;
};

}  // namespace

OperationId start_wait(Strand& strand,
                       std::optional<std::chrono::steady_clock::time_point> deadline,
                       WaitHandler handler) {
  const OperationId id = strand.next_operation();
  if (deadline) {
    auto wait = std::make_unique<TimedWait>(strand.context(), *deadline, std::move(handler));
    auto& started = *wait;
    strand.operations.add(id, std::move(wait));
    started.start(strand, id);
  } else {
    strand.operations.add(id, std::make_unique<EndlessWait>(strand, id, std::move(handler)));
  }
  return id;
}

}  // namespace raceproof::detail
