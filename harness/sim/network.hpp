// The simulated network: connections as two byte directions with latency, backlog, half-close,
// reset and back pressure; listeners with a backlog.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/sim/process.hpp"
#include "runtime/stream.hpp"

namespace raceproof::sim {

/// What a segment carries beside bytes.
enum class SegmentEnd : std::uint8_t { none, end_of_file, reset };

/// One side of a connection: what it has received, and what waits there.
struct ConnectionEnd {
  Process* process = nullptr;
  Strand* strand = nullptr;
  bool open = false;      ///< the program holds the stream and has not closed it
  bool sent_end = false;  ///< has half-closed or closed
  ObjectId object = 0;    ///< what steps touch here (step_log.hpp)
  StepId last_delivery = StepLog::none;
  std::size_t sent = 0;  ///< bytes sent to this end, in all
  std::string received;  ///< arrived and unread from `read_offset`
  std::size_t read_offset = 0;
  bool end_of_file = false;
  bool reset = false;
  trace::EventId last_arrival = 0;
  asio::mutable_buffer read_buffer;
  IoHandler read_handler;    ///< pending read
  bool read_queued = false;  ///< the pending read is on the process's list for its next poll
  ConstBuffers write_buffers;
  IoHandler write_handler;  ///< pending write, waiting for room
  // On the way to this end:
  std::string in_flight;
  std::size_t in_flight_offset = 0;
  std::deque<std::uint32_t> deliveries;  ///< slots, in order
  /// Sent while the link was cut, in order: goes out again when it heals.
  struct Segment {
    std::size_t bytes = 0;
    SegmentEnd end = SegmentEnd::none;
  };
  std::vector<Segment> held;

  [[nodiscard]] std::size_t unread() const { return received.size() - read_offset; }
  [[nodiscard]] std::size_t travelling() const { return in_flight.size() - in_flight_offset; }
};

struct Connection {
  std::uint32_t id = 0;
  ConnectionEnd ends[2];  ///< 0 connected, 1 accepted
  DelayRange latency;
  void reset_for_reuse();
};

/// Bytes that may be on the way and unread per direction before a write waits, unless a run says
/// otherwise.
inline constexpr std::size_t window_bytes = 256 * 1024;

/// A bound endpoint of a process.
struct BoundListener {
  Process* process = nullptr;
  Strand* strand = nullptr;
  Endpoint at;
  std::deque<Connection*> backlog;
  std::move_only_function<Executor(std::string_view)> strand_of;
  AcceptHandler accept_handler;
  bool open = true;
};

/// One end of a simulated connection as the program holds it.
class SimStream final : public StreamImpl {
 public:
  SimStream(Connection& connection, int end) : connection_(&connection), end_(end) {}
  ~SimStream() override;
  void start_read(asio::mutable_buffer buffer, IoHandler handler) override;
  void start_write(ConstBuffers buffers, IoHandler handler) override;
  void cancel_read() override;
  void cancel_write() override;
  void shutdown_send(ErrorCode& error) override;
  void close() override;
  void reset() override;

 private:
  [[nodiscard]] ConnectionEnd& mine() const;
  Connection* connection_;
  int end_;
};

class SimListener final : public ListenerImpl {
 public:
  explicit SimListener(std::shared_ptr<BoundListener> bound) : bound_(std::move(bound)) {}
  ~SimListener() override { close(); }
  void start_accept(std::move_only_function<Executor(std::string_view)> strand_of,
                    AcceptHandler handler) override;
  void cancel_accept() override;
  void close() override;
  [[nodiscard]] std::uint16_t port() const override { return bound_->at.port; }

 private:
  std::shared_ptr<BoundListener> bound_;
};

/// What a strand waits for.
struct Waiting {
  std::string strand;
  std::string what;      ///< the wait's name; "a read from PEER" and so on for streams
  bool limited = false;  ///< it ends by itself, at some time
  [[nodiscard]] std::string text() const { return strand + " waits for " + what; }
};

/// All connections and listeners of a world.
class Network {
 public:
  explicit Network(World& world) : world_(world) {}

  /// Latency of each direction between two processes, by name; none is immediate.
  void set_latency(const std::string& a, const std::string& b, DelayRange latency);
  /// Two processes between which traffic may be cut, by name; before anything is sent between them.
  /// What is sent while it is cut is kept, as TCP keeps what nobody acknowledges, and goes out
  /// again some time of `retransmit` after the link heals, once for each direction of a connection,
  /// and once for each connect. Returns the link, for `World::partition`.
  std::uint32_t may_be_cut(const std::string& a, const std::string& b, DelayRange retransmit);
  /// Cuts a link once more, or mends it once. What is on its way arrives.
  void cut(std::uint32_t link);
  void mend(std::uint32_t link);

  std::shared_ptr<BoundListener> bind(Process& process, Strand& strand, const Endpoint& at);
  /// `slot` names the pending connect; its answer completes it.
  void request(std::uint32_t slot);
  void request_arrived(std::uint32_t slot);
  void answer_arrived(std::uint32_t slot);

  /// The connecting side gives up a connection whose answer is still on its way.
  void abandon(Connection& connection);

  /// Moves bytes of `from`'s program towards the other end; returns how many were taken.
  std::size_t send(Connection& connection, int from, const ConstBuffers& buffers);
  void send_end(Connection& connection, int from, SegmentEnd kind);
  /// A segment of `bytes` for `to` arrives.
  void deliver(Connection& connection, int to, std::size_t bytes, SegmentEnd kind);
  /// Completes the pending read of `end` if there is something for it.
  void complete_read(Connection& connection, int end);
  void complete_write(Connection& connection, int end);
  /// Completes a pending accept from the backlog; `arriving` if a connection comes in just now.
  void accept_ready(BoundListener& listener, bool arriving);
  /// A killed process: its listeners go, its ends are reset.
  void process_died(Process& process);
  /// Destroys the handlers that wait at ends of `process`.
  bool destroy_handlers(Process& process);
  void clear();
  /// What the ends and listeners of a process come to, and whose they are.
  struct Held {
    std::int64_t reads = 0;
    std::int64_t writes = 0;
    std::int64_t accepts = 0;
    std::int64_t streams = 0;  ///< ends that are open
    std::int64_t listeners = 0;
    std::string names;
  };
  [[nodiscard]] Held held_by(const Process& process) const;
  /// Adds pending reads, writes and accepts.
  void add_waiting(std::vector<Waiting>& waiting) const;
  /// What the current step reaches for (step_log.hpp).
  void touch(const BoundListener& listener);
  void closing(const BoundListener& listener);

 private:
  // What goes out `after` a while is an event of its own, even if that is 0 ns in this run.
  using After = std::optional<Duration>;
  void touch(const ConnectionEnd& end);
  /// Who listens on a host: what a connect asks, and a listener changes.
  ObjectId registry_of(const std::string& host);
  /// How many of `bytes` travel together: all, or fewer where the run fragments (0 drawn: all).
  std::size_t piece_of(const Connection& connection, int from, std::size_t bytes);
  void schedule_delivery(Connection& connection, int to, std::uint32_t slot, After after);
  [[nodiscard]] DelayRange latency_between(const Process& a, const Process& b) const;
  struct Link;
  [[nodiscard]] Link* link_between(const std::string& a, const std::string& b);
  /// Whether nothing gets through from the one to the other now; the current step looks at it.
  [[nodiscard]] bool cut_between(const std::string& a, const std::string& b);
  [[nodiscard]] bool cut_between(const Connection& connection) {
    return any_may_be_cut_ &&
           cut_between(connection.ends[0].process->name(), connection.ends[1].process->name());
  }
  void send_again(Connection& connection, int to, const DelayRange& retransmit);
  void schedule_answer(std::uint32_t slot, After after);
  void schedule_request(std::uint32_t slot, After after);
  void send_segment(Connection& connection, int to, ConnectionEnd::Segment segment, After after);
  [[nodiscard]] After draw_retransmission(const DelayRange& range, Strand& strand);
  Connection& make_connection();

  struct Link {
    std::string a;
    std::string b;
    DelayRange latency{};
    bool may_be_cut = false;
    int cuts = 0;  ///< partitions that last
    DelayRange retransmit{};
    ObjectId object = 0;
    std::vector<OperationId> connects{};  ///< requests and answers that are kept
  };
  World& world_;
  std::vector<Link> links_;
  bool any_may_be_cut_ = false;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::size_t connections_used_ = 0;
  std::vector<std::shared_ptr<BoundListener>> listeners_;
};

}  // namespace raceproof::sim
