// Writing the reports of a campaign into a folder.
#include "reports/files.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <system_error>

#include "reports/json.hpp"
#include "tests/reports/sample.hpp"

namespace raceproof::report {
namespace {

class ReportFiles : public testing::Test {
 protected:
  void SetUp() override {
    const std::string pattern = testing::TempDir() + "raceproof_reports_XXXXXX";
    std::vector<char> name(pattern.begin(), pattern.end());
    name.push_back('\0');
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name.data();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
};

std::string contents(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// Passing means: three files under the documented names, complete, and nothing left over.
TEST_F(ReportFiles, WritesAllThree) {
  const auto paths = write_reports(sample_result(), folder_ / "made" / "on_the_way");
  ASSERT_EQ(paths.size(), 3U);
  EXPECT_EQ(from_json(contents(folder_ / "made/on_the_way/result.json")), sample_result());
  EXPECT_TRUE(contents(paths[1]).starts_with("<?xml"));
  EXPECT_TRUE(contents(paths[2]).starts_with("scenario / variant"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_ / "made/on_the_way"), {}), 3);
}

// Passing means: a folder that cannot be written is an error with the path in it, not silence.
TEST_F(ReportFiles, SaysWhatCannotBeWritten) {
  std::filesystem::create_directory(folder_ / "result.json.part");
  try {
    write_reports(sample_result(), folder_);
    FAIL() << "wrote into a folder's place";
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string(error.what()).find("result.json"), std::string::npos);
  }
}

}  // namespace
}  // namespace raceproof::report
