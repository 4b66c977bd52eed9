#include "tests/gateway/world.hpp"

#include <future>

#include "runtime/task.hpp"

namespace raceproof::gateway::testing {

namespace {

using std::chrono::milliseconds;

constexpr auto patience = std::chrono::seconds(10);

std::string text_of(const FieldValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* text = std::get_if<std::string_view>(&value)) return std::string(*text);
  return "time";
}

AsioOptions options(AsioOptions::Observer observer) {
  AsioOptions made;
  made.threads = 2;
  made.observer = std::move(observer);
  return made;
}

Settings pointed_at(Settings settings, std::uint16_t redis_port) {
  settings.redis.port = redis_port;
  return settings;
}

}  // namespace

Settings quick_settings() {
  Settings settings;
  settings.environment = "staging";
  settings.listen = {"127.0.0.1", 0};
  settings.redis.host = "127.0.0.1";
  settings.redis.reconnect.base = milliseconds(50);
  settings.readiness.poll = Duration(milliseconds(10));
  settings.grace_period = Duration();
  return settings;
}

World::World(Script script, Settings settings)
    : runtime_(options([this](const Observation& observation, std::string_view, std::int64_t) {
        record(observation);
      })),
      guard_(runtime_.keep_alive()),
      redis_(runtime_, script),
      thread_([this] { runtime_.run(); }),
      gateway_(
          std::make_unique<Gateway>(runtime_, pointed_at(std::move(settings), redis_.port()))) {
  spawn(runtime_, gateway_->strand(), "gateway", run_gateway());
}

World::~World() {
  shutdown();
  ended();
  redis_.stop();
  guard_.reset();
  thread_.join();
}

Awaitable<> World::run_gateway() {
  std::string failure;
  try {
    co_await gateway_->run();
  } catch (const std::exception& error) {
    failure = error.what();
  }
  const std::lock_guard lock(mutex_);
  ended_ = failure;
  changed_.notify_all();
}

std::uint16_t World::port() {
  saw("listening");
  std::promise<std::uint16_t> port;
  spawn(runtime_, gateway_->strand(), "port",
        [](Gateway& gateway, std::promise<std::uint16_t>& to) -> Awaitable<> {
          const std::uint16_t number = co_await gateway.port();
          to.set_value(number);
        }(*gateway_, port));
  return port.get_future().get();
}

void World::record(const Observation& observation) {
  std::string line(observation.name);
  for (const Field& field : observation.fields) {
    line.append(1, ' ').append(field.key).append(1, '=').append(text_of(field.value));
  }
  const std::lock_guard lock(mutex_);
  observations_.push_back(std::move(line));
  changed_.notify_all();
}

bool World::saw(std::string_view text) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [&] {
    return std::ranges::any_of(
        observations_, [&](const std::string& line) { return line.find(text) != line.npos; });
  });
}

std::size_t World::count(std::string_view text) {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::ranges::count_if(
      observations_, [&](const std::string& line) { return line.find(text) != line.npos; }));
}

std::string World::ended() {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, patience, [&] { return ended_.has_value(); }))
    return "still running";
  return *ended_;
}

}  // namespace raceproof::gateway::testing
