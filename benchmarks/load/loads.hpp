// The three loads on a WebSocket server. Each is bounded in number and in time.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "benchmarks/load/histogram.hpp"

namespace raceproof::load {

/// What all loads have in common. Figures that a load does not use are ignored by it.
struct Options {
  std::string address = "127.0.0.1";  ///< IPv4, of the loopback network
  std::uint16_t port = 0;
  std::string path = "/";           ///< every "{n}" in it becomes the connection's number
  std::vector<std::string> tokens;  ///< Authorization: Bearer, in turn; empty: no header
  std::string first;  ///< type of the frame that opens a session; empty: the upgrade does
  std::string text = R"({"type":"ping"})";  ///< of each message
  std::string expect;                       ///< type of the frame that answers; empty: any
  /// Open at once; in `connect`, being opened or closed at once.
  std::size_t connections = 100;
  std::uint64_t count_max = 10'000'000;  ///< messages, or connections of `connect`
  std::chrono::milliseconds duration{5000};
  std::chrono::milliseconds warm_up{500};      ///< of `messages`, not measured
  std::chrono::milliseconds settle{1000};      ///< of `idle`, before memory is read
  std::chrono::milliseconds time_out{10'000};  ///< of an upgrade, an answer, a close
  double rate = 0;                             ///< messages a second, all together; 0: closed loop
  pid_t pid = 0;                               ///< of the server; 0: not known
};

/// What was measured. An operation is a connection or a message with its answer.
struct Result {
  std::string load;
  std::size_t connections = 0;
  double seconds = 0;  ///< that were measured
  std::uint64_t operations = 0;
  Histogram latency;                                        ///< of the operations
  std::uint64_t other_frames = 0;                           ///< that neither opened nor answered
  std::map<std::string, std::uint64_t> problems;            ///< connections that ended by each
  std::optional<std::chrono::microseconds> processor_time;  ///< of the server, while measured
  /// Of the load generator itself: near to the measured time, it is what limits the figures.
  std::chrono::microseconds own_processor_time{};
  // Memory of the server, `idle` only.
  std::optional<std::int64_t> resident_before;
  std::optional<std::int64_t> resident_open;
  std::optional<std::int64_t> resident_closed;
};

/// Opens sessions and closes them in order, `connections` at once, for `duration`. The latency of
/// one is from before the connect to the session's first frame, or the upgrade.
Result run_connect(const Options& options);
/// Opens `connections`, then each sends the text and waits for the answer, again and again: at once
/// (closed loop), or at the times that `rate` gives it. Then a latency counts from the time at
/// which the message was due, so that a stall of the server shows in every message that it delayed.
Result run_messages(const Options& options);
/// Opens `connections`, leaves them idle, reads the server's memory, and closes them.
Result run_idle(const Options& options);

}  // namespace raceproof::load
