// What the manager keeps for users who are not connected: how much of it, and for how long.
#include <algorithm>

#include "gateway/connections/connection_manager.hpp"

namespace raceproof::gateway {

void ConnectionManager::keep(const std::string& name, Message message, Place place) {
  User& user = state_->users[name];
  auto& messages = user.messages;
  const auto at = place == Place::first ? messages.begin() : messages.end();
  note_kept(name, user, *messages.insert(at, std::move(message)));
  limit_kept(name, user);
}

/// What is still on its way to a user of whom no connection is left.
void ConnectionManager::keep_rest(const std::string& name) {
  User& user = state_->users[name];
  if (!user.connections.empty() || user.joining != 0) return;
  for (auto at = user.messages.begin(); at != user.messages.end();) {
    const auto message = at++;
    if (state_->kept.contains(message->kept)) continue;
    if (settings_.for_absent == ForAbsent::drop) {
      drop(user, message, Loss::not_connected);
    } else {
      note_kept(name, user, *message);
    }
  }
  limit_kept(name, user);
}

/// One that was kept before, and could not be delivered after all, stays as old as it is.
void ConnectionManager::note_kept(const std::string& name, User& user, Message& message) {
  if (message.kept == 0) {
    message.kept = ++state_->kept_total;
    message.kept_at = runtime_.now();
    message.recovered = true;
    settle(message, Delivery::queued);
  }
  state_->kept.emplace(message.kept, Kept{name, message.kept_at});
  if (++user.kept == 1) ++state_->keeping;
}

/// The newest of a user are kept, and those of so many users.
void ConnectionManager::limit_kept(const std::string& name, User& user) {
  if (user.connections.empty() && user.joining == 0) {
    const auto most = stopped_ ? 0 : static_cast<std::size_t>(settings_.queue);
    while (user.messages.size() > most) {
      drop(user, user.messages.begin(), stopped_ ? Loss::shutdown : Loss::queue_full);
    }
  }
  while (state_->keeping > static_cast<std::size_t>(settings_.queue_users)) {
    const auto oldest = std::ranges::find_if(state_->kept, [&](const auto& entry) {
      return entry.second.user != name && !is_user_connected(entry.second.user);
    });
    if (oldest == state_->kept.end()) break;
    const std::string other = oldest->second.user;
    drop_kept(other, Loss::too_many_users);
  }
  watch_kept();
}

/// Looks again when the oldest has been kept for as long as messages are. Not for each that leaves
/// before: the wait that is under way serves for what comes after it.
void ConnectionManager::watch_kept() {
  if (state_->kept.empty()) return;
  const auto& [oldest, kept] = *state_->kept.begin();
  if (watched_ != 0 && watched_ <= oldest) return;
  watched_ = oldest;
  expiry_.arm(kept.at + settings_.queue_age, "kept messages' expiry", [this] {
    watched_ = 0;
    cleanup_expired_event_tracking(settings_.queue_age);
    watch_kept();
  });
}

std::size_t ConnectionManager::cleanup_expired_event_tracking(Duration age) {
  std::size_t forgotten = 0;
  const Instant now = runtime_.now();
  while (!state_->kept.empty() && state_->kept.begin()->second.at + age <= now) {
    const auto [oldest, kept] = *state_->kept.begin();
    User& user = state_->users.find(kept.user)->second;
    drop(user, std::ranges::find(user.messages, oldest, &Message::kept), Loss::expired);
    tidy(kept.user);
    ++forgotten;
  }
  return forgotten;
}

std::size_t ConnectionManager::force_cleanup_user_events(std::string_view user) {
  return drop_kept(user, Loss::forgotten);
}

std::size_t ConnectionManager::drop_kept(std::string_view name, Loss reason) {
  const auto known = state_->users.find(name);
  if (known == state_->users.end()) return 0;
  User& user = known->second;
  const std::size_t dropped = user.kept;
  for (auto at = user.messages.begin(); user.kept != 0;) {
    const auto message = at++;
    if (state_->kept.contains(message->kept)) drop(user, message, reason);
  }
  tidy(name);
  return dropped;
}

/// Takes a message out of its queue, to be delivered or lost.
ConnectionManager::Message ConnectionManager::take_out(User& user, Messages::iterator at) {
  Message message = std::move(*at);
  user.messages.erase(at);
  if (state_->kept.erase(message.kept) != 0 && --user.kept == 0) --state_->keeping;
  return message;
}

void ConnectionManager::drop(User& user, Messages::iterator at, Loss reason) {
  Message message = take_out(user, at);
  lose(message, reason);
}

void ConnectionManager::lose(Message& message, Loss reason) {
  runtime_.observe("message_lost", {{"user", message.frame->user},
                                    {"type", message.frame->type},
                                    {"reason", to_string(reason)}});
  ++state_->totals.lost[static_cast<std::size_t>(reason)];
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

}  // namespace raceproof::gateway
