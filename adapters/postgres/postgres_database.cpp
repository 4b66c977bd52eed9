#include "adapters/postgres/postgres_database.hpp"

#include <charconv>
#include <string_view>

#include "adapters/postgres/canceller.hpp"
#include "adapters/postgres/link.hpp"
#include "adapters/postgres/resolve.hpp"

namespace raceproof::postgres {

using gateway::database::Error;
using gateway::database::Rows;
using gateway::database::Session;
using gateway::database::Value;

namespace {

Rows read(const PGresult* result) {
  Rows rows;
  const int columns = PQnfields(result);
  for (int column = 0; column < columns; ++column) {
    rows.columns.emplace_back(PQfname(result, column));
  }
  const int count = PQntuples(result);
  rows.rows.reserve(static_cast<std::size_t>(count));
  for (int row = 0; row < count; ++row) {
    auto& values = rows.rows.emplace_back();
    for (int column = 0; column < columns; ++column) {
      if (PQgetisnull(result, row, column) != 0) {
        values.emplace_back();
        continue;
      }
      const auto length = static_cast<std::size_t>(PQgetlength(result, row, column));
      values.emplace_back(std::string(PQgetvalue(result, row, column), length));
    }
  }
  const std::string_view affected = PQcmdTuples(const_cast<PGresult*>(result));
  std::from_chars(affected.data(), affected.data() + affected.size(), rows.affected);
  return rows;
}

class PostgresSession final : public Session {
 public:
  explicit PostgresSession(std::shared_ptr<Link> link) : link_(std::move(link)) {}
  ~PostgresSession() override { link_->close(); }

  Awaitable<> begin(std::string_view isolation) override {
    const auto link = link_;  // stays while the statement runs
    std::string sql("BEGIN ISOLATION LEVEL ");
    if (isolation != "read committed" && isolation != "repeatable read" &&
        isolation != "serializable") {
      throw Error("22023", "unknown isolation level");
    }
    sql.append(isolation);
    co_await link->execute(std::move(sql), {});
  }
  Awaitable<> commit() override {
    const auto link = link_;
    const Result result = co_await link->execute("COMMIT", {});
    // The server answers the COMMIT of a failed transaction with the tag of what it really did.
    if (std::string_view(PQcmdStatus(result.get())) == "ROLLBACK") {
      throw Error("25P02", "the transaction was rolled back because a statement in it failed");
    }
  }
  Awaitable<> rollback() override {
    const auto link = link_;
    co_await link->execute("ROLLBACK", {});
  }
  Awaitable<Rows> query(std::string_view sql, std::vector<Value> parameters) override {
    const auto link = link_;
    const Result result = co_await link->execute(std::string(sql), std::move(parameters));
    co_return read(result.get());
  }
  [[nodiscard]] bool usable() const override { return link_->usable(); }
  void close() override { link_->close(); }

 private:
  std::shared_ptr<Link> link_;
};

/// `text` as often as there are addresses: libpq wants lists of equal length.
std::string repeated(const std::string& text, std::size_t times) {
  std::string list = text;
  for (std::size_t i = 1; i < times; ++i) list.append(1, ',').append(text);
  return list;
}

Parameters parameters_of(const Options& options, const std::vector<std::string>& addresses) {
  Parameters made{{"host", options.host},
                  {"port", std::to_string(options.port)},
                  {"user", options.user},
                  {"password", options.password},
                  {"dbname", options.database},
                  {"application_name", options.application},
                  {"client_encoding", "UTF8"},
                  {"sslmode", options.tls},   // like the password, as if not given when empty
                  {"gssencmode", "disable"},  // its library blocks
                  // A server that has vanished is noticed within a minute, and by a request to
                  // cancel too, which takes these over.
                  {"keepalives_idle", "30"},
                  {"keepalives_interval", "10"},
                  {"keepalives_count", "3"},
                  {"tcp_user_timeout", "30000"}};
  if (addresses.empty()) return made;
  made[0].second = repeated(options.host, addresses.size());
  std::string list;
  for (const std::string& address : addresses) {
    if (!list.empty()) list += ',';
    list += address;
  }
  made.emplace_back("hostaddr", list);
  return made;
}

}  // namespace

PostgresDatabase::PostgresDatabase(Runtime& runtime, Options options)
    : runtime_(runtime), options_(std::move(options)), canceller_(std::make_shared<Canceller>()) {}

PostgresDatabase::~PostgresDatabase() = default;

Awaitable<std::unique_ptr<Session>> PostgresDatabase::connect(Executor strand) {
  std::vector<std::string> addresses;
  if (!options_.host.starts_with('/')) {
    try {
      addresses = co_await resolve(runtime_, strand, options_.host);
    } catch (const boost::system::system_error& failure) {
      if (failure.code() == asio::error::operation_aborted) throw;
      throw Error("08001", failure.what());
    }
  }
  auto link = std::make_shared<Link>(strand, canceller_);
  const Parameters parameters = parameters_of(options_, addresses);
  co_await link->open(parameters);
  std::unique_ptr<Session> session = std::make_unique<PostgresSession>(std::move(link));
  co_return session;
}

}  // namespace raceproof::postgres
