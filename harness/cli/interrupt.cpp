#include "harness/cli/interrupt.hpp"

#include <csignal>

namespace raceproof::cli {

std::atomic<bool> interrupted{false};

namespace {

void on_interrupt(int signal) {
  interrupted = true;
  std::signal(signal, SIG_DFL);
}

}  // namespace

void catch_interrupts() {
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
}

}  // namespace raceproof::cli
