// Workers, one per core, each with its own world, that go through a strategy's pieces.
//
// The results stand in the canonical order of the search, whatever worker produced them; a budget
// keeps exactly the first so many. Only the threads of this file exist in the harness.
#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "harness/explore/strategy.hpp"

namespace raceproof::explore {

struct PoolOptions {
  unsigned jobs = 1;               ///< workers; at least 1
  std::uint64_t budget = 1;        ///< runs kept at the most
  std::uint64_t piece_runs = 256;  ///< runs after which a large piece is cut
  /// Asked before every run; true ends the search (interrupted, out of time).
  std::function<bool()> stop;
  /// Called now and then with the number of runs done so far, from one of the workers.
  std::function<void(std::uint64_t)> progress;
};

template <class Record>
struct PoolResult {
  std::vector<Record> records;  ///< in canonical order
  bool finished = false;        ///< nothing was left to do
  bool budget_hit = false;      ///< something was left when the budget was used up
  bool stopped = false;         ///< `stop` said so
  std::uint64_t discarded = 0;  ///< runs without a record
};

/// `make_worker()` is called once on each worker's thread and returns a callable
/// `std::optional<Record>(sim::Decider&, const RunKey&)`; a run without a record is not counted. An
/// exception that leaves a run ends the search and is rethrown here.
template <class Record, class MakeWorker>
PoolResult<Record> run_pool(const Strategy& strategy, const PoolOptions& options,
                            MakeWorker make_worker) {
  struct Node {
    Piece piece;
    bool taken = false;
    bool done = false;
    std::vector<Record> records;
  };
  std::list<Node> nodes;
  for (Piece& piece : strategy.begin(options.budget))
    nodes.push_back({std::move(piece), false, false, {}});

  std::mutex mutex;
  std::condition_variable changed;
  std::atomic<std::uint64_t> total{0};
  std::atomic<std::uint64_t> discarded{0};
  std::atomic<bool> stopping{false};
  bool stop_asked = false;
  std::exception_ptr error;
  unsigned working = 0;

  // The canonical prefix that is complete; nothing beyond the budget needs to be done.
  const auto prefix_full = [&] {
    std::uint64_t runs = 0;
    for (const Node& node : nodes) {
      if (!node.done) return false;
      runs += node.records.size();
      if (runs >= options.budget) return true;
    }
    return false;
  };

  const auto work = [&] {
    auto worker = make_worker();
    std::unique_lock lock(mutex);
    while (!stopping) {
      auto node = nodes.begin();
      while (node != nodes.end() && node->taken) ++node;
      if (node == nodes.end()) {
        if (working == 0) break;
        changed.wait(lock);
        continue;
      }
      if (prefix_full()) break;
      node->taken = true;
      ++working;
      Piece piece = std::move(node->piece);
      lock.unlock();
      std::vector<Record> records;
      std::vector<Piece> rest;
      try {
        rest = strategy.work(std::move(piece), options.piece_runs,
                             [&](sim::Decider& decider, const RunKey& key) {
                               if (stopping) return false;
                               if (options.stop && options.stop()) {
                                 stopping = true;
                                 return false;
                               }
                               std::optional<Record> record = worker(decider, key);
                               if (!record) {
                                 ++discarded;
                                 return true;
                               }
                               records.push_back(std::move(*record));
                               const auto done = ++total;
                               if (options.progress && done % 64 == 0) options.progress(done);
                               return true;
                             });
        lock.lock();
      } catch (...) {
        lock.lock();
        if (!error) error = std::current_exception();
        stopping = true;
      }
      node->records = std::move(records);
      node->done = true;
      auto after = std::next(node);
      for (Piece& piece_left : rest)
        nodes.insert(after, Node{std::move(piece_left), false, false, {}});
      --working;
      changed.notify_all();
    }
    if (stopping && !error) stop_asked = true;
    changed.notify_all();
  };

  std::vector<std::thread> threads;
  for (unsigned i = 1; i < options.jobs; ++i) threads.emplace_back(work);
  work();
  for (auto& thread : threads) thread.join();
  if (error) std::rethrow_exception(error);

  PoolResult<Record> result;
  result.stopped = stop_asked;
  result.discarded = discarded;
  result.finished = true;
  for (Node& node : nodes) {
    if (!node.done) {
      result.finished = false;
      break;  // what stands after a gap is not part of the canonical prefix
    }
    for (Record& record : node.records) {
      if (result.records.size() == options.budget) {
        result.finished = false;
        break;
      }
      result.records.push_back(std::move(record));
    }
  }
  if (result.stopped) result.finished = false;
  result.budget_hit = !result.finished && !result.stopped;
  return result;
}

/// Makes `count` results on at most `jobs` workers, `make(i)` each; `take(i, result)` is called on
/// some worker, one call at a time, in the order of i. An exception that leaves either ends the
/// work and is rethrown here; so does `stop`, which is asked before each `make`, without one.
template <class Make, class Take>
void for_each_in_order(std::size_t count, unsigned jobs, const std::function<bool()>& stop,
                       Make make, Take take) {
  using Result = decltype(make(std::size_t{}));
  std::mutex mutex;
  std::size_t next = 0;
  std::size_t taken = 0;
  bool stopping = false;
  std::vector<std::optional<Result>> results(count);
  std::exception_ptr error;
  const auto work = [&] {
    std::unique_lock lock(mutex);
    while (next < count && !stopping && !(stop && stop())) {
      const std::size_t mine = next++;
      lock.unlock();
      std::optional<Result> result;
      std::exception_ptr failure;
      try {
        result.emplace(make(mine));
      } catch (...) {
        failure = std::current_exception();
      }
      lock.lock();
      try {
        if (failure) std::rethrow_exception(failure);
        results[mine] = std::move(result);
        for (; taken < count && results[taken]; ++taken) {
          take(taken, std::move(*results[taken]));
          results[taken].reset();
        }
      } catch (...) {
        if (!error) error = std::current_exception();
        stopping = true;
      }
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < std::min<std::size_t>(jobs, count); ++i) threads.emplace_back(work);
  work();
  for (auto& thread : threads) thread.join();
  if (error) std::rethrow_exception(error);
}

/// A callback that several workers call, one at a time.
template <class... Arguments>
std::function<void(Arguments...)> one_at_a_time(std::function<void(Arguments...)> callback) {
  if (!callback) return nullptr;
  return [callback = std::move(callback),
          mutex = std::make_shared<std::mutex>()](Arguments... arguments) {
    const std::lock_guard lock(*mutex);
    callback(arguments...);
  };
}

}  // namespace raceproof::explore
