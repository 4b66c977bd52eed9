// Conversations made from a seed.
#include <random>

#include "tests/fakes/database/conversation.hpp"

namespace raceproof::fakes::database::test {
namespace {

using Lines = std::vector<std::string>;

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  Conversation next(std::size_t ordinal) {
    sessions_ = 2 + below(2);
    Lines lines;
    for (std::size_t i = 0; i < sessions_; ++i) {
      if (below(4) > 0) lines.push_back(name(i) + ": " + one_of(begins()));
    }
    const auto length = 10 + below(8);
    for (std::size_t i = 0; i < length; ++i) lines.push_back(who() + step());
    // What is left open is committed by whoever can, and looked at.
    for (int round = 0; round < 2; ++round) {
      for (std::size_t i = 0; i < sessions_; ++i) lines.push_back(name(i) + ": COMMIT");
    }
    lines.emplace_back("A: SELECT id, k, n FROM %p ORDER BY id");
    lines.emplace_back("A: SELECT id, p, s FROM %c ORDER BY id");
    return make_conversation("generated " + std::to_string(ordinal), schema(), lines);
  }

 private:
  static Lines schema() {
    return {
        "CREATE TABLE %p (id bigint PRIMARY KEY, k text UNIQUE, n bigint NOT NULL DEFAULT 0)",
        "CREATE TABLE %c (id bigserial PRIMARY KEY, p bigint REFERENCES %p (id), s text)",
        "INSERT INTO %p (id, k) VALUES (1, 'a'), (2, 'b'), (3, NULL)",
        "INSERT INTO %c (p, s) VALUES (1, 'x'), (NULL, 'y')",
    };
  }

  // Not a distribution of the library: those differ from one to the next.
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(random_() % count); }

  static std::string name(std::size_t session) {
    return std::string(1, static_cast<char>('A' + session));
  }
  std::string who() { return name(below(sessions_)) + ": "; }

  const std::string& one_of(const Lines& choices) { return choices[below(choices.size())]; }

  std::string id() { return std::to_string(1 + below(4)); }
  std::string key() { return one_of({"'a'", "'b'", "'c'", "NULL"}); }

  static const Lines& begins() {
    static const Lines choices = {"BEGIN", "BEGIN", "BEGIN REPEATABLE READ"};
    return choices;
  }

  std::string condition() {
    switch (below(6)) {
      case 0:
        return " WHERE k = " + key();
      case 1:
        return " WHERE n = " + std::to_string(below(3));
      case 2:
        return " WHERE n < " + std::to_string(1 + below(3)) + " AND id <> " + id();
      default:
        return " WHERE id = " + id();
    }
  }

  std::string step() {
    switch (below(22)) {
      case 0:
      case 1:
        return one_of(begins());
      case 2:
        return "COMMIT";
      case 3:
        return "ROLLBACK";
      case 4:
      case 5:
      case 6:
        return "UPDATE %p SET n = n + 1 WHERE id = " + id();
      case 7:
      case 8:
        return "UPDATE %p SET n = n + 1" + condition() + " RETURNING id, n";
      case 9:
        return "UPDATE %p SET k = " + key() + condition();
      case 10:
        return "UPDATE %p SET id = " + id() + condition() + " RETURNING id";
      case 11:
        return "INSERT INTO %p (id, k) VALUES (" + id() + ", " + key() + ")";
      case 12:
        return "INSERT INTO %p (id, k) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING RETURNING id "
               "| " +
               id() + " | c";
      case 13:
        return "INSERT INTO %p (id, k) VALUES (" + id() + ", " + key() + ") ON CONFLICT DO NOTHING";
      case 14:
        return "DELETE FROM %p" + condition();
      case 15:
        return "DELETE FROM %c WHERE p = " + id() + " RETURNING id";
      case 16:
        return "INSERT INTO %c (p, s) VALUES ($1, $2) RETURNING id | " +
               one_of({"1", "2", "3", "4", "NULL"}) + " | z";
      case 17:
        return "UPDATE %c SET p = " + one_of({"1", "2", "3", "NULL"}) + " WHERE id = " + id();
      case 18:
        return "SELECT id, k, n FROM %p" + condition() + " ORDER BY id";
      case 19:
        return "SELECT id, n FROM %p" + condition() + " ORDER BY n, id" +
               one_of({" FOR UPDATE", " FOR SHARE", " FOR NO KEY UPDATE", " FOR KEY SHARE",
                       " LIMIT 1 FOR UPDATE"}) +
               one_of({"", "", " SKIP LOCKED", " NOWAIT"});
      case 20:
        return "LOCK TABLE " + one_of({"%p", "%c"}) + " IN " +
               one_of({"ROW SHARE", "ROW EXCLUSIVE", "SHARE", "EXCLUSIVE", "ACCESS EXCLUSIVE"}) +
               " MODE" + one_of({"", "", " NOWAIT"});
      default:
        return "SELECT count(*) FROM %c WHERE p = " + id();
    }
  }

  std::mt19937_64 random_;
  std::size_t sessions_ = 2;
};

}  // namespace

std::vector<Conversation> generated_conversations(std::uint64_t seed, std::size_t count) {
  Generator generator(seed);
  std::vector<Conversation> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(generator.next(i));
  return all;
}

}  // namespace raceproof::fakes::database::test
