// Reduction in time on generated services: processes, connections, time-outs, blocking handlers,
// several threads, stalls, kills. Passing means: what each strand sees, run by run, is the same set
// for the reduction in local time, for plain zones and for concrete runs over the full grid of
// delays.
#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <map>

#include "harness/sim/latch.hpp"
#include "runtime/task.hpp"
#include "tests/runtime/contract/connection.hpp"
#include "tests/zoo/grid.hpp"
#include "tests/zoo/visits.hpp"

namespace raceproof::zoo {
namespace {

using explore::Random;
using explore::Reduction;
using explore::ReductionOptions;
using sim::World;
using namespace asio::experimental::awaitable_operators;

/// A service with clients, as numbers; times in nanoseconds. Each is as simple as can be at 0.
struct Service {
  int more_clients = 0;
  int listens = 0, listens_width = 0;  ///< from the start until the server listens
  int latency = 0, latency_width = 0;
  int reply = 0, reply_width = 0;  ///< how long the server thinks
  int block = 0;                   ///< how long it then blocks its thread
  int hub = 0;                     ///< 1: it tells a strand that all connections share
  int start = 0, start_width = 0;  ///< until a client connects
  int more_messages = 0;
  int gap = 0;       ///< between messages
  int timeout = 0;   ///< how long a client waits for a reply; 0: as long as it takes
  int resets = 0;    ///< 1: a client that has waited too long resets the connection
  int stall = 0;     ///< how long the server is stalled, from 2 on; 0: never
  int hangs_up = 0;  ///< 1: the server closes a connection after its first reply
  int more_threads = 0;
  int kill = 0;   ///< when the server is killed; it starts again at once; 0: never
  int ends = 0;   ///< 1: the run ends with the last client, wherever the server is
  int stock = 0;  ///< when it is looked at what the server holds; 0: never

  static constexpr int Service::*members[] = {
      &Service::more_clients,  &Service::listens, &Service::listens_width, &Service::latency,
      &Service::latency_width, &Service::reply,   &Service::reply_width,   &Service::block,
      &Service::hub,           &Service::start,   &Service::start_width,   &Service::more_messages,
      &Service::gap,           &Service::timeout, &Service::resets,        &Service::stall,
      &Service::hangs_up,      &Service::kill,    &Service::more_threads,  &Service::ends,
      &Service::stock};
};

Service make_service(std::uint64_t seed) {
  Random random(seed);
  const auto upto = [&random](std::uint64_t most) {
    return static_cast<int>(random.below(most + 1));
  };
  const auto sometimes = [&](int value) { return random.below(3) == 0 ? value : 0; };
  Service made;
  made.more_clients = upto(1);
  made.listens = sometimes(upto(4));
  made.listens_width = sometimes(upto(2));
  made.latency = upto(2);
  made.latency_width = sometimes(1);
  made.reply = upto(2);
  made.reply_width = upto(2);
  made.block = sometimes(upto(3));
  made.hub = upto(1);
  made.start = upto(3);
  made.start_width = upto(2);
  made.more_messages = sometimes(1);
  made.gap = upto(2);
  made.timeout = upto(6);
  made.resets = upto(1);
  made.stall = sometimes(upto(3));
  made.hangs_up = sometimes(1);
  made.kill = sometimes(upto(6));
  if (random.below(4) == 0) made.more_threads = 1;
  made.ends = upto(1);
  made.stock = sometimes(upto(6));
  return made;
}

std::string print(const Service& s) {
  return fmt::format("{} clients start [{}, {}], {} messages, gap {}, time-out {}{}",
                     1 + s.more_clients, s.start, s.start + s.start_width, 1 + s.more_messages,
                     s.gap, s.timeout, s.resets != 0 ? " (resets)" : "") +
         fmt::format("; link [{}, {}]; server: {} threads, listens [{}, {}], thinks [{}, {}]",
                     s.latency, s.latency + s.latency_width, 1 + s.more_threads, s.listens,
                     s.listens + s.listens_width, s.reply, s.reply + s.reply_width) +
         fmt::format(", blocks {}, stalled at 2 for {}, killed at {}{}{}{}", s.block, s.stall,
                     s.kill, s.hub != 0 ? ", hub" : "", s.hangs_up != 0 ? ", hangs up" : "",
                     s.ends != 0 ? "; ends with the clients" : "") +
         fmt::format(", looked at at {}", s.stock);
}

Duration ns(int count) { return std::chrono::nanoseconds(count); }
DelayRange range(int low, int width) { return {ns(low), ns(low + width)}; }

/// What each strand saw, in its order.
using Lines = std::map<std::string, std::vector<std::string>>;

Awaitable<> serve(Runtime& runtime, const Service& service, std::string peer, Stream stream,
                  Executor hub, Lines& lines) {
  auto& line = lines["connection of " + peer];
  while (true) {
    const auto got = co_await contract::read_some(stream);
    line.push_back(got.error ? got.error.message() : got.text);
    if (got.error) co_return;
    const Duration thinks = runtime.draw(range(service.reply, service.reply_width), "think");
    co_await runtime.sleep_for(thinks, "think");
    if (service.block > 0) co_await runtime.block_for(ns(service.block));
    if (service.hub != 0) asio::post(hub, [&lines, peer] { lines["hub"].push_back(peer); });
    (void)co_await contract::write_some(stream, "r");
    if (service.hangs_up != 0) co_return;
  }
}

Awaitable<> server(Runtime& runtime, Executor root, const Service& service, Lines& lines) {
  const Executor hub = runtime.make_strand("hub");
  const Duration until = runtime.draw(range(service.listens, service.listens_width), "listen");
  co_await runtime.sleep_for(until, "listen");
  Listener listener = runtime.listen(root, {"server", 1});
  for (int i = 0; i <= service.more_clients; ++i) {
    std::string peer;
    const auto strand_for = [&runtime, &peer](std::string_view name) {
      peer = name;
      return runtime.make_strand(name);
    };
    Stream stream = co_await listener.async_accept(strand_for);
    lines["server"].push_back(peer);
    const Executor strand = stream.get_executor();
    spawn(runtime, strand, "serve", serve(runtime, service, peer, std::move(stream), hub, lines));
  }
  co_await runtime.sleep_until(Instant::max(), "end");
}

Awaitable<> keeper(Runtime& runtime, const Service& service, World& world) {
  co_await runtime.sleep_for(ns(service.stock), "stock");
  world.take_stock(*world.current_strand()->process);
}

Awaitable<> client(Runtime& runtime, const Service& service, std::vector<std::string>& line) {
  const Duration starts = runtime.draw(range(service.start, service.start_width), "start");
  co_await runtime.sleep_for(starts, "start");
  Stream stream;
  try {
    stream = co_await runtime.connect({"server", 1});
  } catch (const boost::system::system_error& error) {
    line.push_back(error.code().message());
    co_return;
  }
  for (int i = 0; i <= service.more_messages; ++i) {
    (void)co_await contract::write_some(stream, "m");
    if (service.timeout == 0) {
      const auto got = co_await contract::read_some(stream);
      line.push_back(got.error ? got.error.message() : got.text);
    } else {
      const auto first = co_await (contract::read_some(stream) ||
                                   runtime.sleep_for(ns(service.timeout), "time-out"));
      if (first.index() == 1) {
        line.emplace_back("too late");
        if (service.resets != 0) stream.reset();
        co_return;
      }
      const auto& got = std::get<0>(first);
      line.push_back(got.error ? got.error.message() : got.text);
    }
    co_await runtime.sleep_for(ns(service.gap), "gap");
  }
}

Awaitable<> play(Runtime& runtime, const Service& service, int number, sim::Latch& clients,
                 Lines& lines) {
  const std::string name = fmt::format("client {}", number);
  co_await client(runtime, service, lines[name]);
  if (service.ends == 0) co_return;
  clients.leave(static_cast<std::size_t>(number));
  if (clients.left() == 0) lines["end"].push_back(name);
}

void build(World& world, const Service& service, sim::Latch& clients, Lines& lines) {
  sim::ProcessOptions options;
  options.name = "server";
  options.threads = 1 + service.more_threads;
  options.start = [&service, &world, &lines](Runtime& runtime, const Executor& root) {
    spawn(runtime, root, "server", server(runtime, root, service, lines));
    if (service.stock == 0) return;
    spawn(runtime, runtime.make_strand("keeper"), "keeper", keeper(runtime, service, world));
  };
  sim::Process& process = world.add_process(std::move(options));
  if (service.stall > 0) world.stall(process, ns(2), ns(service.stall));
  if (service.kill > 0) world.kill(process, ns(service.kill), ns(0));
  for (int i = 0; i <= service.more_clients; ++i) {
    const std::string name = fmt::format("client {}", i);
    world.network().set_latency(name, "server", range(service.latency, service.latency_width));
    sim::ProcessOptions of_client;
    of_client.name = name;
    of_client.start = [&service, &clients, &lines, i](Runtime& runtime, const Executor& root) {
      spawn(runtime, root, "client", play(runtime, service, i, clients, lines));
    };
    world.add_process(std::move(of_client));
  }
}

struct Seen {
  std::set<Lines> lines;
  std::set<std::uint64_t> names;
  std::uint64_t runs = 0;
  std::uint64_t relaxed = 0;
};

/// One run in a world that is used again and again.
class Site {
 public:
  ~Site() { world.end(); }
  void run(const Service& service, sim::Decider& decider, sim::TimeMode time, sim::StepLog* steps) {
    world.end();
    lines_.clear();
    sim::RunOptions options;
    options.time = time;
    options.horizon = Duration::max();
    options.steps = steps;
    options.on_observation = [this](const Observation& told) {
      if (told.name != "process_left") return;
      std::string held;
      for (const Field& field : told.fields) {
        const auto* count = std::get_if<std::int64_t>(&field.value);
        if (count != nullptr) held += fmt::format("{} {} ", *count, field.key);
      }
      lines_["stock"].push_back(held);
    };
    world.begin(options, decider);
    sim::Latch clients(world, static_cast<std::size_t>(1 + service.more_clients));
    build(world, service, clients, lines_);
    const auto end = world.run();
    if (end == sim::RunEnd::task_failed) ADD_FAILURE() << world.failure();
  }
  void note(Seen& seen, sim::StepLog& log) {
    ++seen.runs;
    seen.relaxed += world.time().relaxed() ? 1 : 0;
    seen.lines.insert(lines_);
    seen.names.insert(log.class_hash());
  }
  World world;

 private:
  Lines lines_;
};

template <class Decider>
bool visit_runs(const Service& service, sim::TimeMode time, std::uint64_t max, Seen& seen) {
  Site site;
  sim::StepLog log;
  std::vector<explore::PathDecider::Step> path;
  // Which processes block has to be known from the start, for names to be the same in every run.
  for (bool learned = true; learned;) {
    learned = false;
    seen = {};
    path.clear();
    do {
      if (seen.runs == max) return false;
      Decider decider(path);
      site.run(service, decider, time, &log);
      learned = log.learned();
      site.note(seen, log);
    } while (!learned && explore::next_path(path));
  }
  return true;
}

Seen visit_classes(const Service& service, const ReductionOptions& options) {
  Site site;
  Seen seen;
  Reduction reduction(options);
  bool learned = false;
  do {
    if (learned) seen = {};
    site.run(service, reduction, sim::TimeMode::symbolic, nullptr);
    learned = reduction.log().learned();
    if (reduction.is_class()) site.note(seen, reduction.log());
  } while (reduction.next());
  return seen;
}

struct Complaint {
  enum class Kind : std::uint8_t {
    none,
    zones_and_grid,
    missing,
    too_many,
    twice,
    names
  } kind = Kind::none;
  std::string text;
};

struct Totals {
  std::uint64_t services = 0, zones = 0, grid = 0, with_grid = 0, classes = 0;
};

template <class T>
std::string compare(const std::set<T>& a, const std::set<T>& b) {
  std::size_t common = 0;
  for (const T& element : a) common += b.count(element);
  return fmt::format("{} against {}, {} in both", a.size(), b.size(), common);
}

Complaint complaint_of(const Service& service, Totals* totals = nullptr) {
  using enum Complaint::Kind;
  Seen zones;
  if (!visit_runs<explore::PathDecider>(service, sim::TimeMode::symbolic, 3'000, zones)) return {};
  const Seen timed = visit_classes(service, {});
  Seen grid;
  const bool has_grid = visit_runs<GridDecider>(service, sim::TimeMode::concrete, 30'000, grid);
  if (totals != nullptr) {
    ++totals->services;
    totals->zones += zones.runs;
    totals->classes += timed.runs;
    if (has_grid) ++totals->with_grid, totals->grid += grid.runs;
  }
  if (zones.relaxed + timed.relaxed > 0) return {};
  if (has_grid && zones.lines != grid.lines) {
    return {zones_and_grid, "zones against grid: " + compare(zones.lines, grid.lines)};
  }
  if (timed.lines != zones.lines) {
    const bool misses = !std::ranges::includes(timed.lines, zones.lines);
    return {misses ? missing : too_many,
            "reduction against zones: " + compare(timed.lines, zones.lines)};
  }
  if (timed.runs != timed.names.size()) {
    return {twice, fmt::format("{} runs of {} classes", timed.runs, timed.names.size())};
  }
  if (timed.names != zones.names) {
    return {names, "names, reduction against zones: " + compare(timed.names, zones.names)};
  }
  if (has_grid && zones.names != grid.names) {
    return {names, "names, zones against grid: " + compare(zones.names, grid.names)};
  }
  return {};
}

Service shrink(Service service, Complaint::Kind kind) {
  for (bool found = true; found;) {
    found = false;
    for (const auto member : Service::members) {
      if (service.*member == 0) continue;
      for (const int value : {0, service.*member - 1}) {
        Service candidate = service;
        candidate.*member = value;
        if (complaint_of(candidate).kind != kind) continue;
        service = candidate;
        found = true;
        break;
      }
    }
  }
  return service;
}

TEST(Network, ServicesSeeWhatTheyWouldSeeOnTheClock) {
  const std::uint64_t count = programs_wanted(40);
  Totals totals;
  std::map<Complaint::Kind, int> wrong;
  for (std::uint64_t seed = 0; seed < count; ++seed) {
    const Service service = make_service(seed);
    const Complaint what = complaint_of(service, &totals);
    if (what.kind == Complaint::Kind::none) continue;
    if (wrong[what.kind]++ > 0) continue;
    const Service small = shrink(service, what.kind);
    ADD_FAILURE() << "seed " << seed << ": " << what.text << "\n"
                  << print(service) << "\nsmaller, " << complaint_of(small).text << "\n"
                  << print(small);
  }
  for (const auto& [kind, cases] : wrong) {
    ADD_FAILURE() << cases << " of " << totals.services << " are wrong as in the example of kind "
                  << static_cast<int>(kind);
  }
  fmt::print("{} services, {} zones, {} with {} concrete runs, {} classes\n", totals.services,
             totals.zones, totals.with_grid, totals.grid, totals.classes);
  EXPECT_GT(totals.services, count / 2);
}

}  // namespace
}  // namespace raceproof::zoo
