#include "harness/cli/progress.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace raceproof::cli {

void Progress::show(const std::string& scenario, const std::string& variant,
                    const std::string& what, std::uint64_t done, std::uint64_t most) {
  using std::chrono::steady_clock;
  const std::scoped_lock lock(mutex_);
  const auto now = steady_clock::now();
  const auto pause = on_terminal_ ? std::chrono::milliseconds(100) : std::chrono::seconds(10);
  if (last_ == steady_clock::time_point{}) last_ = now;  // quick work shows nothing
  if (now - last_ < pause) return;
  last_ = now;
  if (on_terminal_) {
    constexpr std::uint64_t width = 20;
    const auto filled = most == 0 ? 0 : std::min(width, done * width / most);
    fmt::print(stderr, "\r\033[K{} / {}: {} [{:<{}}] {} of at most {}", scenario, variant, what,
               std::string(filled, '#'), width, done, most);
  } else {
    fmt::print(stderr, "{} / {}: {}, {} of at most {}\n", scenario, variant, what, done, most);
  }
  std::fflush(stderr);
  shown_ = true;
}

void Progress::clear() {
  const std::scoped_lock lock(mutex_);
  if (shown_ && on_terminal_) {
    fmt::print(stderr, "\r\033[K");
    std::fflush(stderr);
  }
  shown_ = false;
}

}  // namespace raceproof::cli
