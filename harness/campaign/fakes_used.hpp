// Which fakes a variant runs against, and how far they can be trusted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/campaign/result.hpp"
#include "harness/scenario/model.hpp"

namespace raceproof::campaign {

/// In a fixed order; with the notes that the contract suites left (fakes/*/verified.yaml) when this
/// program was built.
[[nodiscard]] std::vector<FakeUsed> fakes_used(const scenario::ResolvedVariant& variant);

/// The note of that fake; empty if there is none.
[[nodiscard]] std::string_view verified_note(std::string_view fake);

/// What the contract suite of a fake found to be the same on the real server.
struct Verified {
  std::string server;                 ///< "PostgreSQL 15.18"; empty: none
  std::string date;                   ///< "2025-09-08"
  std::string scope;                  ///< on how much: "600 conversations, 9000 statements"
  std::vector<std::string> compared;  ///< what was asked and served: "PUBLISH", "select"
  std::vector<std::string> errors;    ///< how requests were refused: "WRONGTYPE", "40P01"
};

/// Reads such a note: lines "server: PostgreSQL 15.18", "date: 2025-09-08", the lists "compared"
/// and "errors", and figures ("statements: 9000").
[[nodiscard]] Verified read_verified(std::string_view note);

}  // namespace raceproof::campaign
