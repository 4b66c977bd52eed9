// Random programs of strands that post to each other, and their execution on any form of the
// runtime, so that the orders of the simulation can be compared with those of a real io_context.
#pragma once

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/runtime.hpp"
#include "runtime/signal.hpp"

namespace raceproof::contract {

/// How a handler is handed to its strand.
enum class Handing { post, dispatch };

/// A handler of a program: where it runs, how it gets there, and what it hands on, in this order.
struct ProgramHandler {
  int strand = 0;
  Handing handing = Handing::post;
  std::vector<int> children{};  // indices of handlers
};

/// A program. Its handlers form a tree whose root is the caller; a handler's index is its id.
struct StrandProgram {
  int strands = 0;
  std::vector<int> first{};  // handlers that the caller hands out, in this order
  std::vector<ProgramHandler> handlers{};
};

/// Limits of a random program.
struct ProgramShape {
  int strands = 3;
  int handlers = 20;
  int children_max = 3;           // that one handler hands on
  int dispatches_in_hundred = 0;  // the others are posts
};

/// The same program for the same seed and shape, on every platform.
inline StrandProgram make_program(std::uint64_t seed, const ProgramShape& shape) {
  // Knuth's MMIX multiplier; the high bits are the good ones.
  std::uint64_t state = seed * 2 + 1;
  const auto below = [&state](int limit) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<int>((state >> 33) % static_cast<std::uint64_t>(limit));
  };
  StrandProgram program;
  program.strands = shape.strands;
  program.handlers.resize(static_cast<std::size_t>(shape.handlers));
  for (int id = 0; id < shape.handlers; ++id) {
    auto& handler = program.handlers[static_cast<std::size_t>(id)];
    handler.strand = below(shape.strands);
    handler.handing = below(100) < shape.dispatches_in_hundred ? Handing::dispatch : Handing::post;
    // A parent among the earlier handlers, or the caller when the one that was drawn is full.
    const int parent = below(id + 1);
    auto* siblings = &program.first;
    if (parent < id) {
      auto& candidate = program.handlers[static_cast<std::size_t>(parent)].children;
      if (candidate.size() < static_cast<std::size_t>(shape.children_max)) siblings = &candidate;
    }
    siblings->push_back(id);
  }
  return program;
}

/// A run of a program: hands its handlers to the strands and logs the id of each as it begins.
class ProgramRun : public std::enable_shared_from_this<ProgramRun> {
 public:
  ProgramRun(Runtime& runtime, StrandProgram program, Executor caller)
      : program_(std::move(program)), caller_(std::move(caller)), ended_(runtime, caller_) {
    for (int i = 0; i < program_.strands; ++i) {
      std::string name = "s";
      name += std::to_string(i);
      strands_.push_back(runtime.make_strand(name));
    }
  }

  /// Runs the program from the caller's strand; the order in which its handlers began.
  Awaitable<std::vector<int>> run() {
    for (const int id : program_.first) hand_out(id);
    while (!done_) co_await ended_.wait("the program's end");
    co_return order_;
  }

 private:
  void hand_out(int id) {
    const auto& handler = program_.handlers[static_cast<std::size_t>(id)];
    const auto& strand = strands_[static_cast<std::size_t>(handler.strand)];
    auto work = [self = shared_from_this(), id] { self->handle(id); };
    if (handler.handing == Handing::post) {
      asio::post(strand, std::move(work));
    } else {
      asio::dispatch(strand, std::move(work));
    }
  }

  void handle(int id) {
    bool is_last = false;
    {
      const std::scoped_lock lock(mutex_);
      order_.push_back(id);
      is_last = order_.size() == program_.handlers.size();
    }
    for (const int child : program_.handlers[static_cast<std::size_t>(id)].children) {
      hand_out(child);
    }
    if (!is_last) return;
    asio::post(caller_, [self = shared_from_this()] {
      self->done_ = true;
      self->ended_.notify_all();
    });
  }

  StrandProgram program_;
  Executor caller_;
  std::vector<Executor> strands_;
  Signal ended_;
  bool done_ = false;  // on the caller's strand
  std::mutex mutex_;
  std::vector<int> order_;
};

/// Runs `program` from the calling coroutine, which runs on `caller`; the order in which its
/// handlers began. The program's strands are s0, s1, ... on the caller.
inline Awaitable<std::vector<int>> run_program(Runtime& runtime, StrandProgram program,
                                               Executor caller) {
  const auto run = std::make_shared<ProgramRun>(runtime, std::move(program), std::move(caller));
  co_return co_await run->run();
}

}  // namespace raceproof::contract
