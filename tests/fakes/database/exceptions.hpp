// Where the fake's answers may differ from the real server's, and why. Everything else is compared:
// rows, column names, counts, SQLSTATEs, primary messages, and who waits.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace raceproof::fakes::database::test {

struct Exception {
  std::string_view what;
  std::string_view why;
};

inline constexpr std::array exceptions = {
    Exception{"the order of rows without ORDER BY",
              "PostgreSQL leaves it open: it reuses the space of dead rows"},
    Exception{
        "who of several goes on first when the end of one transaction lets all of them",
        "PostgreSQL wakes all, and the operating system decides; the fake keeps to the order "
        "in which they came, unless Settings::wake is a range. What it does must have been seen "
        "on the real server"},
    Exception{"FOR KEY SHARE with SKIP LOCKED or NOWAIT, of a row that another transaction updated "
              "and then deleted",
              "PostgreSQL follows the versions and waits all the same; the fake skips or refuses"},
    Exception{
        "when a repeatable read that stood in the queue of a row FOR SHARE learns of its 40001",
        "PostgreSQL first waits for who holds the newest version; the fake says so at once"},
    Exception{"the text of an error without SQLSTATE class 22, 23, 25, 40, 42, 55 or 57",
              "texts of drivers and connections are not PostgreSQL's"},
};

/// Whether the order of a statement's rows is compared.
inline bool has_order(std::string_view statement) {
  return statement.find("ORDER BY") != std::string_view::npos;
}

inline std::string comparable_message(std::string_view sqlstate, std::string_view message) {
  constexpr std::array<std::string_view, 7> compared = {"22", "23", "25", "40", "42", "55", "57"};
  const auto by_class = sqlstate.substr(0, 2);
  const bool found = std::find(compared.begin(), compared.end(), by_class) != compared.end();
  return std::string(found ? message : "");
}

}  // namespace raceproof::fakes::database::test
