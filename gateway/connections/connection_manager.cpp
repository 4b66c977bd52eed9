#include "gateway/connections/connection_manager.hpp"

#include <algorithm>
#include <utility>

namespace raceproof::gateway {

namespace {

/// How a message leaves: one that was kept says so, once.
FramePtr leaving(const FramePtr& frame, bool was_kept) {
  return was_kept && !frame->text.ends_with(",\"recovered\":true}") ? recovered(*frame) : frame;
}

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
      tasks_(runtime, strand_),
      expiry_(runtime, strand_) {}

Awaitable<> ConnectionManager::stop() {
  // What can still leave does: every delivery ends, for by now no session is left to wait for.
  co_await tasks_.join();
  stopped_ = true;
  expiry_.disarm();
  for (auto& [name, user] : state_->users) {
    while (!user.messages.empty()) drop(user, user.messages.begin(), Loss::shutdown);
  }
}

// --- connections --------------------------------------------------------------------------------

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
    if (kept) restore(name, std::move(*kept), true);
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
    std::vector<Message> taken;
    while (!known.messages.empty()) taken.push_back(take_out(known, known.messages.begin()));
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
  if (presence_ != nullptr) co_await presence_->leave(user, std::move(id));
  tidy(user);
}

/// Others may have taken this instance's users for absent meanwhile.
Awaitable<> ConnectionManager::rejoin() {
  if (presence_ == nullptr) co_return;
  rejoining_ = true;
  std::vector<std::string> names;
  for (const auto& [name, user] : state_->users) names.push_back(name);
  for (const std::string& name : names) {
    const bool asked = co_await join_again(name);
    if (!asked) break;
  }
  rejoining_ = false;
  for (FramePtr& frame : std::exchange(received_, {})) enqueue(std::move(frame));
}

/// False when Redis could not be asked.
Awaitable<bool> ConnectionManager::join_again(std::string name) {
  for (const UserConnection& connection : get_user_connections(name)) {
    if (!state_->user_of.contains(connection.id)) continue;
    auto kept = co_await presence_->join(name, connection.id);
    if (!kept) co_return false;
    restore(name, std::move(*kept), false);  // late, but for somebody who was there all the time
  }
  const auto user = state_->users.find(name);
  if (user != state_->users.end()) start_delivery(name, user->second);
  tidy(name);
  co_return true;
}

/// To the front, for they are older than what has come since.
void ConnectionManager::restore(const std::string& name, std::vector<RemoteMessage> kept,
                                bool for_absent) {
  User& user = state_->users[name];
  for (auto message = kept.rbegin(); message != kept.rend(); ++message) {
    auto frame = next_frame(name, std::move(message->type), std::move(message->text));
    user.messages.push_front({.frame = std::move(frame), .recovered = for_absent});
  }
}

Awaitable<> ConnectionManager::return_unsent(std::string user, std::string id,
                                             std::vector<FramePtr> unsent) {
  take_back(user, id, std::move(unsent));
  tidy(user);
  co_return;
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
    Message message{.frame = std::move(*frame), .recovered = true};
    if (!user.connections.empty()) {
      user.messages.push_front(std::move(message));
    } else if (settings_.for_absent == ForAbsent::drop) {
      lose(message, Loss::connection_ended);
    } else {
      keep(name, std::move(message), Place::first);
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

// --- messages -----------------------------------------------------------------------------------

FramePtr ConnectionManager::next_frame(std::string user, std::string type, std::string text) {
  return std::make_shared<const Frame>(
      Frame{std::move(type), std::move(text), std::move(user), ++state_->messages});
}

Awaitable<Delivery> ConnectionManager::send_to_user(std::string user, std::string type,
                                                    std::string text) {
  FramePtr frame = next_frame(std::move(user), std::move(type), std::move(text));
  const std::string name = frame->user;
  User& known = state_->users[name];
  const bool absent = known.connections.empty() && known.joining == 0;
  if (absent && presence_ == nullptr) {
    Message message{.frame = std::move(frame)};
    if (settings_.for_absent == ForAbsent::drop) {
      lose(message, Loss::not_connected);
      tidy(name);
      co_return Delivery::lost;
    }
    keep(name, std::move(message), Place::last);
    co_return stopped_ ? Delivery::lost : Delivery::queued;
  }
  auto outcome = std::make_shared<std::optional<Delivery>>();
  known.messages.push_back({.frame = frame, .outcome = outcome});
  start_delivery(name, known);
  if (presence_ != nullptr && !absent) {
    const std::optional<Delivery> elsewhere = co_await send_elsewhere(std::move(frame), false);
    if (elsewhere == Delivery::delivered) co_return Delivery::delivered;
  }
  while (!outcome->has_value()) co_await changed_.wait("delivery");
  co_return **outcome;
}

void ConnectionManager::start_delivery(const std::string& name, User& user) {
  if (user.delivering || user.messages.empty()) return;
  if (user.connections.empty() && (presence_ == nullptr || user.joining != 0)) return;
  user.delivering = true;
  tasks_.spawn("delivery", deliver_messages(name));
}

/// Empties the user's queue for as long as somebody takes what is in it. The only task that does.
Awaitable<> ConnectionManager::deliver_messages(std::string name) {
  for (;;) {
    User& user = state_->users[name];
    if (user.messages.empty()) break;
    if (user.connections.empty()) {
      if (presence_ == nullptr || user.joining != 0) break;
      const bool handed_on = co_await hand_on(name);
      if (!handed_on && state_->users[name].connections.empty()) break;
      continue;
    }
    Message message = take_out(user, user.messages.begin());
    FramePtr frame = leaving(message.frame, message.recovered);
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
    if (settings_.for_absent == ForAbsent::drop) {
      lose(message, Loss::connection_ended);
    } else {
      keep(name, std::move(message), Place::first);  // nothing that came later may overtake it
    }
    const std::size_t fresh = state_->users[name].connections.size();
    const bool nobody = settings_.forget_on_disconnect ? fresh == 0 : fresh <= tried;
    if (nobody && (presence_ == nullptr || fresh != 0)) break;
  }
  state_->users[name].delivering = false;
  keep_rest(name);
  tidy(name);
}

/// The first message of a user who is not here, who may be elsewhere. False when Redis could not
/// say: better here than nowhere.
Awaitable<bool> ConnectionManager::hand_on(std::string name) {
  User& user = state_->users[name];
  Message message = take_out(user, user.messages.begin());
  const std::optional<Delivery> delivery = co_await send_elsewhere(message.frame, true);
  if (delivery.value_or(Delivery::lost) == Delivery::lost &&
      settings_.for_absent == ForAbsent::drop) {
    lose(message, Loss::not_connected);
  } else if (delivery) {
    settle(message, *delivery);
  } else {
    keep(name, std::move(message), Place::first);
    co_return false;
  }
  // A session that came meanwhile may have been forgotten together with old ones.
  if (is_user_connected(name)) co_await join_again(name);
  co_return true;
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
    const bool taken = co_await fan_out(name, leaving(message.frame, true));
    if (taken) {
      settle(message, Delivery::delivered);
    } else {
      lose(message, Loss::connection_ended);
    }
  }
}

/// To the user's other instances; with `absent`, kept in Redis where there is none. Nothing when
/// Redis could not say.
Awaitable<std::optional<Delivery>> ConnectionManager::send_elsewhere(FramePtr frame, bool absent) {
  RemoteMessage message{frame->user, frame->type, frame->text};
  const bool keep = absent && settings_.for_absent == ForAbsent::queue;
  const auto received = co_await presence_->send(std::move(message), absent, keep);
  if (!received) co_return std::nullopt;
  if (*received > 0) co_return Delivery::delivered;
  co_return keep ? Delivery::queued : Delivery::lost;
}

Awaitable<> ConnectionManager::receive(std::string user, std::string type, std::string text) {
  FramePtr frame = next_frame(std::move(user), std::move(type), std::move(text));
  if (rejoining_) {
    received_.push_back(std::move(frame));  // newer than what is being asked for
  } else {
    enqueue(std::move(frame));
  }
  co_return;
}

void ConnectionManager::enqueue(FramePtr frame) {
  const std::string name = frame->user;
  User& user = state_->users[name];
  user.messages.push_back({.frame = std::move(frame)});
  start_delivery(name, user);
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
