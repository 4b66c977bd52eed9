// operator new and delete of programs that simulate.
//
// A run allocates and frees tens of thousands of small pieces, of the same few sizes, on one
// thread. What is freed waits in a list of its size, on the thread that freed it, for the next of
// that size, which costs a tenth of what malloc and free do; it goes back to nobody but to other
// threads when its own ends. Left out where a sanitizer looks after memory (CMakeLists.txt).
#include <array>
#include <cstddef>
#include <cstdlib>
#include <mutex>
#include <new>
#include <utility>

namespace raceproof::sim {

namespace {

constexpr std::size_t granule = 32;
constexpr std::size_t classes = 64;  // the last: pieces of just under 2 KiB
constexpr std::size_t chunk_size = 256 * 1024;

/// Stands before each piece.
struct alignas(std::max_align_t) Header {
  std::size_t size_class;  ///< 0: it came from malloc
};
constexpr std::size_t largest = granule * (classes - 1) - sizeof(Header);

/// What a piece is while nobody has it.
struct Free {
  Free* next;
};

/// Of one thread. Must not need construction: it is used before and after everything else.
struct Lists {
  std::array<Free*, classes> of{};
  std::byte* chunk = nullptr;
  std::size_t chunk_left = 0;
};
constinit thread_local Lists lists;

/// What threads that have ended left behind.
constinit std::mutex left_mutex;
constinit std::array<Free*, classes> left{};

/// Leaves the thread's lists behind when it ends.
struct Leaver {
  void engage() {}  // to be mentioned is enough: a thread's objects are made at their first use
  ~Leaver() {
    const std::lock_guard lock(left_mutex);
    for (std::size_t c = 0; c < classes; ++c) {
      while (Free* piece = lists.of[c]) {
        lists.of[c] = piece->next;
        piece->next = std::exchange(left[c], piece);
      }
    }
  }
};
thread_local Leaver leaver;

void* from_malloc(std::size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

/// A piece for a thread that has none of the class.
[[gnu::noinline]] void* another(std::size_t size_class) {
  leaver.engage();
  {
    const std::lock_guard lock(left_mutex);
    lists.of[size_class] = std::exchange(left[size_class], nullptr);
  }
  if (Free* piece = lists.of[size_class]) {
    lists.of[size_class] = piece->next;
    return piece;
  }
  const std::size_t size = size_class * granule;
  if (lists.chunk_left < size) {
    lists.chunk = static_cast<std::byte*>(from_malloc(chunk_size));
    lists.chunk_left = chunk_size;
  }
  lists.chunk_left -= size;
  return lists.chunk + lists.chunk_left;
}

void* allocate(std::size_t size) {
  void* memory = nullptr;
  if (size > largest) {
    memory = from_malloc(size + sizeof(Header));
    return new (memory) Header{0} + 1;
  }
  const std::size_t size_class = (size + sizeof(Header) + granule - 1) / granule;
  if (Free* piece = lists.of[size_class]) {
    lists.of[size_class] = piece->next;
    memory = piece;
  } else {
    memory = another(size_class);
  }
  return new (memory) Header{size_class} + 1;
}

void release(void* memory) {
  if (memory == nullptr) return;
  Header* header = static_cast<Header*>(memory) - 1;
  const std::size_t size_class = header->size_class;
  if (size_class == 0) return std::free(header);
  lists.of[size_class] = new (header) Free{lists.of[size_class]};
}

}  // namespace

}  // namespace raceproof::sim

void* operator new(std::size_t size) { return raceproof::sim::allocate(size); }
void operator delete(void* memory) noexcept { raceproof::sim::release(memory); }
void operator delete(void* memory, std::size_t) noexcept { raceproof::sim::release(memory); }
