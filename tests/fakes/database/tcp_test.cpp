// Server and client half on the production runtime: the same code over TCP.
#include <gtest/gtest.h>

#include "fakes/database/client.hpp"
#include "fakes/database/server.hpp"
#include "runtime/asio/runtime.hpp"
#include "runtime/task.hpp"

namespace raceproof::fakes::database::test {
namespace {

Awaitable<> converse(AsioRuntime& runtime, Executor strand, Server& server, std::string& answer) {
  const auto port = co_await server.listening();
  {
    Client client(runtime, Endpoint("127.0.0.1", port));
    auto session = co_await client.connect(strand);
    std::vector<Value> none;
    (void)co_await session->query("CREATE TABLE t (id bigint, s text)", std::move(none));
    std::vector<Value> values;
    values.emplace_back("7");
    values.emplace_back();
    (void)co_await session->query("INSERT INTO t VALUES ($1, $2)", std::move(values));
    std::vector<Value> nothing;
    const auto rows = co_await session->query("SELECT id, s FROM t", std::move(nothing));
    answer = rows.rows.at(0).at(0).value_or("NULL") + " " + rows.rows[0].at(1).value_or("NULL");
  }
  co_await server.stop();
  runtime.stop();
}

TEST(OnTcp, ServerAndClientTalk) {
  AsioRuntime runtime({.name = "test"});
  const auto work = runtime.keep_alive();
  const auto strand = runtime.make_strand("client");
  Settings settings;
  settings.host = "127.0.0.1";
  settings.port = 0;
  Server server(runtime, settings);
  std::string answer;
  server.start();
  spawn(runtime, strand, "client", converse(runtime, strand, server, answer));
  runtime.run();
  EXPECT_EQ(answer, "7 NULL");
  EXPECT_FALSE(runtime.failed());
}

}  // namespace
}  // namespace raceproof::fakes::database::test
