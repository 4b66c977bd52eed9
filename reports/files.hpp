// Writing the reports of a campaign into a folder, under names that scripts may rely on.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "harness/campaign/result.hpp"

namespace raceproof::report {

/// Writes a file whole or not at all, in place of one that is there. Throws std::system_error.
void write_file(const std::filesystem::path& path, std::string_view text);

/// Writes `result.json`, `junit.xml` and `report.txt` (the terminal report without colours) into
/// `folder`, which is made if need be, and returns their paths in that order. Each file is replaced
/// as a whole, so that a reader never meets half of one. Throws std::system_error.
std::vector<std::string> write_reports(const campaign::CampaignResult& result,
                                       const std::filesystem::path& folder);

}  // namespace raceproof::report
