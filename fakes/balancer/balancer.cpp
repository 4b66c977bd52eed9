#include "fakes/balancer/balancer.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace raceproof::fakes::balancer {

namespace {

constexpr auto as_tuple = asio::as_tuple(use_awaitable);
/// The longest head of a request that is read before it is refused.
constexpr std::size_t head_max = 16 * 1024;

/// Passes on what arrives until it ends; a reset is passed on, too.
Awaitable<> pump(Stream& from, Stream& to) {
  std::array<char, 8 * 1024> buffer;
  for (;;) {
    const auto [error, size] = co_await from.async_read_some(asio::buffer(buffer), as_tuple);
    if (error) {
      ErrorCode ignored;
      if (error == asio::error::eof) {
        to.shutdown_send(ignored);
      } else {
        to.reset();
      }
      co_return;
    }
    const auto [failed, written] =
        co_await asio::async_write(to, asio::buffer(buffer.data(), size), as_tuple);
    if (failed) {
      from.reset();
      co_return;
    }
  }
}

std::string refusal(std::int64_t status) {
  const char* phrase = status == 429   ? " Too Many Requests"
                       : status == 500 ? " Internal Server Error"
                                       : " Service Unavailable";
  return "HTTP/1.1 " + std::to_string(status) + phrase +
         "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
}

}  // namespace

Balancer::Balancer(Runtime& runtime, Settings settings, std::vector<Endpoint> instances,
                   std::string host)
    : runtime_(runtime),
      settings_(std::move(settings)),
      host_(std::move(host)),
      strand_(runtime.make_strand("main")) {
  for (Endpoint& at : instances) instances_.push_back({std::move(at)});
}

void Balancer::when_crowded(std::int64_t connections, std::function<void()> then) {
  crowds_.push_back({connections, std::move(then)});
}

void Balancer::start() { spawn(runtime_, strand_, "balancer", serve()); }

Awaitable<> Balancer::serve() {
  listener_ = runtime_.listen(strand_, {host_, static_cast<std::uint16_t>(settings_.port)});
  runtime_.observe("balancer_listening", {{"port", std::int64_t{listener_.port()}}});
  const auto strand_of = [this](std::string_view peer) { return runtime_.make_strand(peer); };
  for (;;) {
    auto [error, stream] = co_await listener_.async_accept(strand_of, as_tuple);
    if (error) co_return;
    co_await arrived();
    const Executor strand = stream.get_executor();
    spawn(runtime_, strand, "forward", handle(std::move(stream)));
  }
}

/// On the connection's strand, from its arrival to its end.
Awaitable<> Balancer::handle(Stream client) {
  const std::string name = client.peer_name();
  std::size_t chosen = nowhere;
  Stream instance = co_await open(name, chosen);
  if (chosen == nowhere) {
    co_await refuse(client, name);
  } else {
    const std::string host = instances_[chosen].at.host;  // never changes
    runtime_.observe("balancer_routed", {{"client", name}, {"instance", host}});
    co_await forward(client, instance);
    runtime_.observe("balancer_ended", {{"client", name}, {"instance", host}});
    co_await call(strand_, gave_up(chosen));
  }
  client.close();
  co_await call(strand_, left());
}

/// Asks the instances one after the other, round after round. `chosen` stays nowhere if none takes
/// the connection in time.
Awaitable<Stream> Balancer::open(std::string client, std::size_t& chosen) {
  const Instant limit = runtime_.now() + settings_.wait;
  for (;;) {
    std::vector<bool> tried(instances_.size(), false);
    for (;;) {
      const std::size_t next = co_await call(strand_, choose(client, tried));
      if (next == nowhere) break;
      const Endpoint at = instances_[next].at;
      auto [error, stream] = co_await runtime_.connect(at, as_tuple);
      if (!error) {
        co_await call(strand_, took(client, next));
        chosen = next;
        co_return std::move(stream);
      }
      co_await call(strand_, gave_up(next));
      tried[next] = true;
    }
    const Instant again = runtime_.now() + settings_.probe;
    if (again > limit) co_return Stream();
    co_await runtime_.sleep_until(again, "balancer asks again");
  }
}

Awaitable<> Balancer::forward(Stream& client, Stream& instance) {
  using namespace asio::experimental::awaitable_operators;
  co_await (pump(client, instance) && pump(instance, client));
  instance.close();
}

/// Reads the head of the request, so that the answer is not lost in a reset.
Awaitable<> Balancer::refuse(Stream& client, std::string name) {
  std::string head;
  std::array<char, 1024> buffer;
  while (head.find("\r\n\r\n") == std::string::npos && head.size() < head_max) {
    const auto [error, size] = co_await client.async_read_some(asio::buffer(buffer), as_tuple);
    if (error) co_return;
    head.append(buffer.data(), size);
  }
  runtime_.observe("balancer_refused", {{"client", name}, {"status", settings_.refuse_with}});
  const std::string answer = refusal(settings_.refuse_with);
  co_await asio::async_write(client, asio::buffer(answer), as_tuple);
  ErrorCode ignored;
  client.shutdown_send(ignored);
}

// --- on the balancer's strand -------------------------------------------------------------------

Awaitable<> Balancer::arrived() {
  ++clients_;
  for (Crowd& crowd : crowds_) {
    if (clients_ <= crowd.connections || !crowd.then) continue;
    runtime_.observe("balancer_crowded", {{"connections", clients_}});
    std::exchange(crowd.then, nullptr)();
  }
  co_return;
}

Awaitable<> Balancer::left() {
  --clients_;
  co_return;
}

Awaitable<std::size_t> Balancer::choose(std::string client, std::vector<bool> tried) {
  const auto may_take = [&](std::size_t i) {
    return !tried[i] && instances_[i].connections < settings_.concurrency;
  };
  std::size_t best = nowhere;
  const auto known = known_.find(client);
  if (settings_.affinity && known != known_.end() && may_take(known->second)) {
    best = known->second;
  } else {
    for (std::size_t step = 0; step < instances_.size(); ++step) {
      const std::size_t i = (turn_ + step) % instances_.size();
      if (!may_take(i)) continue;
      const bool better =
          best == nowhere || (settings_.route == Route::least_connections &&
                              instances_[i].connections < instances_[best].connections);
      if (better) best = i;
    }
    if (best != nowhere) turn_ = best + 1;
  }
  if (best != nowhere) ++instances_[best].connections;
  co_return best;
}

Awaitable<> Balancer::took(std::string client, std::size_t instance) {
  known_[std::move(client)] = instance;
  co_return;
}

Awaitable<> Balancer::gave_up(std::size_t instance) {
  --instances_[instance].connections;
  co_return;
}

}  // namespace raceproof::fakes::balancer
