#include "benchmarks/load/loads.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string_view>
#include <unistd.h>
#include <utility>

#include "benchmarks/load/client.hpp"
#include "benchmarks/load/process.hpp"

namespace raceproof::load {

namespace {

using std::chrono::milliseconds;

/// Connections that are being opened at once, where a load opens all of them first.
constexpr std::size_t opening_max = 64;
/// How often time-outs are looked at.
constexpr milliseconds sweep_interval(100);

/// What a frame of this type contains; nothing for no type.
std::string mark_of(const std::string& type) {
  return type.empty() ? std::string() : R"("type":")" + type + '"';
}

std::string numbered(std::string path, std::size_t number) {
  for (std::size_t at = 0; (at = path.find("{n}", at)) != std::string::npos;) {
    path.replace(at, 3, std::to_string(number));
  }
  return path;
}

/// What the loads share: opening, time-outs, counting. A load adds what happens then.
class Load : public Client::Events {
 public:
  Load(const Options& options, std::string name)
      : options_(options),
        server_(asio::ip::make_address(options.address), options.port),
        host_(options.address + ":" + std::to_string(options.port)),
        first_(mark_of(options.first)),
        sweep_(context_) {
    result_.load = std::move(name);
    result_.connections = options.connections;
  }

  Result run() {
    clients_.resize(options_.connections);
    begin();
    sweep();
    context_.run();
    return std::move(result_);
  }

 protected:
  virtual void begin() = 0;
  /// The session is open.
  virtual void ready(Client& client) = 0;
  virtual void message(Client& client, std::string_view text) = 0;
  virtual void ended(Client& client) = 0;

  /// Starts the connection with this number in a slot of its own.
  void open(std::size_t slot, std::size_t number) {
    auto client = std::make_shared<Client>(context_, number, *this);
    clients_[slot] = client;
    client->limit = Clock::now() + options_.time_out;
    ++live_;
    const auto& tokens = options_.tokens;
    const std::string token = tokens.empty() ? std::string() : tokens[number % tokens.size()];
    // Many addresses, so that ports of connections that have ended need not be free again.
    const asio::ip::address_v4 source({127, 0, 0, static_cast<unsigned char>(2 + number % 200)});
    client->start(server_, source, upgrade_request(host_, numbered(options_.path, number), token));
  }
  void close(Client& client) {
    client.limit = Clock::now() + options_.time_out;
    client.close();
  }
  void close_all() {
    for (const auto& client : clients_) {
      if (client) close(*client);
    }
  }
  void sample_processor_time() {
    own_processor_time_ = processor_time(::getpid()).value_or(std::chrono::microseconds(0));
    if (options_.pid != 0) processor_time_ = processor_time(options_.pid);
  }
  void note_processor_time() {
    const auto own = processor_time(::getpid());
    if (own) result_.own_processor_time = *own - own_processor_time_;
    if (!processor_time_) return;
    const auto now = processor_time(options_.pid);
    if (now) result_.processor_time = *now - *processor_time_;
  }
  [[nodiscard]] std::optional<std::int64_t> memory() const {
    return options_.pid == 0 ? std::nullopt : resident_bytes(options_.pid);
  }

  const Options& options_;
  asio::io_context context_;
  Result result_;
  std::vector<std::shared_ptr<Client>> clients_;  // by slot
  std::size_t live_ = 0;                          // connections that have not ended
  bool over_ = false;                             // nothing more is opened or sent

 private:
  void on_open(Client& client) override {
    if (first_.empty()) become_ready(client);
  }
  void on_message(Client& client, std::string_view text) override {
    if (client.ready) return message(client, text);
    if (text.find(first_) != std::string_view::npos) return become_ready(client);
    ++result_.other_frames;
  }
  void become_ready(Client& client) {
    client.ready = true;
    client.limit = Clock::time_point::max();
    ready(client);
  }
  void on_end(Client& client, std::string_view problem) override {
    --live_;
    if (!problem.empty()) ++result_.problems[std::string(problem)];
    ended(client);
  }
  /// Ends connections whose time is over, as long as there is something to do.
  void sweep() {
    const auto now = Clock::now();
    for (std::size_t slot = 0; slot < clients_.size(); ++slot) {
      const auto client = clients_[slot];  // a copy: another may take its slot
      if (client && !client->ended() && client->limit < now) client->abort("time-out");
    }
    if (over_ && live_ == 0) return;
    sweep_.expires_after(sweep_interval);
    sweep_.async_wait([this](boost::system::error_code) { sweep(); });
  }

  asio::ip::tcp::endpoint server_;
  std::string host_;
  std::string first_;
  asio::steady_timer sweep_;
  // At the begin of what is measured.
  std::chrono::microseconds own_processor_time_{};
  std::optional<std::chrono::microseconds> processor_time_;
};

class ConnectLoad final : public Load {
 public:
  explicit ConnectLoad(const Options& options) : Load(options, "connect"), end_(context_) {}

 private:
  void begin() override {
    begun_ = Clock::now();
    sample_processor_time();
    end_.expires_after(options_.duration);
    end_.async_wait([this](boost::system::error_code) { finish(); });
    for (std::size_t slot = 0; slot < clients_.size(); ++slot) open_next(slot);
  }
  /// Connections that come round to the same slot have numbers that differ by the slots.
  void open_next(std::size_t slot) {
    if (over_) return;
    if (opened_ == options_.count_max) return finish();
    const std::size_t round = clients_[slot] ? clients_[slot]->number() / clients_.size() + 1 : 0;
    ++opened_;
    open(slot, round * clients_.size() + slot);
  }
  void ready(Client& client) override {
    if (!over_) {
      ++result_.operations;
      result_.latency.add(Clock::now() - client.started_at());
    }
    close(client);
  }
  void message(Client&, std::string_view) override { ++result_.other_frames; }
  void ended(Client& client) override { open_next(client.number() % clients_.size()); }
  void finish() {
    if (std::exchange(over_, true)) return;
    end_.cancel();
    result_.seconds = std::chrono::duration<double>(Clock::now() - begun_).count();
    note_processor_time();
  }

  asio::steady_timer end_;
  Clock::time_point begun_;
  std::uint64_t opened_ = 0;
};

/// Opens all connections first, a few at once.
class StandingLoad : public Load {
 public:
  using Load::Load;

 protected:
  /// Every connection is open or has ended.
  virtual void all_open() = 0;
  /// After that, the last of them has ended.
  virtual void none_left() {}

 private:
  void begin() final {
    for (std::size_t i = 0; i < opening_max; ++i) open_next();
  }
  void open_next() {
    if (opened_ == clients_.size()) return;
    const std::size_t number = opened_++;
    open(number, number);
  }
  void settled() {
    open_next();
    if (++settled_ == clients_.size()) all_open();
  }
  void ready(Client&) final { settled(); }
  void ended(Client& client) final {
    if (!client.ready) {
      settled();
    } else if (live_ == 0 && settled_ == clients_.size()) {
      none_left();
    }
  }

  std::size_t opened_ = 0;
  std::size_t settled_ = 0;
};

class MessageLoad final : public StandingLoad {
 public:
  explicit MessageLoad(const Options& options)
      : StandingLoad(options, "messages"),
        frame_(text_frame(options.text)),
        expect_(mark_of(options.expect)),
        phase_(context_) {
    for (std::size_t i = 0; options.rate > 0 && i < options.connections; ++i) {
      pace_.emplace_back(context_);
    }
  }

 private:
  void all_open() override {
    if (live_ == 0) {
      over_ = true;
      return;
    }
    begun_ = Clock::now();
    from_ = begun_ + options_.warm_up;
    until_ = from_ + options_.duration;
    phase_.expires_at(from_);
    phase_.async_wait([this](boost::system::error_code error) {
      // A timer that has expired is too late to cancel: the end may come between the two.
      if (error || over_) return;
      sample_processor_time();
      phase_.expires_at(until_);
      phase_.async_wait([this](boost::system::error_code) { finish(); });
    });
    for (const auto& client : clients_) {
      if (!client->ended()) next(*client, Clock::now());
    }
  }
  void none_left() override { finish(); }
  void finish() {
    if (std::exchange(over_, true)) return;
    phase_.cancel();
    const auto now = std::max(Clock::now(), from_);
    result_.seconds = std::chrono::duration<double>(now - from_).count();
    note_processor_time();
    for (auto& timer : pace_) timer.cancel();
    for (const auto& client : clients_) {
      // The others close when their answer has come.
      if (!client->ended() && !client->waiting) close(*client);
    }
  }

  void next(Client& client, Clock::time_point now) {
    if (over_ || sent_ == options_.count_max) {
      finish();
      return close(client);
    }
    if (pace_.empty()) return send(client, now, now);
    const double turn = static_cast<double>(client.sent) * static_cast<double>(clients_.size()) +
                        static_cast<double>(client.number());
    const auto due =
        begun_ + std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 * turn / options_.rate));
    if (due <= now) return send(client, due, now);
    auto& timer = pace_[client.number()];
    timer.expires_at(due);
    timer.async_wait([this, &client, due](boost::system::error_code error) {
      if (!error && !over_ && !client.ended()) send(client, due, Clock::now());
    });
  }
  void send(Client& client, Clock::time_point due, Clock::time_point now) {
    ++sent_;
    ++client.sent;
    client.due = due;
    client.waiting = true;
    client.limit = now + options_.time_out;
    client.send(frame_);
  }
  void message(Client& client, std::string_view text) override {
    const bool is_answer = client.waiting && text.find(expect_) != std::string_view::npos;
    if (!is_answer) {
      ++result_.other_frames;
      return;
    }
    const auto now = Clock::now();
    client.waiting = false;
    client.limit = Clock::time_point::max();
    if (client.due >= from_ && client.due < until_) {
      ++result_.operations;
      result_.latency.add(now - client.due);
    }
    next(client, now);
  }

  const std::string frame_;
  const std::string expect_;
  asio::steady_timer phase_;
  std::vector<asio::steady_timer> pace_;  // one for each connection, where there is a rate
  std::uint64_t sent_ = 0;
  Clock::time_point begun_;
  Clock::time_point from_;
  Clock::time_point until_;
};

class IdleLoad final : public StandingLoad {
 public:
  explicit IdleLoad(const Options& options) : StandingLoad(options, "idle"), wait_(context_) {
    result_.resident_before = memory();
  }

 private:
  void all_open() override {
    after_settling([this] {
      result_.operations = live_;
      result_.resident_open = memory();
      over_ = true;
      close_all();
      after_settling([this] { result_.resident_closed = memory(); });
    });
  }
  void message(Client&, std::string_view) override { ++result_.other_frames; }
  template <class Step>
  void after_settling(Step step) {
    wait_.expires_after(options_.settle);
    wait_.async_wait([step](boost::system::error_code) { step(); });
  }

  asio::steady_timer wait_;
};

}  // namespace

Result run_connect(const Options& options) { return ConnectLoad(options).run(); }
Result run_messages(const Options& options) { return MessageLoad(options).run(); }
Result run_idle(const Options& options) { return IdleLoad(options).run(); }

}  // namespace raceproof::load
