// Pending work of a simulated process: type-erased, intrusive, allocated from the world's pool, and
// owned by the kernel from the moment it is queued.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "harness/trace/trace.hpp"

namespace raceproof::sim {

/// A free list per size class; memory goes back to the system when the pool is destroyed.
class OperationPool {
 public:
  void* allocate(std::size_t size) {
    const std::size_t index = (size + granule - 1) / granule;
    if (index >= free_.size()) return ::operator new(size);
    if (auto*& head = free_[index]) return std::exchange(head, head->next);
    return carve(index * granule);
  }
  void release(void* memory, std::size_t size) {
    const std::size_t index = (size + granule - 1) / granule;
    if (index >= free_.size()) return ::operator delete(memory);
    free_[index] = new (memory) Free{free_[index]};
  }

 private:
  static constexpr std::size_t granule = 32;
  static constexpr std::size_t chunk_size = 16 * 1024;
  struct Free {
    Free* next;
  };
  void* carve(std::size_t size) {
    if (chunk_left_ < size) {
      chunks_.push_back(std::make_unique<std::byte[]>(chunk_size));
      chunk_left_ = chunk_size;
    }
    chunk_left_ -= size;
    return chunks_.back().get() + chunk_left_;
  }
  std::array<Free*, 16> free_{};
  std::vector<std::unique_ptr<std::byte[]>> chunks_;
  std::size_t chunk_left_ = 0;
};

/// One queued handler.
struct Operation {
  Operation* next = nullptr;
  trace::EventId cause = 0;
  /// Runs (`invoke`) or only destroys the handler, and releases the operation.
  void (*complete)(Operation*, OperationPool&, bool invoke) = nullptr;
};

template <class F>
struct OperationOf final : Operation {
  explicit OperationOf(F&& function) : f(std::move(function)) { complete = &OperationOf::run; }
  static void run(Operation* base, OperationPool& pool, bool invoke) {
    auto* self = static_cast<OperationOf*>(base);
    F local(std::move(self->f));
    self->~OperationOf();
    pool.release(self, sizeof(OperationOf));
    if (invoke) std::move(local)();
  }
  F f;
};

template <class F>
Operation* make_operation(OperationPool& pool, F&& function) {
  using Plain = std::decay_t<F>;
  static_assert(alignof(Plain) <= alignof(std::max_align_t));
  return new (pool.allocate(sizeof(OperationOf<Plain>)))
      OperationOf<Plain>(Plain(std::forward<F>(function)));
}

/// First in, first out.
class OperationQueue {
 public:
  [[nodiscard]] bool empty() const { return head_ == nullptr; }
  void push(Operation* operation) {
    operation->next = nullptr;
    if (tail_ == nullptr) {
      head_ = operation;
    } else {
      tail_->next = operation;
    }
    tail_ = operation;
  }
  Operation* pop() {
    Operation* first = head_;
    head_ = first->next;
    if (head_ == nullptr) tail_ = nullptr;
    return first;
  }
  void append(OperationQueue& other) {
    if (other.empty()) return;
    if (tail_ == nullptr) {
      head_ = other.head_;
    } else {
      tail_->next = other.head_;
    }
    tail_ = other.tail_;
    other.head_ = other.tail_ = nullptr;
  }

 private:
  Operation* head_ = nullptr;
  Operation* tail_ = nullptr;
};

}  // namespace raceproof::sim
