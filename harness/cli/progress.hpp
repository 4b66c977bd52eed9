// Progress on standard error: one line that is rewritten on a terminal, plain lines elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace raceproof::cli {

/// Called from any worker; shows at most a few updates a second.
class Progress {
 public:
  explicit Progress(bool on_terminal) : on_terminal_(on_terminal) {}
  void show(const std::string& scenario, const std::string& variant, const std::string& what,
            std::uint64_t done, std::uint64_t most);
  /// Takes the line away (terminal), before something else is printed.
  void clear();

 private:
  std::mutex mutex_;
  bool on_terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace raceproof::cli
