// The note that a contract suite leaves behind: which real server the fake was found to agree with,
// and on how much.
#pragma once

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <set>
#include <sstream>
#include <string>

#include "runtime/calendar.hpp"

namespace raceproof::test {

struct Verified {
  std::string server;  ///< "PostgreSQL 15.18"
  std::size_t conversations = 0;
  std::size_t statements = 0;
  std::set<std::string> compared{};  ///< what was asked and served: "PUBLISH", "select"
  std::set<std::string> errors{};    ///< how requests were refused: "WRONGTYPE", "40P01"
};

/// "key: >-" and the names, on indented lines of at most 100 columns.
inline std::string name_list(const std::string& key, const std::set<std::string>& names) {
  constexpr std::size_t columns_max = 100;
  std::string text = key + ": >-";
  std::size_t column = columns_max;
  for (const std::string& name : names) {
    if (column + name.size() + 2 > columns_max) {
      text += "\n ";
      column = 1;
    }
    text += " " + name + ",";
    column += name.size() + 2;
  }
  return text + "\n";
}

/// "2025-09-08".
inline std::string today() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return calendar_text(std::chrono::duration_cast<std::chrono::microseconds>(now).count())
      .substr(0, 10);
}

/// Holds the note at `path` (from the root of the sources, where tests run) against what was
/// verified, or writes it if RACEPROOF_UPDATE_VERIFIED=1. The server may be a later patch release.
inline void note_verified(const std::string& path, const Verified& verified) {
  std::ostringstream figures;
  figures << "conversations: " << verified.conversations << "\nstatements: " << verified.statements
          << "\n"
          << name_list("compared", verified.compared) << name_list("errors", verified.errors);
  const char* update = std::getenv("RACEPROOF_UPDATE_VERIFIED");
  if (update != nullptr && std::string(update) == "1") {
    std::ofstream file(path);
    file << "# What the contract suite of this fake found to be the same on the real server.\n"
         << "# Written by the suite itself (RACEPROOF_UPDATE_VERIFIED=1).\n"
         << "server: " << verified.server << "\n"
         << "date: " << today() << "\n"
         << figures.str();
    return;
  }
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find(figures.str()), std::string::npos)
      << path << " does not say what was verified: " << verified.server << "\n"
      << figures.str() << "run this test with RACEPROOF_UPDATE_VERIFIED=1 to write it";
}

}  // namespace raceproof::test
