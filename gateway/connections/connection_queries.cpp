// The manager's methods that ask, and those that are others by another name.
#include <algorithm>
#include <utility>

#include "gateway/connections/connection_manager.hpp"
#include "gateway/watchdog.hpp"

namespace raceproof::gateway {

namespace {

/// On the session's strand.
Awaitable<> answer(std::weak_ptr<UserSession> session, std::string text) {
  const auto live = session.lock();
  if (live) co_await live->handle(std::move(text));
}

}  // namespace

Awaitable<bool> ConnectionManager::add_connection(UserConnection connection) {
  return connect_user(std::move(connection));
}

Awaitable<bool> ConnectionManager::add_connection_by_user(std::string user,
                                                          UserConnection connection) {
  connection.user = std::move(user);
  return connect_user(std::move(connection));
}

Awaitable<bool> ConnectionManager::handle_connection(UserConnection connection) {
  return connect_user(std::move(connection));
}

Awaitable<> ConnectionManager::remove_connection(std::string id) {
  return handle_disconnection(std::move(id), {});
}

Awaitable<> ConnectionManager::remove_connection_by_user(std::string user) {
  for (const UserConnection& connection : get_user_connections(user)) {
    co_await disconnect_user(user, connection.id, {});
  }
}

Awaitable<> ConnectionManager::handle_disconnection(std::string id, std::vector<FramePtr> unsent) {
  const auto known = state_->user_of.find(id);
  if (known == state_->user_of.end()) co_return;
  const std::string user = known->second;
  co_await disconnect_user(user, std::move(id), std::move(unsent));
}

std::optional<UserConnection> ConnectionManager::get_connection(std::string_view id) const {
  const auto known = state_->user_of.find(id);
  if (known == state_->user_of.end()) return std::nullopt;
  return find_connection(known->second, id);
}

std::optional<UserConnection> ConnectionManager::find_connection(std::string_view user,
                                                                 std::string_view id) const {
  const auto known = state_->users.find(user);
  if (known == state_->users.end()) return std::nullopt;
  for (const UserConnection& connection : known->second.connections) {
    if (connection.id == id) return connection;
  }
  return std::nullopt;
}

std::vector<UserConnection> ConnectionManager::get_user_connections(std::string_view user) const {
  const auto known = state_->users.find(user);
  return known == state_->users.end() ? std::vector<UserConnection>() : known->second.connections;
}

std::optional<std::string> ConnectionManager::get_connection_id_by_websocket(
    const std::weak_ptr<UserSession>& session) const {
  for (const auto& [name, user] : state_->users) {
    for (const UserConnection& connection : user.connections) {
      const bool same =
          !connection.session.owner_before(session) && !session.owner_before(connection.session);
      if (same) return connection.id;
    }
  }
  return std::nullopt;
}

std::size_t ConnectionManager::get_connection_count() const { return state_->user_of.size(); }

bool ConnectionManager::is_user_connected(std::string_view user) const {
  const auto known = state_->users.find(user);
  return known != state_->users.end() && !known->second.connections.empty();
}

bool ConnectionManager::is_connection_active(std::string_view user) const {
  const auto known = state_->users.find(user);
  if (known == state_->users.end()) return false;
  const auto& connections = known->second.connections;
  return std::any_of(connections.begin(), connections.end(),
                     [](const auto& connection) { return !connection.session.expired(); });
}

ConnectionFigures ConnectionManager::get_connection_health() const {
  ConnectionFigures figures = state_->totals;
  figures.connections = state_->user_of.size();
  for (const auto& [name, user] : state_->users) {
    if (!user.connections.empty()) ++figures.users;
    figures.queued += user.messages.size();
    if (user.kept != 0) ++figures.absent_users;
  }
  return figures;
}

Awaitable<bool> ConnectionManager::wait_for_connection(std::string user, Duration limit) {
  if (is_user_connected(user)) co_return true;
  Watchdog watchdog(runtime_, strand_);
  bool expired = false;
  watchdog.arm(limit, "connection limit", [&] {
    expired = true;
    changed_.notify_all();
  });
  while (!expired && !is_user_connected(user)) co_await changed_.wait("connection of a user");
  co_return is_user_connected(user);
}

bool ConnectionManager::update_connection_thread(std::string_view id, std::string thread) {
  UserConnection* connection = entry(id);
  if (connection == nullptr) return false;
  connection->thread = std::move(thread);
  return true;
}

bool ConnectionManager::connect_to_job(std::string_view id, std::string job) {
  UserConnection* connection = entry(id);
  if (connection == nullptr) return false;
  connection->job = std::move(job);
  return true;
}

bool ConnectionManager::disconnect_from_job(std::string_view id) { return connect_to_job(id, {}); }

UserConnection* ConnectionManager::entry(std::string_view id) {
  const auto known = state_->user_of.find(id);
  if (known == state_->user_of.end()) return nullptr;
  for (UserConnection& connection : state_->users[known->second].connections) {
    if (connection.id == id) return &connection;
  }
  return nullptr;
}

Awaitable<Delivery> ConnectionManager::send_to_user_with_wait(std::string user, std::string type,
                                                              std::string text, Duration limit) {
  co_await wait_for_connection(user, limit);
  const Delivery delivery =
      co_await send_to_user(std::move(user), std::move(type), std::move(text));
  co_return delivery;
}

Awaitable<Delivery> ConnectionManager::send_to_thread(std::string user, std::string thread,
                                                      std::string type, std::string text) {
  const FramePtr frame = next_frame(user, std::move(type), std::move(text));
  std::vector<UserConnection> targets = get_user_connections(user);
  std::erase_if(targets, [&](const auto& connection) { return connection.thread != thread; });
  const std::size_t taken = co_await send_to_all(std::move(targets), frame);
  co_return taken > 0 ? Delivery::delivered : Delivery::lost;
}

Awaitable<std::size_t> ConnectionManager::send_to_job(std::string job, std::string type,
                                                      std::string text) {
  const FramePtr frame = next_frame({}, std::move(type), std::move(text));
  std::vector<UserConnection> targets;
  for (const auto& [name, user] : state_->users) {
    for (const UserConnection& connection : user.connections) {
      if (connection.job == job) targets.push_back(connection);
    }
  }
  const std::size_t taken = co_await send_to_all(std::move(targets), frame);
  co_return taken;
}

Awaitable<std::size_t> ConnectionManager::broadcast(std::string type, std::string text) {
  const FramePtr frame = next_frame({}, std::move(type), std::move(text));
  std::vector<UserConnection> targets;
  for (const auto& [name, user] : state_->users) {
    targets.insert(targets.end(), user.connections.begin(), user.connections.end());
  }
  const std::size_t taken = co_await send_to_all(std::move(targets), frame);
  co_return taken;
}

Awaitable<std::size_t> ConnectionManager::broadcast_message(std::string type, std::string text) {
  return broadcast(std::move(type), std::move(text));
}

/// A connection that does not take it is forgotten.
Awaitable<std::size_t> ConnectionManager::send_to_all(std::vector<UserConnection> targets,
                                                      FramePtr frame) {
  std::size_t taken = 0;
  for (const UserConnection& target : targets) {
    const bool took = co_await deliver_to(target, frame);
    if (took) {
      ++taken;
    } else if (settings_.forget_on_disconnect) {
      forget(target.id);
      tidy(target.user);
    }
  }
  co_return taken;
}

Awaitable<Delivery> ConnectionManager::emit_critical_event(AgentEvent event) {
  return send_agent_event(std::move(event));
}

Awaitable<bool> ConnectionManager::attempt_message_recovery(std::string user) {
  const auto known = state_->users.find(user);
  if (known == state_->users.end()) co_return true;
  start_delivery(user, known->second);
  for (;;) {
    const auto now = state_->users.find(user);
    if (now == state_->users.end() || now->second.messages.empty()) co_return true;
    if (!now->second.delivering) co_return false;
    co_await changed_.wait("recovery");
  }
}

bool ConnectionManager::validate_event_isolation(std::string_view user, const AgentEvent& event) {
  return !user.empty() && event.user == user && !event.run.empty() && !event.thread.empty();
}

Awaitable<> ConnectionManager::handle_message(std::string id, std::string text) {
  if (settings_.handlers == Handlers::first && !state_->in_order.empty()) {
    id = state_->in_order.front();
  }
  const auto connection = get_connection(id);
  if (connection) co_await call(connection->strand, answer(connection->session, std::move(text)));
}

}  // namespace raceproof::gateway
