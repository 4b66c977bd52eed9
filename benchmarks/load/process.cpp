#include "benchmarks/load/process.hpp"

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace raceproof::load {

namespace {

std::string path_of(pid_t pid, const char* file) {
  return "/proc/" + std::to_string(pid) + "/" + file;
}

/// The number of kilobytes behind `name` in a file of lines "Name:  123 kB".
std::optional<std::int64_t> kilobytes(const std::string& path, const std::string& name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(name)) continue;
    std::int64_t value = 0;
    if (std::istringstream(line.substr(name.size())) >> value) return value;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> resident_bytes(pid_t pid) {
  auto value = kilobytes(path_of(pid, "smaps_rollup"), "Rss:");
  if (!value) value = kilobytes(path_of(pid, "status"), "VmRSS:");
  if (!value) return std::nullopt;
  return *value * 1024;
}

std::optional<std::chrono::microseconds> processor_time(pid_t pid) {
  std::ifstream file(path_of(pid, "stat"));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  // The second field is the command's name in parentheses and may contain anything.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream rest(text.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) rest >> skipped;
  std::int64_t user = 0;
  std::int64_t kernel = 0;
  if (!(rest >> user >> kernel)) return std::nullopt;
  return std::chrono::microseconds((user + kernel) * 1'000'000 / ::sysconf(_SC_CLK_TCK));
}

std::size_t raise_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
  (void)::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace raceproof::load
