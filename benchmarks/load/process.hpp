// What the system knows about another process, and what it lets this one do. Linux.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <sys/types.h>

namespace raceproof::load {

/// Memory of the process that is in use, in bytes (Rss of /proc/PID/smaps_rollup, or else VmRSS of
/// status). What the kernel keeps for its sockets is not in it. Nothing when it cannot be read.
std::optional<std::int64_t> resident_bytes(pid_t pid);

/// Time on processors so far, in user mode and in the kernel, all threads together.
std::optional<std::chrono::microseconds> processor_time(pid_t pid);

/// Raises the limit of open files as far as the system allows, and returns it.
std::size_t raise_open_files();

}  // namespace raceproof::load
