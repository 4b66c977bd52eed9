// A real redis-server as a subject.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "tests/fakes/redis/socket_player.hpp"
#include "tests/fakes/redis/subject.hpp"
#include "tests/free_port.hpp"

namespace raceproof::fakes::redis::test {
namespace {

class RealRedis final : public Subject {
 public:
  RealRedis(std::uint16_t port, pid_t process, std::filesystem::path directory)
      : port_(port), process_(process), directory_(std::move(directory)) {}
  ~RealRedis() override {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  [[nodiscard]] std::string name() const override { return "real redis-server"; }
  std::vector<std::string> play(const Conversation& conversation) override {
    return play_over_sockets(port_, conversation);
  }

 private:
  std::uint16_t port_;
  pid_t process_;
  std::filesystem::path directory_;
};

pid_t launch(std::uint16_t port, const std::filesystem::path& directory) {
  const auto port_text = std::to_string(port);
  const pid_t parent = ::getpid();
  const pid_t process = ::fork();
  if (process != 0) return process;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // it must not outlive a test that crashes
  if (::getppid() != parent) ::_exit(126);
  ::execlp("redis-server", "redis-server", "--port", port_text.c_str(), "--bind", "127.0.0.1",
           "--save", "", "--appendonly", "no", "--dir", directory.c_str(), "--logfile", "log.txt",
           static_cast<char*>(nullptr));
  ::_exit(127);
}

}  // namespace

std::unique_ptr<Subject> start_real_redis(std::string& problem) {
  auto pattern = (std::filesystem::temp_directory_path() / "raceproof-redis-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    problem = "cannot make a temporary directory";
    return nullptr;
  }
  const auto port = raceproof::test::free_port();
  const auto process = launch(port, pattern);
  auto subject = std::make_unique<RealRedis>(port, process, pattern);
  for (int tries = 0; tries < 500; ++tries) {
    if (accepts(port)) return subject;
    if (::waitpid(process, nullptr, WNOHANG) != 0) {
      problem = "redis-server did not start: is the Debian package redis-server installed?";
      return nullptr;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  problem = "redis-server did not listen within ten seconds";
  return nullptr;
}

}  // namespace raceproof::fakes::redis::test
