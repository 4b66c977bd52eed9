// Writing the reports of a campaign into a folder.
#include "reports/files.hpp"

#include <cerrno>
#include <fstream>
#include <string_view>
#include <system_error>

#include "reports/json.hpp"
#include "reports/junit.hpp"
#include "reports/terminal.hpp"

namespace raceproof::report {

void write_file(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::path partial = path;
  partial += ".part";
  errno = 0;
  std::ofstream out(partial, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) {
    const int error = errno != 0 ? errno : EIO;
    std::error_code ignored;
    std::filesystem::remove(partial, ignored);
    throw std::system_error(error, std::generic_category(), "cannot write " + path.string());
  }
  std::filesystem::rename(partial, path);
}

std::vector<std::string> write_reports(const campaign::CampaignResult& result,
                                       const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  const std::vector<std::filesystem::path> paths{folder / "result.json", folder / "junit.xml",
                                                 folder / "report.txt"};
  write_file(paths[0], to_json(result));
  write_file(paths[1], to_junit(result));
  write_file(paths[2], render_terminal(result, TerminalOptions{}));
  std::vector<std::string> names;
  for (const auto& path : paths) names.push_back(path.string());
  return names;
}

}  // namespace raceproof::report
