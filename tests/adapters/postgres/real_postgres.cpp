#include "tests/adapters/postgres/real_postgres.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <grp.h>
#include <initializer_list>
#include <libpq-fe.h>
#include <pwd.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "tests/free_port.hpp"

namespace raceproof::postgres::test {
namespace {

constexpr const char* initdb = "/usr/lib/postgresql/15/bin/initdb";
constexpr const char* postgres = "/usr/lib/postgresql/15/bin/postgres";
constexpr const char* user = "raceproof";

/// Whom the server runs as: it refuses root. Null for the user that runs the test.
const passwd* ordinary_user() {
  if (::geteuid() != 0) return nullptr;
  const passwd* found = ::getpwnam("postgres");
  return found != nullptr ? found : ::getpwnam("nobody");
}

/// Starts a program of PostgreSQL with its output in `log`; it dies with the test.
pid_t spawn(const std::filesystem::path& log, const std::vector<std::string>& command) {
  const passwd* const account = ordinary_user();
  std::vector<char*> arguments;
  for (const std::string& part : command) arguments.push_back(const_cast<char*>(part.c_str()));
  arguments.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t process = ::fork();
  if (process != 0) return process;
  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  if (account != nullptr && (::setgroups(0, nullptr) != 0 || ::setgid(account->pw_gid) != 0 ||
                             ::setuid(account->pw_uid) != 0)) {
    ::_exit(126);
  }
  // After the change of user, which forgets it. SIGQUIT: at once, with all of its processes.
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (::getppid() != parent) ::_exit(126);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

std::string make_directory() {
  auto pattern = (std::filesystem::temp_directory_path() / "raceproof-postgres-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return {};
  const passwd* const account = ordinary_user();
  if (account != nullptr && ::chown(pattern.c_str(), account->pw_uid, account->pw_gid) != 0) {
    return {};
  }
  return pattern;
}

}  // namespace

std::unique_ptr<RealPostgres> RealPostgres::start(std::string& problem) {
  if (::access(initdb, X_OK) != 0) {
    problem = "initdb is missing: is the Debian package postgresql-15 installed?";
    return nullptr;
  }
  const std::string directory = make_directory();
  if (directory.empty()) {
    problem = "cannot make a temporary directory";
    return nullptr;
  }
  std::unique_ptr<RealPostgres> server(new RealPostgres(directory, raceproof::test::free_port()));
  const std::filesystem::path log = server->directory_ / "log.txt";
  const pid_t maker =
      spawn(log, {initdb, "--pgdata", directory + "/data", "--username", user, "--auth", "trust",
                  "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync", "--no-instructions"});
  int status = 0;
  ::waitpid(maker, &status, 0);
  if (status != 0) {
    problem = "initdb failed with status " + std::to_string(status);
    return nullptr;
  }
  if (!server->launch()) {
    problem = "postgres did not answer within fifteen seconds";
    return nullptr;
  }
  return server;
}

RealPostgres::RealPostgres(std::filesystem::path directory, std::uint16_t port)
    : directory_(std::move(directory)), port_(port) {}

RealPostgres::~RealPostgres() {
  stop();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

Options RealPostgres::options() const {
  Options options;
  options.port = port_;
  options.user = user;
  options.database = "postgres";
  options.tls = "disable";
  return options;
}

void RealPostgres::stop() {
  if (process_ <= 0) return;
  ::kill(process_, SIGQUIT);
  ::waitpid(process_, nullptr, 0);
  process_ = -1;
}

bool RealPostgres::restart() {
  stop();
  return launch();
}

bool RealPostgres::launch() {
  std::vector<std::string> command{postgres, "-D", (directory_ / "data").string(), "-p",
                                   std::to_string(port_)};
  for (const char* setting :
       {"listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off",
        "synchronous_commit=off", "full_page_writes=off", "autovacuum=off", "shared_buffers=16MB",
        "max_connections=60", "deadlock_timeout=20ms", "jit=off"}) {
    command.insert(command.end(), {"-c", setting});
  }
  process_ = spawn(directory_ / "log.txt", command);
  const std::string port = std::to_string(port_);
  const char* const names[] = {"host", "port", "dbname", "user", nullptr};
  const char* const values[] = {"127.0.0.1", port.c_str(), "postgres", user, nullptr};
  for (int tries = 0; tries < 750; ++tries) {
    if (PQpingParams(names, values, 0) == PQPING_OK) return true;
    if (::waitpid(process_, nullptr, WNOHANG) != 0) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

std::string RealPostgres::run(const std::string& sql) {
  const std::string target =
      "host=127.0.0.1 dbname=postgres user=raceproof port=" + std::to_string(port_);
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(target.c_str()),
                                                                &PQfinish);
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()),
                                                             &PQclear);
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    throw std::runtime_error(PQerrorMessage(connection.get()));
  }
  return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : std::string();
}

RealPostgres& shared_postgres() {
  static std::string problem;
  static const std::unique_ptr<RealPostgres> server = RealPostgres::start(problem);
  if (server == nullptr) throw std::runtime_error("no PostgreSQL for this test: " + problem);
  return *server;
}

}  // namespace raceproof::postgres::test
