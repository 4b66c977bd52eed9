// Ends of simulated connections, and listeners, as the program holds them.
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "harness/sim/network.hpp"
#include "harness/sim/world.hpp"

namespace raceproof::sim {

// --- SimStream -----------------------------------------------------------------------------------

ConnectionEnd& SimStream::mine() const {
  ConnectionEnd& end = connection_->ends[end_];
  end.process->world().touch(end.object);
  return end;
}

SimStream::~SimStream() { close(); }

void SimStream::start_read(asio::mutable_buffer buffer, IoHandler handler) {
  ConnectionEnd& end = mine();
  if (!end.process->alive()) return;
  World& world = end.process->world();
  if (!end.open || buffer.size() == 0) {
    const ErrorCode error = end.open ? ErrorCode() : ErrorCode(asio::error::bad_descriptor);
    auto* operation = make_operation(
        world.pool(), [handler = std::move(handler), error]() mutable { handler(error, 0); });
    end.process->complete(*end.strand, operation, world.current_event());
    return;
  }
  end.read_buffer = buffer;
  end.read_handler = std::move(handler);
  world.network().complete_read(*connection_, end_);
}

void SimStream::start_write(ConstBuffers buffers, IoHandler handler) {
  ConnectionEnd& end = mine();
  if (!end.process->alive()) return;
  World& world = end.process->world();
  end.write_buffers = buffers;
  end.write_handler = std::move(handler);
  ErrorCode error;
  if (!end.open || end.sent_end) error = asio::error::broken_pipe;
  if (end.reset) error = asio::error::connection_reset;
  end.process->effect([&world, connection = connection_, which = end_, error] {
    ConnectionEnd& writer = connection->ends[which];
    if (!writer.write_handler) return;
    if (error || writer.write_buffers.empty()) {
      auto* operation = make_operation(world.pool(), [pending = std::move(writer.write_handler),
                                                      error]() mutable { pending(error, 0); });
      writer.write_handler = nullptr;
      writer.process->complete(*writer.strand, operation, world.current_event());
      return;
    }
    world.network().complete_write(*connection, which);
  });
}

void SimStream::cancel_read() {
  ConnectionEnd& end = mine();
  if (!end.process->alive() || !end.read_handler) return;
  World& world = end.process->world();
  auto* operation = make_operation(world.pool(), [handler = std::move(end.read_handler)]() mutable {
    handler(asio::error::operation_aborted, 0);
  });
  end.read_handler = nullptr;
  end.process->complete(*end.strand, operation, world.current_event());
}

void SimStream::cancel_write() {
  ConnectionEnd& end = mine();
  if (!end.process->alive() || !end.write_handler) return;
  World& world = end.process->world();
  auto* operation =
      make_operation(world.pool(), [handler = std::move(end.write_handler)]() mutable {
        handler(asio::error::operation_aborted, 0);
      });
  end.write_handler = nullptr;
  end.process->complete(*end.strand, operation, world.current_event());
}

void SimStream::shutdown_send(ErrorCode& error) {
  ConnectionEnd& end = mine();
  error = {};
  if (!end.process->alive()) return;
  if (!end.open || end.reset) {
    error = asio::error::not_connected;
    return;
  }
  if (std::exchange(end.sent_end, true)) return;
  end.process->effect([&world = end.process->world(), connection = connection_, which = end_] {
    world.network().send_end(*connection, which, SegmentEnd::end_of_file);
  });
}

void SimStream::close() {
  ConnectionEnd& end = mine();
  if (!end.process->alive() || !end.open) return;
  cancel_read();
  cancel_write();
  end.open = false;
  // Closing with unread bytes resets the connection, as Linux does.
  const bool abortive = end.unread() > 0;
  const bool say = !std::exchange(end.sent_end, true) || abortive;
  if (!say || end.reset) return;
  end.process->effect(
      [&world = end.process->world(), connection = connection_, which = end_, abortive] {
        world.network().send_end(*connection, which,
                                 abortive ? SegmentEnd::reset : SegmentEnd::end_of_file);
      });
}

void SimStream::reset() {
  ConnectionEnd& end = mine();
  if (!end.process->alive() || !end.open) return;
  cancel_read();
  cancel_write();
  end.open = false;
  end.sent_end = true;
  end.process->effect([&world = end.process->world(), connection = connection_, which = end_] {
    world.network().send_end(*connection, which, SegmentEnd::reset);
  });
}

// --- SimListener --------------------------------------------------------------------------------

void SimListener::start_accept(std::move_only_function<Executor(std::string_view)> strand_of,
                               AcceptHandler handler) {
  if (!bound_->process->alive()) return;
  World& world = bound_->process->world();
  world.network().touch(*bound_);
  if (!bound_->open) {
    auto* operation = make_operation(world.pool(), [handler = std::move(handler)]() mutable {
      handler(asio::error::bad_descriptor, Stream());
    });
    bound_->process->complete(*bound_->strand, operation, world.current_event());
    return;
  }
  bound_->strand_of = std::move(strand_of);
  bound_->accept_handler = std::move(handler);
  world.network().accept_ready(*bound_, false);
}

void SimListener::cancel_accept() {
  if (!bound_->process->alive() || !bound_->accept_handler) return;
  World& world = bound_->process->world();
  world.network().touch(*bound_);
  auto* operation =
      make_operation(world.pool(), [handler = std::move(bound_->accept_handler)]() mutable {
        handler(asio::error::operation_aborted, Stream());
      });
  bound_->accept_handler = nullptr;
  bound_->process->complete(*bound_->strand, operation, world.current_event());
}

void SimListener::close() {
  if (!bound_->open) return;
  cancel_accept();
  bound_->process->world().network().closing(*bound_);
  bound_->open = false;
  if (!bound_->process->alive()) return;
  // Connections that nobody accepted are reset.
  for (Connection* connection : std::exchange(bound_->backlog, {})) {
    connection->ends[1].open = false;
    connection->ends[1].sent_end = true;
    bound_->process->world().network().send_end(*connection, 1, SegmentEnd::reset);
  }
}

}  // namespace raceproof::sim
