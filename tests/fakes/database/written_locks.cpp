// One conversation for each rule about waiting.
#include "tests/fakes/database/conversation.hpp"

namespace raceproof::fakes::database::test {
namespace {

using Lines = std::vector<std::string>;

const Lines& with_rows() {
  static const Lines lines = {
      "CREATE TABLE %t (id bigint PRIMARY KEY, n bigint NOT NULL DEFAULT 0, s text)",
      "INSERT INTO %t (id, s) VALUES (1, 'one'), (2, 'two'), (3, NULL)"};
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

void add_rows(std::vector<Conversation>& all) {
  const auto add = [&](const char* name, const Lines& lines) {
    all.push_back(make_conversation(name, with_rows(), lines));
  };
  add("an update waits and counts on", {
                                           "A: BEGIN",
                                           "A: UPDATE %t SET n = n + 1 WHERE id = 1",
                                           "B: UPDATE %t SET n = n + 10 WHERE id = 1 RETURNING n",
                                           "A: COMMIT",
                                           "B: SELECT n FROM %t WHERE id = 1",
                                       });
  add("an update waits, and goes on from the old row after a rollback",
      {
          "A: BEGIN",
          "A: UPDATE %t SET n = n + 1 WHERE id = 1",
          "B: UPDATE %t SET n = n + 10 WHERE id = 1 RETURNING n",
          "A: ROLLBACK",
      });
  add("what was waited for does not match any more", {
                                                         "A: BEGIN",
                                                         "A: UPDATE %t SET n = 5 WHERE id = 1",
                                                         "B: UPDATE %t SET s = 'x' WHERE n = 0",
                                                         "A: COMMIT",
                                                         "B: SELECT id, n, s FROM %t ORDER BY id",
                                                     });
  add("what did not match when the statement began is not found",
      {
          "A: BEGIN",
          "A: UPDATE %t SET n = 5 WHERE id = 1",
          "A: UPDATE %t SET n = 6 WHERE id = 3",
          "B: UPDATE %t SET s = 'x' WHERE n = 5 OR id = 3 RETURNING id",
          "A: COMMIT",
      });
  add("a row that was not wanted after all stays locked",
      {
          "A: BEGIN",
          "A: UPDATE %t SET n = 5 WHERE id = 1",
          "B: BEGIN",
          "B: DELETE FROM %t WHERE id = 1 AND n = 0",
          "A: COMMIT",
          "A: UPDATE %t SET n = 6 WHERE id = 1",
          "B: COMMIT",
      });
  add("what was waited for has gone", {
                                          "A: BEGIN",
                                          "A: DELETE FROM %t WHERE id = 1",
                                          "B: UPDATE %t SET n = 9 WHERE id = 1",
                                          "C: SELECT n FROM %t WHERE id = 1 FOR SHARE",
                                          "A: COMMIT",
                                      });
  add("what has gone is held by nobody", {
                                             "A: BEGIN",
                                             "A: DELETE FROM %t WHERE id = 2",
                                             "B: BEGIN",
                                             "B: UPDATE %t SET n = 1 WHERE id = 2",
                                             "C: DELETE FROM %t WHERE n = 0 RETURNING id",
                                             "A: COMMIT",
                                         });
  add("a key that moved away is not found again",
      {
          "A: BEGIN",
          "A: UPDATE %t SET id = 11 WHERE id = 1",
          "B: UPDATE %t SET n = 9 WHERE id = 1",
          "C: UPDATE %t SET n = 9 WHERE s = 'one' RETURNING id",
          "A: COMMIT",
          "A: SELECT id, n FROM %t ORDER BY id",
      });
  add("three in a row", {
                            "A: BEGIN",
                            "A: UPDATE %t SET n = n + 1 WHERE id = 1",
                            "B: BEGIN",
                            "B: UPDATE %t SET n = n + 10 WHERE id = 1 RETURNING n",
                            "C: UPDATE %t SET n = n + 100 WHERE id = 1 RETURNING n",
                            "A: COMMIT",
                            "B: COMMIT",
                        });
  add("for update, and who may share a row",
      {
          "A: BEGIN",
          "A: SELECT id FROM %t WHERE id = 1 FOR SHARE",
          "B: BEGIN",
          "B: SELECT id FROM %t WHERE id = 1 FOR SHARE",
          "B: SELECT id FROM %t WHERE id = 1 FOR KEY SHARE",
          "C: SELECT id FROM %t WHERE id = 1 FOR NO KEY UPDATE",
          "A: COMMIT",
          "B: COMMIT",
          "A: BEGIN",
          "A: SELECT id FROM %t WHERE id = 1 FOR NO KEY UPDATE",
          "B: SELECT id FROM %t WHERE id = 1 FOR KEY SHARE",
          "B: SELECT id FROM %t WHERE id = 1 FOR SHARE NOWAIT",
          "B: SELECT id FROM %t WHERE id = 1 FOR UPDATE",
          "A: ROLLBACK",
      });
  add("nowait and skip locked",
      {
          "A: BEGIN",
          "A: SELECT id FROM %t WHERE id = 1 FOR UPDATE",
          "B: SELECT id FROM %t ORDER BY id FOR UPDATE SKIP LOCKED",
          "B: SELECT id FROM %t ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED",
          "B: SELECT id FROM %t ORDER BY id LIMIT 1 FOR UPDATE NOWAIT",
          "B: SELECT id FROM %t ORDER BY id LIMIT 1",
          "A: COMMIT",
      });
  add("for update returns the newest row in the order of the old ones",
      {
          "A: BEGIN",
          "A: UPDATE %t SET n = 50 WHERE id = 1",
          "B: SELECT id, n FROM %t WHERE n < 60 ORDER BY n, id FOR UPDATE",
          "A: COMMIT",
      });
  add("a limit is filled up with what comes next",
      {
          "A: BEGIN",
          "A: DELETE FROM %t WHERE id = 1",
          "B: SELECT id FROM %t ORDER BY id LIMIT 1 FOR UPDATE",
          "A: COMMIT",
      });
  add("deadlock of two rows: who closes the circle gives way",
      {
          "A: BEGIN",
          "B: BEGIN",
          "A: UPDATE %t SET n = n + 1 WHERE id = 1",
          "B: UPDATE %t SET n = n + 10 WHERE id = 2",
          "B: UPDATE %t SET n = n + 10 WHERE id = 1",
          "A: UPDATE %t SET n = n + 1 WHERE id = 2",
          "A: SELECT 1",
          "A: COMMIT",
          "B: COMMIT",
          "A: SELECT id, n FROM %t ORDER BY id",
      });
  add("deadlock of three", {
                               "A: BEGIN",
                               "B: BEGIN",
                               "C: BEGIN",
                               "A: UPDATE %t SET n = 1 WHERE id = 1",
                               "B: UPDATE %t SET n = 2 WHERE id = 2",
                               "C: UPDATE %t SET n = 3 WHERE id = 3",
                               "A: UPDATE %t SET n = 1 WHERE id = 2",
                               "B: UPDATE %t SET n = 2 WHERE id = 3",
                               "C: UPDATE %t SET n = 3 WHERE id = 1",
                               "B: COMMIT",
                               "A: COMMIT",
                           });
  add("deadlock of two who share a row and both want it",
      {
          "A: BEGIN",
          "B: BEGIN",
          "A: SELECT id FROM %t WHERE id = 1 FOR SHARE",
          "B: SELECT id FROM %t WHERE id = 1 FOR SHARE",
          "A: UPDATE %t SET n = 1 WHERE id = 1",
          "B: UPDATE %t SET n = 2 WHERE id = 1",
          "A: COMMIT",
      });
  add("deadlock through the queue of a row", {
                                                 "A: BEGIN",
                                                 "B: BEGIN",
                                                 "C: BEGIN",
                                                 "C: UPDATE %t SET n = 3 WHERE id = 2",
                                                 "A: UPDATE %t SET n = 1 WHERE id = 1",
                                                 "B: UPDATE %t SET n = 2 WHERE id = 1",
                                                 "C: UPDATE %t SET n = 3 WHERE id = 1",
                                                 "A: UPDATE %t SET n = 1 WHERE id = 2",
                                                 "B: COMMIT",
                                                 "C: COMMIT",
                                                 "A: ROLLBACK",
                                             });
  add("giving up a wait", {
                              "A: BEGIN",
                              "A: UPDATE %t SET n = 1 WHERE id = 1",
                              "B: BEGIN",
                              "B: UPDATE %t SET n = 2 WHERE id = 2",
                              "B: UPDATE %t SET n = 2 WHERE id = 1",
                              "C: UPDATE %t SET n = 3 WHERE id = 2 RETURNING n",
                              "B: CANCEL",
                              "A: COMMIT",
                              "A: SELECT id, n FROM %t ORDER BY id",
                          });
}

void add_keys(std::vector<Conversation>& all) {
  const auto add = [&](const char* name, const Lines& preparation, const Lines& lines) {
    all.push_back(make_conversation(name, preparation, lines));
  };
  add("an insert waits for the key of another: committed", with_rows(),
      {
          "A: BEGIN",
          "A: INSERT INTO %t (id) VALUES (9)",
          "B: INSERT INTO %t (id) VALUES (9)",
          "A: COMMIT",
      });
  add("an insert waits for the key of another: rolled back", with_rows(),
      {
          "A: BEGIN",
          "A: INSERT INTO %t (id) VALUES (9)",
          "B: INSERT INTO %t (id, s) VALUES (9, 'mine')",
          "A: ROLLBACK",
          "B: SELECT s FROM %t WHERE id = 9",
      });
  add("an insert waits for a key that may go", with_rows(),
      {
          "A: BEGIN",
          "A: DELETE FROM %t WHERE id = 1",
          "B: INSERT INTO %t (id, s) VALUES (1, 'again')",
          "A: COMMIT",
          "A: BEGIN",
          "A: DELETE FROM %t WHERE id = 2",
          "B: INSERT INTO %t (id, s) VALUES (2, 'again')",
          "A: ROLLBACK",
      });
  add("an insert waits for a row that is being updated", with_rows(),
      {
          "A: BEGIN",
          "A: UPDATE %t SET n = 1 WHERE id = 1",
          "B: INSERT INTO %t (id) VALUES (1)",
          "A: COMMIT",
          "A: BEGIN",
          "A: SELECT id FROM %t WHERE id = 1 FOR UPDATE",
          "B: INSERT INTO %t (id) VALUES (1)",
      });
  add("on conflict do nothing waits too", with_rows(),
      {
          "A: BEGIN",
          "A: INSERT INTO %t (id) VALUES (9)",
          "B: INSERT INTO %t (id) VALUES (9) ON CONFLICT (id) DO NOTHING",
          "A: COMMIT",
          "A: BEGIN",
          "A: INSERT INTO %t (id) VALUES (8)",
          "B: INSERT INTO %t (id) VALUES (8) ON CONFLICT (id) DO NOTHING RETURNING id",
          "A: ROLLBACK",
          "A: BEGIN",
          "A: UPDATE %t SET id = 5 WHERE id = 1",
          "B: INSERT INTO %t (id) VALUES (5), (1) ON CONFLICT (id) DO NOTHING RETURNING id",
          "A: COMMIT",
      });
  add("deadlock of two inserts", with_rows(),
      {
          "A: BEGIN",
          "B: BEGIN",
          "A: INSERT INTO %t (id) VALUES (8)",
          "B: INSERT INTO %t (id) VALUES (9)",
          "A: INSERT INTO %t (id) VALUES (9)",
          "B: INSERT INTO %t (id) VALUES (8)",
          "A: COMMIT",
      });
  add("an update waits for the key of another", with_rows(),
      {
          "A: BEGIN",
          "A: INSERT INTO %t (id) VALUES (9)",
          "B: UPDATE %t SET id = 9 WHERE id = 1",
          "A: ROLLBACK",
          "A: SELECT id FROM %t ORDER BY id",
      });
  add("several keys are entered one after the other",
      {"CREATE TABLE %k (a bigint PRIMARY KEY, b bigint UNIQUE)"},
      {
          "A: BEGIN",
          "A: INSERT INTO %k VALUES (1, 1)",
          "B: BEGIN",
          "B: INSERT INTO %k VALUES (2, 1)",
          "C: INSERT INTO %k VALUES (2, 3)",
          "A: ROLLBACK",
          "B: ROLLBACK",
      });
  add("a reference waits for the row it names", with_children(),
      {
          "A: BEGIN",
          "A: DELETE FROM %p WHERE id = 2",
          "B: INSERT INTO %c (p) VALUES (2)",
          "A: COMMIT",
          "A: BEGIN",
          "A: UPDATE %p SET n = 7 WHERE id = 1",
          "B: INSERT INTO %c (p) VALUES (1) RETURNING id",
          "A: COMMIT",
          "A: BEGIN",
          "A: INSERT INTO %p (id) VALUES (3)",
          "B: INSERT INTO %c (p) VALUES (3)",
          "A: COMMIT",
      });
  add("a row that is referred to waits for who refers to it", with_children(),
      {
          "A: BEGIN",
          "A: INSERT INTO %c (p) VALUES (2)",
          "B: UPDATE %p SET n = 1 WHERE id = 2",
          "B: DELETE FROM %p WHERE id = 2",
          "A: COMMIT",
          "A: BEGIN",
          "A: INSERT INTO %c (p) VALUES (2)",
          "B: SELECT n FROM %p WHERE id = 2 FOR UPDATE",
          "A: ROLLBACK",
      });
  add("a reference to nothing locks the table all the same", with_children(),
      {
          "A: BEGIN",
          "A: LOCK TABLE %p IN EXCLUSIVE MODE",
          "B: INSERT INTO %c (p) VALUES (NULL)",
          "C: UPDATE %c SET p = NULL WHERE p = 1",
          "A: COMMIT",
      });
  add("deadlock of two who refer to a row and update it", with_children(),
      {
          "A: BEGIN",
          "B: BEGIN",
          "A: INSERT INTO %c (p) VALUES (2)",
          "B: INSERT INTO %c (p) VALUES (2)",
          "A: SELECT id FROM %p WHERE id = 2 FOR UPDATE",
          "B: SELECT id FROM %p WHERE id = 2 FOR UPDATE",
          "A: COMMIT",
      });
}

void add_table_locks(std::vector<Conversation>& all) {
  const auto add = [&](const char* name, const Lines& lines) {
    all.push_back(make_conversation(name, with_rows(), lines));
  };
  add("lock table needs a transaction", {
                                            "A: LOCK TABLE %t",
                                            "A: LOCK TABLE %nowhere",
                                            "A: BEGIN",
                                            "A: LOCK %t IN SHARE MODE",
                                            "A: LOCK TABLE %t IN ACCESS EXCLUSIVE MODE NOWAIT",
                                            "B: SELECT count(*) FROM %t",
                                            "A: COMMIT",
                                        });
  for (const char* mode : {"ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE",
                           "SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE"}) {
    Lines lines = {"A: BEGIN", std::string("A: LOCK TABLE %t IN ") + mode + " MODE", "B: BEGIN"};
    for (const char* other :
         {"ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE",
          "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE"}) {
      lines.emplace_back("B: BEGIN");
      lines.emplace_back(std::string("B: LOCK TABLE %t IN ") + other + " MODE NOWAIT");
      lines.emplace_back("B: ROLLBACK");
    }
    all.push_back(
        make_conversation("what conflicts with " + std::string(mode), with_rows(), lines));
  }
  add("statements wait for a table", {
                                         "A: BEGIN",
                                         "A: LOCK TABLE %t IN EXCLUSIVE MODE",
                                         "B: SELECT count(*) FROM %t",
                                         "B: INSERT INTO %t (id) VALUES (9)",
                                         "C: SELECT id FROM %t WHERE id = 1 FOR SHARE",
                                         "A: INSERT INTO %t (id) VALUES (9)",
                                         "A: COMMIT",
                                     });
  add("who comes later waits behind who waits", {
                                                    "A: BEGIN",
                                                    "A: SELECT count(*) FROM %t",
                                                    "B: BEGIN",
                                                    "B: LOCK TABLE %t",
                                                    "C: SELECT count(*) FROM %t",
                                                    "A: INSERT INTO %t (id) VALUES (9)",
                                                    "A: COMMIT",
                                                    "B: COMMIT",
                                                });
  add("two who hold what the other wants: the second is refused at once",
      {
          "A: BEGIN",
          "B: BEGIN",
          "A: LOCK TABLE %t IN SHARE MODE",
          "B: LOCK TABLE %t IN SHARE MODE",
          "A: INSERT INTO %t (id) VALUES (8)",
          "B: INSERT INTO %t (id) VALUES (9)",
          "A: COMMIT",
      });
  add("migrations: one after the other", {
                                             "A: BEGIN",
                                             "B: BEGIN",
                                             "A: LOCK TABLE %t IN EXCLUSIVE MODE",
                                             "B: LOCK TABLE %t IN EXCLUSIVE MODE",
                                             "A: SELECT id FROM %t ORDER BY id",
                                             "A: INSERT INTO %t (id) VALUES (4)",
                                             "A: COMMIT",
                                             "B: SELECT id FROM %t ORDER BY id",
                                             "B: COMMIT",
                                         });
  add("deadlock of a table and a row", {
                                           "A: BEGIN",
                                           "B: BEGIN",
                                           "B: UPDATE %t SET n = 1 WHERE id = 1",
                                           "A: SELECT id FROM %t WHERE id = 2 FOR UPDATE",
                                           "B: UPDATE %t SET n = 1 WHERE id = 2",
                                           "A: LOCK TABLE %t",
                                           "B: COMMIT",
                                       });
  all.push_back(make_conversation("waiters change places instead of a deadlock",
                                  {"CREATE TABLE %a (id bigint)", "CREATE TABLE %b (id bigint)"},
                                  {
                                      "A: BEGIN",
                                      "B: BEGIN",
                                      "C: BEGIN",
                                      "A: LOCK TABLE %a IN ROW SHARE MODE",
                                      "C: LOCK TABLE %b IN ACCESS EXCLUSIVE MODE",
                                      "B: LOCK TABLE %a IN ACCESS EXCLUSIVE MODE",
                                      "C: LOCK TABLE %a IN ROW SHARE MODE",
                                      "A: LOCK TABLE %b IN ROW SHARE MODE",
                                      "C: COMMIT",
                                      "A: COMMIT",
                                      "B: COMMIT",
                                  }));
}

}  // namespace

std::vector<Conversation> written_lock_conversations() {
  std::vector<Conversation> all;
  add_rows(all);
  add_keys(all);
  add_table_locks(all);
  return all;
}

}  // namespace raceproof::fakes::database::test
