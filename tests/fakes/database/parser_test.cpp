// The SQL front end. Passing means that what it does not understand is refused by name, with the
// SQLSTATE that tells a mistake (42601) from a limit of the fake (0A000), and nothing else is.
#include <gtest/gtest.h>

#include "fakes/database/lexer.hpp"
#include "fakes/database/statement.hpp"
#include "gateway/database/statements.hpp"

namespace raceproof::fakes::database::test {
namespace {

/// "" if it is understood, or SQLSTATE and message.
std::string refusal(std::string_view sql) {
  try {
    (void)parse(sql);
    return "";
  } catch (const Error& error) {
    return error.sqlstate() + " " + error.what();
  }
}

std::string not_supported(const std::string& what) {
  return "0A000 the fake database does not support " + what;
}

TEST(Parser, UnderstandsWhatTheGatewaySays) {
  namespace say = gateway::database::statements;
  std::vector<std::string_view> all = {
      say::create_migrations,
      say::applied_migrations,
      say::lock_migrations,
      say::record_migration,
      say::count_begun_of_user,
      say::add_user,
      say::count_ended_of_user,
      say::count_begun_of_thread,
      say::add_thread,
      say::count_ended_of_thread,
      say::add_run,
      say::end_run,
      say::add_message,
      say::add_event,
      say::remove_event,
      say::unsent_events,
      say::probe,
  };
  all.insert(all.end(), say::create_runs.begin(), say::create_runs.end());
  all.insert(all.end(), say::create_outbox.begin(), say::create_outbox.end());
  for (const auto sql : all) EXPECT_EQ(refusal(sql), "") << sql;
}

TEST(Parser, SaysWhatItDoesNotSupport) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"SELECT a FROM t JOIN u ON true", "JOIN"},
      {"SELECT a FROM t LEFT JOIN u ON true", "JOIN"},
      {"SELECT a FROM t, u", "more than one table in a statement"},
      {"SELECT a FROM (SELECT 1) x", "a SELECT within another statement"},
      {"SELECT a FROM t WHERE a IN (SELECT 1)", "a SELECT within another statement"},
      {"SELECT a FROM t WHERE a = (SELECT 1)", "a SELECT within another statement"},
      {"SELECT a FROM t GROUP BY a", "GROUP here"},
      {"SELECT a FROM t WHERE a LIKE 'x'", "LIKE here"},
      {"SELECT a FROM t WHERE a BETWEEN 1 AND 2", "BETWEEN here"},
      {"SELECT a FROM t LIMIT 1 OFFSET 2", "OFFSET here"},
      {"SELECT a FROM t UNION SELECT b FROM t", "UNION here"},
      {"SELECT DISTINCT a FROM t", "SELECT DISTINCT"},
      {"SELECT max(a) FROM t", "the function max"},
      {"SELECT a::text FROM t", ":: here"},
      {"SELECT a * 2 FROM t", "* here"},
      {"SELECT a, t.* FROM t", "t.*"},
      {"SELECT *, a FROM t", "* beside other columns"},
      {"SELECT FROM t", "SELECT without columns"},
      {"SELECT a FROM t ORDER BY 1", "ORDER BY a constant"},
      {"SELECT a FROM t LIMIT ALL", "LIMIT ALL"},
      {"SELECT 1.5", "fractions"},
      {"SELECT 99999999999999999999", "numbers outside the range of bigint"},
      {"SELECT E'x'", "strings that begin with e'"},
      {"SELECT /* x */ 1", "comments in /* */"},
      {"SELECT $tag$x$tag$", "$ but for $1, $2"},
      {"SELECT (1, 2)", "a row of several values"},
      {"SELECT a FROM public.t", "schemas"},
      {"INSERT INTO t SELECT 1", "INSERT ... SELECT"},
      {"INSERT INTO t DEFAULT VALUES", "INSERT ... DEFAULT VALUES"},
      {"INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 1", "ON CONFLICT DO UPDATE"},
      {"INSERT INTO t VALUES (1) RETURNING *", "RETURNING *"},
      {"UPDATE t SET a = 1 FROM u", "UPDATE ... FROM"},
      {"UPDATE t SET (a, b) = (1, 2)", "several columns in one assignment"},
      {"DELETE FROM t USING u", "DELETE ... USING"},
      {"CREATE INDEX i ON t (a)", "CREATE INDEX"},
      {"CREATE TABLE t (a jsonb)", "the type jsonb"},
      {"CREATE TABLE t (a varchar(5))", "the type varchar"},
      {"CREATE TABLE t (a bigint CHECK (a > 0))", "CHECK here"},
      {"CREATE TABLE t (a bigint REFERENCES u ON DELETE CASCADE)", "ON delete CASCADE"},
      {"CREATE TABLE t (a bigint, CHECK (a > 0))", "the constraint CHECK"},
      {"ALTER TABLE t ADD a bigint", "ALTER here"},
      {"DROP TABLE t", "DROP here"},
      {"BEGIN", "BEGIN here"},
      {"WITH x AS (SELECT 1) SELECT 1", "WITH here"},
      {"", "an empty statement"},
  };
  for (const auto& [sql, what] : cases) EXPECT_EQ(refusal(sql), not_supported(what)) << sql;
}

TEST(Parser, SaysWhereTheMistakeIs) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"SELEKT 1", "syntax error at or near \"SELEKT\""},
      {"SELECT a FROM t WHERE", "syntax error at end of input"},
      {"SELECT a FROM t WHERE a = = 1", "syntax error at or near \"=\""},
      {"INSERT INTO t (a) VALUES (1", "syntax error at end of input"},
      {"INSERT INTO t (a) VALUES (1), (1, 2)", "VALUES lists must all be the same length"},
      {"SELECT 'a", "unterminated quoted string at or near \"'a\""},
      {"SELECT 1; SELECT 2", "cannot insert multiple commands into a prepared statement"},
  };
  for (const auto& [sql, message] : cases) EXPECT_EQ(refusal(sql), "42601 " + message) << sql;
}

// Deep nesting is refused before it can exhaust the stack, and a $ that is no parameter too.
TEST(Parser, HasLimits) {
  const std::string deep = "SELECT " + std::string(100'000, '(') + "1";
  EXPECT_EQ(refusal(deep), "54001 stack depth limit exceeded");
  EXPECT_EQ(refusal("SELECT " + std::string(100'000, '-') + "1"),
            refusal("SELECT "));  // a comment to the end
  EXPECT_EQ(refusal("SELECT $99999999999999999999"),
            "42P02 there is no parameter $99999999999999999999");
  EXPECT_EQ(refusal("SELECT $0"), "42P02 there is no parameter $0");
}

// No bytes make it do anything but answer or refuse.
TEST(Parser, SurvivesEveryPrefixAndEveryChangedByte) {
  namespace say = gateway::database::statements;
  std::size_t refused = 0;
  for (const std::string_view sql : {say::add_user, say::unsent_events, say::create_runs[3]}) {
    for (std::size_t i = 0; i < sql.size(); ++i) {
      refused += refusal(sql.substr(0, i)).empty() ? 0 : 1;
      for (const char c : {'\0', '\'', '"', '(', '$', ',', '\xff'}) {
        std::string changed(sql);
        changed[i] = c;
        refused += refusal(changed).empty() ? 0 : 1;
      }
    }
  }
  EXPECT_GT(refused, 1000U);
}

TEST(Parser, ReadsQuotedNamesAndDoubledQuotes) {
  const auto statement = parse("SELECT \"Odd \"\"name\" AS x FROM \"Table\" WHERE s = 'it''s'");
  const auto& select = std::get<Select>(statement.body);
  EXPECT_EQ(select.table, "Table");
  EXPECT_EQ(select.items[0].expression.text, "Odd \"name");
  EXPECT_EQ(select.items[0].name, "x");
  EXPECT_EQ(select.where->operands[1].text, "it's");
}

}  // namespace
}  // namespace raceproof::fakes::database::test
