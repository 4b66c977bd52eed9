#include "gateway/connections/connection_manager.hpp"

#include <algorithm>
#include <utility>

namespace raceproof::gateway {

namespace {

/// On the session's strand.
Awaitable<bool> take(std::weak_ptr<UserSession> session, FramePtr frame) {
  const auto live = session.lock();
  co_return live && live->deliver(frame);
}

/// On the session's strand.
Awaitable<> wait_until_flushed(std::weak_ptr<UserSession> session) {
  const auto live = session.lock();
  if (live) co_await live->flushed();
}

}  // namespace

ConnectionManager::ConnectionManager(Runtime& runtime, const ConnectionSettings& settings,
                                     Presence* presence)
    : runtime_(runtime),
      settings_(settings),
      presence_(settings.across_instances ? presence : nullptr),
      strand_(runtime.make_strand("connections")),
      state_(runtime, strand_),
      changed_(runtime, strand_),
      tasks_(runtime, strand_) {}

Awaitable<> ConnectionManager::stop() {
  co_await tasks_.stop();
  for (auto& [name, user] : state_->users) {
    for (Message& message : user.messages) lose(message, "shutdown");
    user.messages.clear();
  }
}

// --- connections
// ----------------------------------------------------------------------------------

Awaitable<bool> ConnectionManager::connect_user(UserConnection connection) {
  User& user = state_->users[connection.user];
  if (user.connections.size() + user.joining >= static_cast<std::size_t>(settings_.per_user)) {
    ++state_->totals.refused_total;
    tidy(connection.user);
    co_return false;
  }
  const std::string name = connection.user;
  if (presence_ != nullptr) {
    // Messages may come for the user before the answer, and are newer than what it brings.
    ++user.joining;
    auto kept = co_await presence_->join(name, connection.id);
    User& joined = state_->users[name];
    --joined.joining;
    if (kept) {
      for (auto message = kept->rbegin(); message != kept->rend(); ++message) {
        auto frame = next_frame(name, std::move(message->type), std::move(message->text));
        joined.messages.push_front({std::move(frame), true, Instant(), nullptr});
      }
    }
  }
  User& known = state_->users[name];
  connection.since = state_->messages;
  state_->user_of[connection.id] = name;
  state_->in_order.push_back(connection.id);
  known.connections.push_back(std::move(connection));
  observe_connections(name, known);
  ++state_->totals.connected_total;
  changed_.notify_all();
  if (settings_.flush == Flush::beside_live && !known.messages.empty()) {
    std::vector<Message> taken(std::make_move_iterator(known.messages.begin()),
                               std::make_move_iterator(known.messages.end()));
    known.messages.clear();
    tasks_.spawn("flush", flush_beside_live(name, std::move(taken)));
  }
  start_delivery(name, known);
  co_return true;
}

Awaitable<> ConnectionManager::disconnect_user(std::string user, std::string id,
                                               std::vector<FramePtr> unsent) {
  const auto found = state_->users.find(user);
  if (found != state_->users.end()) {
    std::string removed = id;
    if (settings_.disconnect == Disconnect::newest && !found->second.connections.empty()) {
      removed = found->second.connections.back().id;
    }
    if (settings_.forget_on_disconnect) forget(removed);
  }
  take_back(user, id, std::move(unsent));
  if (presence_ != nullptr) {
    co_await presence_->leave(user, std::move(id));
    co_await hand_over(user);
  }
  tidy(user);
}

Awaitable<> ConnectionManager::return_unsent(std::string user, std::string id,
                                             std::vector<FramePtr> unsent) {
  take_back(user, id, std::move(unsent));
  co_await hand_over(user);
  tidy(user);
}

/// Connections that came later than a message have not seen what `id` could not send.
void ConnectionManager::take_back(const std::string& name, std::string_view id,
                                  std::vector<FramePtr> unsent) {
  User& user = state_->users[name];
  for (auto frame = unsent.rbegin(); frame != unsent.rend(); ++frame) {
    if ((*frame)->user != name) continue;  // the session's own answers
    const bool seen = std::any_of(
        user.connections.begin(), user.connections.end(),
        [&](const auto& other) { return other.id != id && other.since < (*frame)->ordinal; });
    if (seen) continue;
    Message message{std::move(*frame), true, runtime_.now(), nullptr};
    if (settings_.for_absent == ForAbsent::drop && user.connections.empty()) {
      lose(message, "connection ended");
    } else {
      user.messages.push_front(std::move(message));
    }
  }
  start_delivery(name, user);
}

bool ConnectionManager::forget(std::string_view id) {
  const auto known = state_->user_of.find(id);
  if (known == state_->user_of.end()) return false;
  const auto user = state_->users.find(known->second);
  if (user != state_->users.end()) {
    std::erase_if(user->second.connections, [&](const auto& entry) { return entry.id == id; });
    observe_connections(user->first, user->second);
  }
  std::erase(state_->in_order, id);
  state_->user_of.erase(known);
  return true;
}

void ConnectionManager::observe_connections(std::string_view name, const User& user) {
  runtime_.observe("user_connections",
                   {{"user", name}, {"count", static_cast<std::int64_t>(user.connections.size())}});
}

/// Nothing is kept about a user of whom there is nothing to know.
void ConnectionManager::tidy(std::string_view name) {
  const auto found = state_->users.find(name);
  if (found == state_->users.end()) return;
  const User& user = found->second;
  if (!user.delivering && user.joining == 0 && user.connections.empty() && user.messages.empty()) {
    state_->users.erase(found);
  }
}

// --- messages
// -------------------------------------------------------------------------------------

FramePtr ConnectionManager::next_frame(std::string user, std::string type, std::string text) {
  return std::make_shared<const Frame>(
      Frame{std::move(type), std::move(text), std::move(user), ++state_->messages});
}

Awaitable<Delivery> ConnectionManager::send_to_user(std::string user, std::string type,
                                                    std::string text) {
  FramePtr frame = next_frame(std::move(user), std::move(type), std::move(text));
  const std::string name = frame->user;
  User& known = state_->users[name];
  if (known.connections.empty() && known.joining == 0) {
    if (presence_ != nullptr) {
      tidy(name);
      co_return co_await send_elsewhere(std::move(frame), true);
    }
    Message message{std::move(frame), true, Instant(), nullptr};
    if (settings_.for_absent == ForAbsent::drop) {
      lose(message, "not connected");
      tidy(name);
      co_return Delivery::lost;
    }
    keep(known, std::move(message));
    co_return Delivery::queued;
  }
  auto outcome = std::make_shared<std::optional<Delivery>>();
  known.messages.push_back({frame, false, Instant(), outcome});
  start_delivery(name, known);
  if (presence_ != nullptr) {
    const Delivery elsewhere = co_await send_elsewhere(std::move(frame), false);
    if (elsewhere == Delivery::delivered) co_return elsewhere;
  }
  while (!outcome->has_value()) co_await changed_.wait("delivery");
  co_return **outcome;
}

/// The newest are kept.
void ConnectionManager::keep(User& user, Message message) {
  message.kept = true;
  message.kept_at = runtime_.now();
  settle(message, Delivery::queued);
  user.messages.push_back(std::move(message));
  while (user.messages.size() > static_cast<std::size_t>(settings_.queue)) {
    lose(user.messages.front(), "queue full");
    user.messages.pop_front();
  }
}

void ConnectionManager::lose(Message& message, std::string_view reason) {
  runtime_.observe(
      "message_lost",
      {{"user", message.frame->user}, {"type", message.frame->type}, {"reason", reason}});
  settle(message, Delivery::lost);
}

void ConnectionManager::settle(Message& message, Delivery delivery) {
  ConnectionFigures& totals = state_->totals;
  switch (delivery) {
    case Delivery::delivered:
      ++totals.delivered_total;
      break;
    case Delivery::queued:
      ++totals.queued_total;
      break;
    case Delivery::lost:
      ++totals.lost_total;
      break;
  }
  if (!message.outcome) return;
  *message.outcome = delivery;
  message.outcome.reset();
  changed_.notify_all();
}

void ConnectionManager::start_delivery(const std::string& name, User& user) {
  if (user.delivering || user.messages.empty() || user.connections.empty()) return;
  user.delivering = true;
  tasks_.spawn("delivery", deliver_messages(name));
}

/// Empties the user's queue for as long as somebody takes what is in it. The only task that does.
Awaitable<> ConnectionManager::deliver_messages(std::string name) {
  for (;;) {
    User& user = state_->users[name];
    if (user.messages.empty() || user.connections.empty()) break;
    Message message = std::move(user.messages.front());
    user.messages.pop_front();
    FramePtr frame = message.kept ? recovered(*message.frame) : message.frame;
    const std::size_t tried = user.connections.size();
    bool taken = false;
    std::exception_ptr stopped;
    try {
      taken = co_await fan_out(name, std::move(frame));
    } catch (...) {
      stopped = std::current_exception();
    }
    if (stopped) {
      state_->users[name].messages.push_front(std::move(message));
      std::rethrow_exception(stopped);
    }
    if (taken) {
      settle(message, Delivery::delivered);
      continue;
    }
    User& now = state_->users[name];
    if (settings_.for_absent == ForAbsent::drop) {
      lose(message, "connection ended");
    } else {
      // To the front: nothing that came later may overtake it.
      message.kept = true;
      message.kept_at = runtime_.now();
      settle(message, Delivery::queued);
      now.messages.push_front(std::move(message));
    }
    const std::size_t fresh = now.connections.size();
    if (settings_.forget_on_disconnect ? fresh == 0 : fresh <= tried) break;
  }
  state_->users[name].delivering = false;
  co_await hand_over(name);
  tidy(name);
}

/// What is left for a user who is not here any more may be for another instance.
Awaitable<> ConnectionManager::hand_over(std::string name) {
  if (presence_ == nullptr) co_return;
  for (;;) {
    const auto found = state_->users.find(name);
    if (found == state_->users.end()) co_return;
    User& user = found->second;
    if (user.messages.empty() || !user.connections.empty() || user.joining != 0) co_return;
    Message message = std::move(user.messages.front());
    user.messages.pop_front();
    RemoteMessage remote{name, message.frame->type, message.frame->text};
    const auto received = co_await presence_->send(std::move(remote), true);
    if (!received) {
      // Redis could not say. To the front: nothing that came later may overtake it.
      User& now = state_->users[name];
      now.messages.push_front(std::move(message));
      start_delivery(name, now);
      co_return;
    }
    settle(message, *received > 0 ? Delivery::delivered : Delivery::queued);
  }
}

/// To every connection of the user; whether one took it. A connection that does not is forgotten.
Awaitable<bool> ConnectionManager::fan_out(std::string name, FramePtr frame) {
  const std::vector<UserConnection> targets = state_->users[name].connections;
  bool taken = false;
  for (const UserConnection& target : targets) {
    const bool took = co_await deliver_to(target, frame);
    taken = taken || took;
    if (!took && settings_.forget_on_disconnect) forget(target.id);
  }
  co_return taken;
}

Awaitable<bool> ConnectionManager::deliver_to(UserConnection connection, FramePtr frame) {
  const bool took = co_await call(connection.strand, take(connection.session, std::move(frame)));
  if (took && settings_.fan_out == FanOut::after_each_socket) {
    co_await call(connection.strand, wait_until_flushed(connection.session));
  }
  co_return took;
}

/// The original's way: the queue is taken as a whole, and newer messages do not wait for it.
Awaitable<> ConnectionManager::flush_beside_live(std::string name, std::vector<Message> messages) {
  co_await runtime_.sleep_for(settings_.flush_pause, "recovery pause");
  for (Message& message : messages) {
    const bool taken = co_await fan_out(name, recovered(*message.frame));
    if (taken) {
      settle(message, Delivery::delivered);
    } else {
      lose(message, "connection ended");
    }
  }
}

Awaitable<Delivery> ConnectionManager::send_elsewhere(FramePtr frame, bool keep_there) {
  RemoteMessage message{frame->user, frame->type, frame->text};
  const bool kept = keep_there && settings_.for_absent == ForAbsent::queue;
  const auto received = co_await presence_->send(std::move(message), kept);
  if (received && *received > 0) {
    ++state_->totals.delivered_total;
    co_return Delivery::delivered;
  }
  if (received && kept) {
    ++state_->totals.queued_total;
    co_return Delivery::queued;
  }
  if (!keep_there) co_return Delivery::lost;  // the caller knows of connections here
  Message here{std::move(frame), true, Instant(), nullptr};
  if (settings_.for_absent == ForAbsent::drop) {
    lose(here, "not connected");
    co_return Delivery::lost;
  }
  // Redis could not say: better here than nowhere.
  const std::string name = here.frame->user;
  User& user = state_->users[name];
  keep(user, std::move(here));
  start_delivery(name, user);
  co_return Delivery::queued;
}

Awaitable<> ConnectionManager::receive(std::string user, std::string type, std::string text) {
  FramePtr frame = next_frame(std::move(user), std::move(type), std::move(text));
  const std::string name = frame->user;
  User& known = state_->users[name];
  if (known.connections.empty() && known.joining == 0) {
    tidy(name);
    co_await send_elsewhere(std::move(frame), true);  // the user has left meanwhile
    co_return;
  }
  known.messages.push_back({std::move(frame), false, Instant(), nullptr});
  start_delivery(name, known);
}

Awaitable<Delivery> ConnectionManager::send_agent_event(AgentEvent event) {
  const Delivery delivery =
      co_await send_to_user(event.user, std::string(to_string(event.type)), to_frame(event));
  runtime_.observe("agent_event", {{"type", to_string(event.type)},
                                   {"user", event.user},
                                   {"run", event.run},
                                   {"delivery", to_string(delivery)}});
  co_return delivery;
}

}  // namespace raceproof::gateway
