// A WebSocket client that plays a script: the users of a scenario. Every step, frame, close and
// error is observed as it happens; whether the script was met is the client's own verdict
// (`client_done`).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fakes/client/frame.hpp"
#include "fakes/client/limit.hpp"
#include "fakes/client/script.hpp"
#include "fakes/client/websocket.hpp"
#include "runtime/runtime.hpp"

namespace raceproof::fakes::client {

/// Observations, each with `client`, the script's name:
///   client_connecting{attempt}         an attempt begins; counted over the client's life, from 1
///   client_http{path,status}           an HTTP answer, 101 included
///   client_open{user,subprotocol}      the WebSocket is open, for this user (empty: not known)
///   client_frame{type,text,user,run,tool,recovered}   a frame arrived: its text, and what that
///                                      says about itself (frame.hpp)
///   client_sent{type,text}             a frame has been handed to the transport
///   client_close{code,reason,local}    the peer's close frame; 1005 without a code, 1006 when the
///                                      connection was lost without one. `local`: we closed first
///   client_error{reason}               no connection, no HTTP answer, or the connection was lost
///   client_step_failed{step,kind,expected,got}   `step` counts from 1; 0 is the end of the script
///   client_done{ok}                    the script is over and its connection closed
class Client final : private ConnectionEvents {
 public:
  Client(Runtime& runtime, Endpoint server, Script script);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// The strand that everything of this client runs on, named after it.
  [[nodiscard]] const Executor& strand() const { return strand_; }
  [[nodiscard]] const std::string& name() const { return script_.name; }

  /// Plays the script, once. True when every step was met and no connection ended with a close code
  /// other than 1000 or 1001 that no step expected. Cancelling it resets the connection. The client
  /// lives until it returns. Cheapest when already on `strand()`; from elsewhere it is a `call`.
  Awaitable<bool> run();

 private:
  /// Why a step was not met; `std::nullopt` when it was.
  struct Failure {
    std::string expected;
    std::string got;
  };
  using Outcome = std::optional<Failure>;
  struct Frame {
    FrameFields fields;
    std::string text;
  };
  struct CloseFrame {
    int code;
    std::string reason;
  };

  Awaitable<bool> play();
  Awaitable<bool> play_steps();
  Awaitable<Outcome> step(const Wait& wait);
  Awaitable<Outcome> step(const Connect& connect);
  Awaitable<Outcome> step(const Expect& expect);
  Awaitable<Outcome> step(const Send& send);
  Awaitable<Outcome> step(const Close& close);
  Awaitable<Outcome> step(const Get& get);
  Awaitable<Outcome> step(const Abort& abort);
  Awaitable<Outcome> step(const ReadSlowly& slow);

  Awaitable<Answer> upgrade(const Connect& connect);
  Awaitable<Answer> probe(const Get& get);
  Awaitable<Answer> open(std::optional<Limit>& limit, Stream& stream);
  Awaitable<Outcome> leave(int code, std::string_view reason);
  Awaitable<> until_ended();
  void stop_reading(Duration span);
  void read_again();
  Awaitable<bool> arrival(Instant deadline);
  [[nodiscard]] std::optional<Outcome> examine_frames(const Expect& expect);
  [[nodiscard]] std::optional<Outcome> examine_close(const Expect& expect);
  [[nodiscard]] bool next_expects_http() const;
  [[nodiscard]] bool open_now() const { return connection_ && !closed_ && !ended_; }
  [[nodiscard]] std::string state() const;
  /// Empty when no frame has named one.
  [[nodiscard]] std::string_view latest_run() const;

  void on_frame(std::string_view payload) override;
  void on_close(int code, std::string_view reason) override;
  void on_end(ErrorCode error) override;
  void notify();

  void observe_answer(std::string_view path, const Answer& answer);
  void observe_failure(std::int64_t step, std::string_view kind, const Failure& failure);

  Runtime& runtime_;
  Endpoint server_;
  std::string host_;  // of the HTTP requests
  Script script_;
  Executor strand_;

  std::size_t at_ = 0;         // the step being played
  std::int64_t attempts_ = 0;  // connections tried so far
  Answer last_answer_;         // to the latest connect

  std::unique_ptr<Connection> connection_;
  std::vector<Frame> inbox_;
  std::size_t unread_ = 0;  // first frame of the inbox that no step has consumed
  std::optional<CloseFrame> closed_;
  bool close_met_ = false;  // a step has dealt with the close
  bool leaving_ = false;    // we closed first
  bool aborted_ = false;    // we reset the connection
  bool ended_ = true;       // no read is pending on the connection

  OperationId slow_ = 0;     // the wait after which it reads again
  OperationId waiting_ = 0;  // the wait that an arrival ends
  bool arrived_ = false;
};

}  // namespace raceproof::fakes::client
