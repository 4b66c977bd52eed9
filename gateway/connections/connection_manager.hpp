// Who is connected, and how messages reach them (domain.md sections 6 and 12). The methods have the
// names of the system that it stands for.
//
// Every user has one queue of messages. While the user is connected, the queue is emptied in order,
// each message to all of the user's connections; while not, it keeps the newest, for a time, and
// for so many users. So kept messages leave before newer ones, and a message is delivered, queued
// or reported as lost.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/agents/event.hpp"
#include "gateway/connections/frame.hpp"
#include "gateway/connections/loss.hpp"
#include "gateway/connections/presence.hpp"
#include "gateway/connections/settings.hpp"
#include "gateway/watchdog.hpp"
#include "runtime/confined.hpp"
#include "runtime/task.hpp"

namespace raceproof::gateway {

/// What the manager asks of a session, on the session's strand.
class UserSession {
 public:
  virtual ~UserSession() = default;
  /// Takes a frame to send. False once the session is closing, broken or too slow for it.
  virtual bool deliver(const FramePtr& frame) = 0;
  /// Returns once everything taken so far has been written, or the session has ended.
  virtual Awaitable<> flushed() = 0;
  /// Answers a frame as if it had come from this session's client.
  virtual Awaitable<> handle(std::string text) = 0;
};

/// One connection of a user.
struct UserConnection {
  std::string id;
  std::string user;
  std::string thread;  ///< the conversation that it shows; empty for none
  std::string job;     ///< the job that it follows; empty for none
  Executor strand;
  std::weak_ptr<UserSession> session;
  std::uint64_t since = 0;  ///< messages before it: set by the manager
};

/// For operators and metrics. The totals count since the start.
struct ConnectionFigures {
  std::size_t connections = 0;
  std::size_t users = 0;
  std::size_t queued = 0;        ///< messages that wait for their users
  std::size_t absent_users = 0;  ///< for whom messages are kept
  std::uint64_t connected_total = 0;
  std::uint64_t refused_total = 0;  ///< over the limit of connections per user
  std::uint64_t delivered_total = 0;
  std::uint64_t queued_total = 0;
  std::uint64_t lost_total = 0;
  Losses lost{};  ///< the same by reason
};

/// The users' connections. Everything but the constructor and `strand()` runs on its own strand.
class ConnectionManager final : public EventSink {
 public:
  /// `settings` and `presence` must outlive it; without `presence` only this instance's connections
  /// are served.
  ConnectionManager(Runtime& runtime, const ConnectionSettings& settings, Presence* presence);

  [[nodiscard]] const Executor& strand() const override { return strand_; }
  Awaitable<> stop();

  // --- connections ------------------------------------------------------------------------------

  /// Registers a connection and lets kept messages go to it; false when the user has too many.
  Awaitable<bool> connect_user(UserConnection connection);
  /// Removes a connection that has ended; `unsent` is what it took and could not send, which goes
  /// to the user's other connections or is kept.
  Awaitable<> disconnect_user(std::string user, std::string id, std::vector<FramePtr> unsent);
  /// Takes back what a connection, by then removed, could not send after all.
  Awaitable<> return_unsent(std::string user, std::string id, std::vector<FramePtr> unsent);
  /// Redis can be asked again, after a time in which it could not: notes anew who is here, and
  /// takes what was kept for them meanwhile. What is received while it asks waits.
  Awaitable<> rejoin();
  /// The first two by their other names.
  Awaitable<bool> add_connection(UserConnection connection);
  Awaitable<bool> add_connection_by_user(std::string user, UserConnection connection);
  Awaitable<> remove_connection(std::string id);
  Awaitable<> remove_connection_by_user(std::string user);
  Awaitable<bool> handle_connection(UserConnection connection);
  Awaitable<> handle_disconnection(std::string id, std::vector<FramePtr> unsent);

  [[nodiscard]] std::optional<UserConnection> get_connection(std::string_view id) const;
  [[nodiscard]] std::optional<UserConnection> find_connection(std::string_view user,
                                                              std::string_view id) const;
  [[nodiscard]] std::vector<UserConnection> get_user_connections(std::string_view user) const;
  [[nodiscard]] std::optional<std::string> get_connection_id_by_websocket(
      const std::weak_ptr<UserSession>& session) const;
  [[nodiscard]] std::size_t get_connection_count() const;
  [[nodiscard]] bool is_user_connected(std::string_view user) const;
  /// Whether the user has a connection whose session still lives.
  [[nodiscard]] bool is_connection_active(std::string_view user) const;
  [[nodiscard]] ConnectionFigures get_connection_health() const;
  [[nodiscard]] Awaitable<ConnectionFigures> figures() const { co_return get_connection_health(); }
  /// Whether the user is connected, now or within `limit`.
  Awaitable<bool> wait_for_connection(std::string user, Duration limit);
  /// Which conversation a connection shows; false for an unknown connection.
  bool update_connection_thread(std::string_view id, std::string thread);
  /// A connection follows a job until it leaves it or ends; false for an unknown connection.
  bool connect_to_job(std::string_view id, std::string job);
  bool disconnect_from_job(std::string_view id);

  // --- messages ---------------------------------------------------------------------------------

  /// Delivers a message to all connections of a user, after what was sent before; keeps it when
  /// there is none.
  Awaitable<Delivery> send_to_user(std::string user, std::string type, std::string text);
  /// Waits up to `limit` for the user to connect, then sends; what it returns is what happened.
  Awaitable<Delivery> send_to_user_with_wait(std::string user, std::string type, std::string text,
                                             Duration limit);
  /// To the user's connections that show `thread`; kept for nobody.
  Awaitable<Delivery> send_to_thread(std::string user, std::string thread, std::string type,
                                     std::string text);
  Awaitable<Delivery> send_agent_event(AgentEvent event) override;
  Awaitable<Delivery> emit_critical_event(AgentEvent event);
  /// To the connections here that follow `job`, kept for nobody; how many took it.
  Awaitable<std::size_t> send_to_job(std::string job, std::string type, std::string text);
  /// To every connection here, kept for nobody; how many took it.
  Awaitable<std::size_t> broadcast(std::string type, std::string text);
  Awaitable<std::size_t> broadcast_message(std::string type, std::string text);
  /// A message that another instance published for a user.
  Awaitable<> receive(std::string user, std::string type, std::string text);
  /// Tries once more to deliver what is kept; whether nothing is left.
  Awaitable<bool> attempt_message_recovery(std::string user);
  /// Forgets what is kept for a user; how many messages.
  std::size_t force_cleanup_user_events(std::string_view user);
  /// Forgets what has been kept for `age` or longer; how many messages. A timer, which runs while
  /// something is kept, does so with `queue_age`.
  std::size_t cleanup_expired_event_tracking(Duration age);
  /// Whether an event may go to `user`: its own ids say so.
  [[nodiscard]] static bool validate_event_isolation(std::string_view user,
                                                     const AgentEvent& event);
  /// Routes a frame from a connection to the session that answers it (see Handlers).
  Awaitable<> handle_message(std::string id, std::string text);

 private:
  struct Message {
    FramePtr frame;
    bool recovered = false;  // it has waited for its user, and says so
    std::shared_ptr<std::optional<Delivery>> outcome = {};  // for the sender who waits; may be null
    std::uint64_t kept = 0;  // its place in the order of what was ever kept; 0: it never was
    Instant kept_at = {};
  };
  using Messages = std::list<Message>;
  struct User {
    std::vector<UserConnection> connections;
    Messages messages;
    std::size_t kept = 0;  // of those, how many are kept
    bool delivering = false;
    std::size_t joining = 0;  // connections on their way in
  };
  struct Kept {
    std::string user;
    Instant at;
  };
  struct State {
    std::map<std::string, User, std::less<>> users;
    std::map<std::string, std::string, std::less<>> user_of;  // by connection
    std::vector<std::string> in_order;                        // connections as they registered
    std::map<std::uint64_t, Kept> kept;  // what is kept, by Message::kept: the oldest first
    std::uint64_t kept_total = 0;
    std::size_t keeping = 0;  // users with kept messages
    std::uint64_t messages = 0;
    ConnectionFigures totals;
  };

  FramePtr next_frame(std::string user, std::string type, std::string text);
  void start_delivery(const std::string& name, User& user);
  Awaitable<> deliver_messages(std::string name);
  Awaitable<bool> deliver_to(UserConnection connection, FramePtr frame);
  Awaitable<bool> hand_on(std::string name);
  Awaitable<bool> fan_out(std::string name, FramePtr frame);
  Awaitable<> flush_beside_live(std::string name, std::vector<Message> messages);
  Awaitable<std::optional<Delivery>> send_elsewhere(FramePtr frame, bool absent);
  Awaitable<std::size_t> send_to_all(std::vector<UserConnection> targets, FramePtr frame);
  UserConnection* entry(std::string_view id);
  bool forget(std::string_view id);
  void take_back(const std::string& name, std::string_view id, std::vector<FramePtr> unsent);
  void observe_connections(std::string_view name, const User& user);
  Awaitable<bool> join_again(std::string name);
  void restore(const std::string& name, std::vector<RemoteMessage> kept, bool for_absent);
  void enqueue(FramePtr frame);
  void tidy(std::string_view name);

  // What is kept (kept_messages.cpp).
  enum class Place { first, last };
  void keep(const std::string& name, Message message, Place place);
  void keep_rest(const std::string& name);
  void note_kept(const std::string& name, User& user, Message& message);
  void limit_kept(const std::string& name, User& user);
  void watch_kept();
  std::size_t drop_kept(std::string_view name, Loss reason);
  Message take_out(User& user, Messages::iterator at);
  void drop(User& user, Messages::iterator at, Loss reason);
  void lose(Message& message, Loss reason);
  void settle(Message& message, Delivery delivery);

  Runtime& runtime_;
  const ConnectionSettings& settings_;
  Presence* presence_;
  Executor strand_;
  Confined<State> state_;
  Signal changed_;  // a message was settled, or a user connected
  TaskScope tasks_;
  Watchdog expiry_;            // of what has been kept for longest
  std::uint64_t watched_ = 0;  // whose expiry that is (Message::kept); 0: it is not armed
  bool stopped_ = false;
  bool rejoining_ = false;
  std::vector<FramePtr> received_;  // while rejoining
};

}  // namespace raceproof::gateway
