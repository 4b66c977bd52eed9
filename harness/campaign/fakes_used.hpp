// Which fakes a variant runs against, and how far they can be trusted.
#pragma once

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

/// Reads such a note: lines "server: PostgreSQL 15.18", "date: 2025-09-08", and figures
/// ("statements: 9000"), which are what was compared.
void read_verified(std::string_view note, FakeUsed& fake);

}  // namespace raceproof::campaign
