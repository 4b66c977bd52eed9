// operator new of programs that simulate: pieces of all sizes, from and to all threads.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <gtest/gtest.h>
#include <memory>
#include <new>
#include <thread>
#include <utility>
#include <vector>

namespace raceproof::sim {
namespace {

/// Filled with its own number, so that two pieces that overlap show.
struct Piece {
  explicit Piece(std::size_t of_size, unsigned char number)
      : size(of_size), memory(static_cast<unsigned char*>(::operator new(of_size))), mark(number) {
    std::memset(memory, mark, size);
  }
  Piece(Piece&& other) noexcept
      : size(other.size), memory(std::exchange(other.memory, nullptr)), mark(other.mark) {}
  Piece& operator=(Piece&&) = delete;
  ~Piece() { ::operator delete(memory); }
  [[nodiscard]] bool intact() const {
    return std::all_of(memory, memory + size, [&](unsigned char byte) { return byte == mark; });
  }
  std::size_t size;
  unsigned char* memory;
  unsigned char mark;
};

TEST(Memory, PiecesOfEverySizeAreAlignedAndApart) {
  for (int round = 0; round < 2; ++round) {  // the second gets what the first has freed
    std::vector<Piece> pieces;
    for (std::size_t size = 0; size < 3000; size += 7) {
      pieces.emplace_back(size, static_cast<unsigned char>(size));
    }
    for (const Piece& piece : pieces) {
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(piece.memory) % alignof(std::max_align_t), 0U);
      EXPECT_TRUE(piece.intact()) << piece.size;
    }
  }
}

TEST(Memory, PiecesMayBeFreedByAnotherThread) {
  for (int round = 0; round < 4; ++round) {
    std::vector<Piece> pieces;
    std::thread([&] {
      for (int i = 0; i < 1000; ++i) pieces.emplace_back(100, static_cast<unsigned char>(i));
    }).join();
    EXPECT_TRUE(std::ranges::all_of(pieces, &Piece::intact));
    std::thread([given = std::move(pieces)]() mutable { given.clear(); }).join();
  }
}

TEST(Memory, WhatThreadsLeaveBehindIsUsedAgain) {
  // A size that nobody else asks for.
  std::vector<void*> first;
  const auto take = [](std::vector<void*>& taken) {
    for (int i = 0; i < 100; ++i) taken.push_back(::operator new(1900));
    for (void* piece : taken) ::operator delete(piece);
  };
  std::thread([&] { take(first); }).join();
  std::vector<void*> second;
  std::thread([&] { take(second); }).join();
  std::ranges::sort(first);
  std::ranges::sort(second);
  EXPECT_EQ(first, second);
}

}  // namespace
}  // namespace raceproof::sim
