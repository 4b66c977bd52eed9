// One conversation for each rule of the fake.
#include "tests/fakes/database/conversation.hpp"

namespace raceproof::fakes::database::test {
namespace {

using Lines = std::vector<std::string>;

constexpr const char* plain =
    "CREATE TABLE %t (id bigint PRIMARY KEY, n bigint NOT NULL DEFAULT 0, s text)";
constexpr const char* rows = "INSERT INTO %t (id, s) VALUES (1, 'one'), (2, 'two'), (3, NULL)";

const Lines& with_rows() {
  static const Lines lines = {plain, rows};
  return lines;
}

const Lines& with_children() {
  static const Lines lines = {
      "CREATE TABLE %p (id bigint PRIMARY KEY, n bigint NOT NULL DEFAULT 0)",
      "CREATE TABLE %c (id bigserial PRIMARY KEY, p bigint REFERENCES %p (id), s text)",
      "INSERT INTO %p (id) VALUES (1), (2)",
      "INSERT INTO %c (p, s) VALUES (1, 'a')",
  };
  return lines;
}

void add_values(std::vector<Conversation>& all) {
  const auto add = [&](const char* name, Lines preparation, const Lines& lines) {
    all.push_back(make_conversation(name, std::move(preparation), lines));
  };
  add("types and their texts",
      {"CREATE TABLE %v (id bigserial PRIMARY KEY, i integer, b boolean, t timestamptz, s text)"},
      {
          "A: INSERT INTO %v (i, b, t, s) VALUES ($1, $2, $3, $4) RETURNING id, i, b, t, s | 7 | "
          "yes | 2025-09-08T19:22:00.120000Z | it's",
          "A: INSERT INTO %v (i) VALUES (' +12 ') RETURNING i",
          "A: INSERT INTO %v (i, b) VALUES ($1, $2) RETURNING id | NULL | TRUE",
          "A: INSERT INTO %v (i, b) VALUES ($1, $2) RETURNING i, b AS truth | -3 | off",
          "A: INSERT INTO %v (i) VALUES ($1) | abc",
          "A: INSERT INTO %v (i) VALUES ('abc')",
          "A: INSERT INTO %v (i) VALUES ($1) | 3000000000",
          "A: INSERT INTO %v (i) VALUES (3000000000)",
          "A: INSERT INTO %v (i) VALUES ($1) | ",
          "A: INSERT INTO %v (i) VALUES ($1) | 99999999999999999999",
          "A: INSERT INTO %v (b) VALUES ($1) | perhaps",
          "A: INSERT INTO %v (b) VALUES (1)",
          "A: INSERT INTO %v (t) VALUES ($1) | soon",
          "A: INSERT INTO %v (t) VALUES ($1) | 2025-13-01 00:00:00+00",
          "A: INSERT INTO %v (s) VALUES (5) RETURNING s",
          "A: INSERT INTO %v (s) VALUES (TRUE) RETURNING s",
          "A: INSERT INTO %v (i, s) VALUES ('', 'x')",
          "A: INSERT INTO %v (s) VALUES (NULL), ($1), ('') RETURNING s | NULL",
          "A: SELECT id, i, b, t, s FROM %v ORDER BY id",
          "A: SELECT id FROM %v WHERE t < '2030-01-01 00:00:00+00'",
          "A: SELECT id FROM %v WHERE t = now()",
      });
  add("a time of day is one for a transaction", {"CREATE TABLE %v (id bigint, t timestamptz)"},
      {
          "A: BEGIN",
          "A: INSERT INTO %v (id, t) VALUES (1, now())",
          "A: INSERT INTO %v (id, t) VALUES (2, CURRENT_TIMESTAMP)",
          "A: SELECT count(*) FROM %v WHERE t = now()",
          "A: COMMIT",
          "A: UPDATE %v SET t = now() WHERE id = 1",
          "A: SELECT count(*) FROM %v WHERE t = now()",
      });
  add("conditions", with_rows(),
      {
          "A: SELECT id FROM %t WHERE s = 'one' OR s IS NULL ORDER BY id",
          "A: SELECT id FROM %t WHERE NOT s = 'one' ORDER BY id",
          "A: SELECT id FROM %t WHERE s <> 'one' ORDER BY id DESC",
          "A: SELECT id FROM %t WHERE id IN (1, 3, $1) ORDER BY id | 9",
          "A: SELECT id FROM %t WHERE id NOT IN (1, NULL) ORDER BY id",
          "A: SELECT id FROM %t WHERE s IN ('two', $1) | one",
          "A: SELECT id FROM %t WHERE id >= $1 AND id < 3 ORDER BY id | 2",
          "A: SELECT id, s FROM %t ORDER BY s, id",
          "A: SELECT id, s FROM %t ORDER BY s DESC, id",
          "A: SELECT id, s FROM %t ORDER BY s NULLS FIRST",
          "A: SELECT id FROM %t ORDER BY id LIMIT $1 | 2",
          "A: SELECT id FROM %t ORDER BY id LIMIT 0",
          "A: SELECT id FROM %t ORDER BY id LIMIT $1 | NULL",
          "A: SELECT id FROM %t LIMIT $1 | -1",
          "A: SELECT id + 1, id - 5 AS less FROM %t ORDER BY less",
          "A: SELECT n + 9223372036854775807, id + n FROM %t WHERE id = 1",
          "A: SELECT id + 9223372036854775807 FROM %t WHERE id = 1",
          "A: SELECT count(*) FROM %t WHERE s IS NOT NULL",
          "A: SELECT count(*) AS how_many FROM %t WHERE id > 100",
          "A: SELECT x.id FROM %t x WHERE x.s = $1 | two",
          "A: SELECT * FROM %t AS x WHERE x.id = 1",
          "A: SELECT 1",
          "A: SELECT $1 | text",
          "A: SELECT 'a', NULL, TRUE, 1 = 1 AS same WHERE 1 < 2",
      });
  add("errors of analysis", with_rows(),
      {
          "A: SELECT id FROM %nowhere",
          "A: SELECT nothing FROM %t",
          "A: SELECT y.id FROM %t x",
          "A: SELECT id FROM %t WHERE nothing = 1",
          "A: SELECT id FROM %t ORDER BY nothing",
          "A: INSERT INTO %t (nothing) VALUES (1)",
          "A: INSERT INTO %t (id, id) VALUES (1, 1)",
          "A: INSERT INTO %t (id, n) VALUES (1)",
          "A: INSERT INTO %t (id) VALUES (1, 2)",
          "A: INSERT INTO %t (id) VALUES (1), (2, 3)",
          "A: INSERT INTO %t (id) VALUES (n)",
          "A: INSERT INTO %t (id, s) VALUES (7, 'x') ON CONFLICT (s) DO NOTHING",
          "A: INSERT INTO %t (id, s) VALUES (7, 'x') ON CONFLICT (nothing) DO NOTHING",
          "A: UPDATE %t SET nothing = 1",
          "A: UPDATE %t SET n = 1, n = 2",
          "A: UPDATE %t SET n = s",
          "A: UPDATE %t SET n = n + s",
          "A: UPDATE %t SET n = n + 'x'",
          "A: SELECT id FROM %t WHERE s",
          "A: SELECT id FROM %t WHERE s = 5",
          "A: SELECT id FROM %t WHERE id = s",
          "A: SELECT id FROM %t WHERE id = 'x'",
          "A: SELECT id FROM %t WHERE id = $1 AND s = $1 | 1",
          "A: SELECT id FROM %t WHERE id = $2 | 1 | 2",
          "A: SELECT id FROM %t WHERE id = $1",
          "A: SELECT id FROM %t WHERE id = $1 | 1 | 2",
          "A: SELECT id FROM %t WHERE id = $1 | x",
          "A: SELECT count(*), id FROM %t",
          "A: SELECT id FROM %t WHERE count(*) = 1",
          "A: DELETE FROM %t RETURNING count(*)",
          "A: SELECT count(*) FROM %t FOR UPDATE",
          "A: SELECT id FROM %t LIMIT 'x'",
          "A: SELECT id FROM %t LIMIT TRUE",
      });
  add("errors of syntax", with_rows(),
      {
          "A: FOO",
          "A: SELECT id FRM %t",
          "A: SELECT id FROM",
          "A: SELECT id FROM %t WHERE",
          "A: SELECT FROM WHERE",
          "A: SELECT id, FROM %t",
          "A: SELECT 'open",
          "A: SELECT \"open",
          "A: SELECT 12x",
          "A: SELECT *",
          "A: SELECT id FROM %t ORDER id",
          "A: INSERT %t VALUES (1)",
          "A: INSERT INTO %t VALUES 1",
          "A: INSERT INTO %t (id) VALUES (1) ON CONFLICT DO",
          "A: UPDATE %t n = 1",
          "A: DELETE %t",
          "A: CREATE TABLE %u (id bigint,)",
          "A: SELECT 1; SELECT 2",
          "A: SELECT 1;",
          "A: LOCK TABLE %t IN STRANGE MODE",
      });
}

void add_tables(std::vector<Conversation>& all) {
  const auto add = [&](const char* name, Lines preparation, const Lines& lines) {
    all.push_back(make_conversation(name, std::move(preparation), lines));
  };
  add("tables", {},
      {
          "A: CREATE TABLE %u (a bigint, a text)",
          "A: CREATE TABLE %u (a nosuchtype)",
          "A: CREATE TABLE %u (a bigint, PRIMARY KEY (b))",
          "A: CREATE TABLE %u (a bigint PRIMARY KEY, b bigint PRIMARY KEY)",
          "A: CREATE TABLE %u (a bigint REFERENCES %nowhere)",
          "A: CREATE TABLE %u (a bigint DEFAULT 'x')",
          "A: CREATE TABLE %u (a bigint, b text, UNIQUE (a, b))",
          "A: CREATE TABLE %u (a bigint)",
          "A: CREATE TABLE IF NOT EXISTS %u (b text)",
          "A: CREATE TABLE %v (a bigint REFERENCES %u (a))",
          "A: CREATE TABLE %v (a bigint REFERENCES %u (z))",
          "A: CREATE TABLE %v (a bigint REFERENCES %u)",
          "A: INSERT INTO %u VALUES (1, 'x'), (1, 'y'), (NULL, 'x'), (NULL, 'x')",
          "A: INSERT INTO %u VALUES (1, 'x')",
          "A: INSERT INTO %u VALUES (2) RETURNING a, b",
      });
  add("identity and sequences", {},
      {
          "A: CREATE TABLE %i (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, s text UNIQUE)",
          "A: INSERT INTO %i (s) VALUES ('a') RETURNING id",
          "A: INSERT INTO %i (id, s) VALUES (5, 'b')",
          "A: INSERT INTO %i (id, s) VALUES (DEFAULT, 'b') RETURNING id",
          "A: INSERT INTO %i (s) VALUES ('a')",
          "A: INSERT INTO %i (s) VALUES ('a') ON CONFLICT DO NOTHING RETURNING id",
          "A: INSERT INTO %i (s) VALUES ('c') RETURNING id",
          "A: UPDATE %i SET id = 4",
          "A: CREATE TABLE %j (id bigint GENERATED BY DEFAULT AS IDENTITY, s text DEFAULT 'none')",
          "A: INSERT INTO %j (id) VALUES (10) RETURNING id, s",
          "A: INSERT INTO %j (s) VALUES (DEFAULT) RETURNING id, s",
          "A: BEGIN",
          "A: INSERT INTO %j (s) VALUES ('gone') RETURNING id",
          "A: ROLLBACK",
          "A: INSERT INTO %j (s) VALUES ('there') RETURNING id",
      });
  add("a table is there when its creation is committed", {},
      {
          "A: BEGIN",
          "A: CREATE TABLE %u (a bigint PRIMARY KEY)",
          "A: INSERT INTO %u VALUES (1)",
          "B: SELECT a FROM %u",
          "A: COMMIT",
          "B: SELECT a FROM %u",
          "A: BEGIN",
          "A: CREATE TABLE %v (a bigint)",
          "A: INSERT INTO %v VALUES (1)",
          "A: ROLLBACK",
          "A: SELECT a FROM %v",
      });
  add("two create the same table: the second fails", {},
      {
          "A: BEGIN",
          "B: BEGIN",
          "A: CREATE TABLE IF NOT EXISTS %u (a bigint PRIMARY KEY)",
          "B: CREATE TABLE IF NOT EXISTS %u (a bigint PRIMARY KEY)",
          "A: COMMIT",
          "B: SELECT 1",
          "B: ROLLBACK",
          "B: CREATE TABLE IF NOT EXISTS %u (a bigint PRIMARY KEY)",
      });
  add("two create the same table with a sequence", {},
      {
          "A: BEGIN",
          "A: CREATE TABLE IF NOT EXISTS %u (a bigserial PRIMARY KEY)",
          "B: CREATE TABLE IF NOT EXISTS %u (a bigserial PRIMARY KEY)",
          "A: COMMIT",
      });
  add("two create the same table: the first rolls back", {},
      {
          "A: BEGIN",
          "A: CREATE TABLE IF NOT EXISTS %u (a bigint PRIMARY KEY)",
          "B: CREATE TABLE IF NOT EXISTS %u (a bigint PRIMARY KEY)",
          "A: ROLLBACK",
          "B: INSERT INTO %u VALUES (1)",
      });
  add("constraints", with_rows(),
      {
          "A: INSERT INTO %t (id) VALUES (1)",
          "A: INSERT INTO %t (id) VALUES (8), (8)",
          "A: SELECT count(*) FROM %t",
          "A: INSERT INTO %t (id, n) VALUES (8, NULL)",
          "A: INSERT INTO %t (n) VALUES (8)",
          "A: INSERT INTO %t (id) VALUES (1), (9) ON CONFLICT (id) DO NOTHING RETURNING id",
          "A: INSERT INTO %t (id) VALUES (10), (10) ON CONFLICT DO NOTHING",
          "A: UPDATE %t SET id = 2 WHERE id = 1",
          "A: UPDATE %t SET n = NULL",
          "A: UPDATE %t SET n = DEFAULT, s = DEFAULT WHERE id = 1 RETURNING n, s",
          "A: UPDATE %t SET id = id WHERE id = 1",
          "A: DELETE FROM %t WHERE id = 77",
          "A: DELETE FROM %t WHERE id = 1 RETURNING id, s",
      });
  add("foreign keys", with_children(),
      {
          "A: INSERT INTO %c (p) VALUES (3)",
          "A: INSERT INTO %c (p) VALUES (NULL), (2) RETURNING id",
          "A: UPDATE %c SET p = 5 WHERE p = 1",
          "A: DELETE FROM %p WHERE id = 1",
          "A: UPDATE %p SET id = 9 WHERE id = 1",
          "A: UPDATE %p SET n = 4 WHERE id = 1",
          "A: DELETE FROM %c WHERE p = 2",
          "A: DELETE FROM %p WHERE id = 2",
          "A: CREATE TABLE %own (id bigint PRIMARY KEY, up bigint REFERENCES %own (id))",
          "A: INSERT INTO %own VALUES (1, 2), (2, 1)",
          "A: INSERT INTO %own VALUES (3, 4)",
          "A: DELETE FROM %own WHERE id = 1",
          "A: DELETE FROM %own",
      });
}

void add_transactions(std::vector<Conversation>& all) {
  const auto add = [&](const char* name, Lines preparation, const Lines& lines) {
    all.push_back(make_conversation(name, std::move(preparation), lines));
  };
  add("a failed transaction ignores everything until its end", with_rows(),
      {
          "A: BEGIN",
          "A: UPDATE %t SET n = 1 WHERE id = 1",
          "A: INSERT INTO %t (id) VALUES (1)",
          "A: SELECT 1",
          "A: SELECT FROM WHERE",
          "B: UPDATE %t SET n = n + 10 WHERE id = 1 RETURNING n",
          "A: BEGIN",
          "A: COMMIT",
          "A: SELECT n FROM %t WHERE id = 1",
          "A: COMMIT",
          "A: ROLLBACK",
      });
  add("begin within a transaction", with_rows(),
      {
          "A: BEGIN",
          "A: BEGIN REPEATABLE READ",
          "A: SELECT n FROM %t WHERE id = 1",
          "B: UPDATE %t SET n = 5 WHERE id = 1",
          "A: SELECT n FROM %t WHERE id = 1",
          "A: BEGIN REPEATABLE READ",
          "A: BEGIN",
          "A: ROLLBACK",
      });
  add("read committed sees each commit; its own changes at once", with_rows(),
      {
          "A: BEGIN",
          "B: BEGIN",
          "A: UPDATE %t SET n = 5 WHERE id = 1",
          "A: SELECT n FROM %t WHERE id = 1",
          "B: SELECT n FROM %t WHERE id = 1",
          "A: DELETE FROM %t WHERE id = 2",
          "A: INSERT INTO %t (id) VALUES (4)",
          "B: SELECT id, n FROM %t ORDER BY id",
          "A: COMMIT",
          "B: SELECT id, n FROM %t ORDER BY id",
      });
  add("repeatable read keeps what its first query saw", with_rows(),
      {
          "A: BEGIN REPEATABLE READ",
          "B: UPDATE %t SET n = 1 WHERE id = 1",
          "A: SELECT n FROM %t WHERE id = 1",
          "B: UPDATE %t SET n = 2 WHERE id = 1",
          "B: DELETE FROM %t WHERE id = 2",
          "B: INSERT INTO %t (id) VALUES (4)",
          "A: SELECT id, n FROM %t ORDER BY id",
          "A: UPDATE %t SET n = 7 WHERE id = 3",
          "A: SELECT id, n FROM %t ORDER BY id",
          "A: UPDATE %t SET n = 8 WHERE id = 1",
          "A: ROLLBACK",
      });
  add("repeatable read: a concurrent delete", with_rows(),
      {
          "A: BEGIN REPEATABLE READ",
          "A: SELECT 1",
          "B: DELETE FROM %t WHERE id = 2",
          "A: DELETE FROM %t WHERE id = 2",
      });
  add("repeatable read: updated and then deleted", with_rows(),
      {
          "A: BEGIN",
          "A: UPDATE %t SET n = 1 WHERE id = 2",
          "B: BEGIN REPEATABLE READ",
          "B: UPDATE %t SET n = 2 WHERE id = 2",
          "A: DELETE FROM %t WHERE id = 2",
          "A: COMMIT",
      });
  add("repeatable read: no wait for who came after the change", with_rows(),
      {
          "A: BEGIN REPEATABLE READ",
          "A: SELECT 1",
          "B: UPDATE %t SET n = 1 WHERE id = 2",
          "C: BEGIN",
          "C: UPDATE %t SET n = 2 WHERE id = 2",
          "A: UPDATE %t SET n = 3 WHERE id = 2",
          "C: COMMIT",
      });
  add("repeatable read: a lock on what was deleted", with_rows(),
      {
          "A: BEGIN REPEATABLE READ",
          "A: SELECT 1",
          "B: DELETE FROM %t WHERE id = 2",
          "A: SELECT id FROM %t WHERE id = 2 FOR UPDATE",
      });
  add("repeatable read: a conflict with what another moved on", with_rows(),
      {
          "A: BEGIN",
          "A: UPDATE %t SET n = 1 WHERE id = 2",
          "B: BEGIN REPEATABLE READ",
          "B: INSERT INTO %t (id) VALUES (2) ON CONFLICT (id) DO NOTHING",
          "A: COMMIT",
      });
  add("repeatable read: the first updater wins after a wait", with_rows(),
      {
          "A: BEGIN",
          "A: UPDATE %t SET n = 1 WHERE id = 1",
          "B: BEGIN REPEATABLE READ",
          "B: UPDATE %t SET n = 2 WHERE id = 1",
          "A: COMMIT",
      });
  add("repeatable read: nothing happens if the first rolls back", with_rows(),
      {
          "A: BEGIN",
          "A: UPDATE %t SET n = 1 WHERE id = 1",
          "B: BEGIN REPEATABLE READ",
          "B: UPDATE %t SET n = 2 WHERE id = 1",
          "A: ROLLBACK",
          "B: COMMIT",
          "A: SELECT n FROM %t WHERE id = 1",
      });
  add("repeatable read: locks on rows", with_rows(),
      {
          "A: BEGIN REPEATABLE READ",
          "A: SELECT 1",
          "B: UPDATE %t SET n = 2 WHERE id = 1",
          "B: UPDATE %t SET id = 22 WHERE id = 2",
          "A: SELECT n FROM %t WHERE id = 1 FOR KEY SHARE",
          "A: SELECT n FROM %t WHERE id = 2 FOR KEY SHARE",
          "A: ROLLBACK",
          "A: BEGIN REPEATABLE READ",
          "A: SELECT 1",
          "B: UPDATE %t SET n = 3 WHERE id = 1",
          "A: SELECT n FROM %t WHERE id = 1 FOR UPDATE",
      });
  add("repeatable read: unique keys and conflicts", with_rows(),
      {
          "A: BEGIN REPEATABLE READ",
          "A: SELECT count(*) FROM %t",
          "B: INSERT INTO %t (id) VALUES (4)",
          "A: INSERT INTO %t (id) VALUES (1) ON CONFLICT DO NOTHING",
          "A: INSERT INTO %t (id) VALUES (4) ON CONFLICT DO NOTHING",
          "A: ROLLBACK",
          "A: BEGIN REPEATABLE READ",
          "A: SELECT count(*) FROM %t",
          "B: INSERT INTO %t (id) VALUES (5)",
          "A: INSERT INTO %t (id) VALUES (5)",
      });
  add("repeatable read: foreign keys", with_children(),
      {
          "A: BEGIN REPEATABLE READ",
          "A: SELECT 1",
          "B: INSERT INTO %p (id) VALUES (7)",
          "A: INSERT INTO %c (p) VALUES (7)",
          "A: ROLLBACK",
          "A: BEGIN REPEATABLE READ",
          "A: SELECT 1",
          "B: INSERT INTO %c (p) VALUES (2)",
          "A: DELETE FROM %p WHERE id = 2",
          "A: ROLLBACK",
      });
}

}  // namespace

std::vector<Conversation> written_lock_conversations();

std::vector<Conversation> written_conversations() {
  std::vector<Conversation> all;
  add_values(all);
  add_tables(all);
  add_transactions(all);
  for (auto& conversation : written_lock_conversations()) all.push_back(std::move(conversation));
  return all;
}

}  // namespace raceproof::fakes::database::test
