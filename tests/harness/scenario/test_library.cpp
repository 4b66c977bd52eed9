// The library of scenarios and its upkeep. Passing means: every file in scenarios/ is free of
// errors and warnings, shows what the issue asks for, and knows the names that the components
// really use.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include "harness/scenario/library.hpp"
#include "harness/scenario/vocabulary.hpp"
#include "tests/harness/scenario/texts.hpp"

namespace raceproof::scenario {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(ScenarioLibrary, IsCleanAndListed) {
  EXPECT_EQ(lines_of(lint({"scenarios"})), std::vector<std::string>{});
  std::vector<Diagnostic> diagnostics;
  std::set<std::string> names;
  for (const Row& row : list({"scenarios"}, diagnostics)) names.insert(row.scenario);
  EXPECT_TRUE(diagnostics.empty());
  for (const char* name :
       {"premature_readiness", "missing_scripts", "grace_too_short", "blocking_grace",
        "inert_timeout", "stale_verdict", "reported_before_and_after", "five_users", "non_gcp",
        "cpu_stall", "slow_redis"}) {
    EXPECT_TRUE(names.contains(std::string("cold_start/") + name)) << name;
  }
}

// Every file opens with a comment that says where its figures come from, and names the schema.
TEST(ScenarioLibrary, FilesExplainThemselves) {
  std::vector<Diagnostic> diagnostics;
  for (const fs::path& path : discover({"scenarios"}, diagnostics)) {
    const std::string text = text_of(path);
    EXPECT_TRUE(text.starts_with("# yaml-language-server: $schema=../scenario.schema.json\n"))
        << path;
    const std::string comment = text.substr(0, text.find("\nscenario: "));
    EXPECT_NE(comment.find("# Figures: "), std::string::npos) << path;
    EXPECT_NE(text.find("domain.md"), std::string::npos) << path;  // or in its `source`
  }
}

// In each variant that must reproduce, and in each that must hold, something proves that the window
// was entered.
TEST(ScenarioLibrary, NoVariantIsVacuous) {
  std::vector<Diagnostic> diagnostics;
  for (const fs::path& path : discover({"scenarios"}, diagnostics)) {
    const Loaded loaded = load(path);
    ASSERT_TRUE(loaded) << path;
    for (const auto& variant : (*loaded)->variants()) {
      EXPECT_TRUE(std::any_of(variant->checks.begin(), variant->checks.end(),
                              [](const Check& c) { return c.kind == Check::Kind::sometimes; }))
          << path << ": " << variant->name;
    }
  }
}

// Files and folders, each once; what is not there is said.
TEST(ScenarioLibrary, Discovery) {
  std::vector<Diagnostic> diagnostics;
  const fs::path one = "scenarios/cold_start/five_users.yaml";
  const auto files = discover({one, "scenarios"}, diagnostics);
  EXPECT_TRUE(diagnostics.empty());
  EXPECT_EQ(files.front(), one);
  EXPECT_EQ(std::count(files.begin(), files.end(), one), 1);
  EXPECT_TRUE(discover({"scenarios/none.yaml"}, diagnostics).empty());
  EXPECT_EQ(lines_of(diagnostics),
            std::vector<std::string>{"scenarios/none.yaml: there is no such file or folder"});
}

// A scenario is called as its file is, and no two are called the same.
TEST(ScenarioLibrary, Names) {
  const fs::path folder = fs::path(::testing::TempDir()) / "raceproof_names";
  fs::create_directories(folder / "a");
  for (const char* file : {"a/b.yaml", "a/c.yaml"}) {
    std::ofstream(folder / file) << head + checks;
  }
  const auto found = lines_of(lint({folder}));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_NE(found[0].find("c.yaml: warning: the scenario is called 'a/b'"), std::string::npos);
  EXPECT_NE(found[1].find("c.yaml: the name 'a/b' is taken by"), std::string::npos);
  fs::remove_all(folder);
}

// The vocabulary of lint is that of the sources: what is observed there is known here, with its
// fields.
TEST(ScenarioLibrary, VocabularyIsComplete) {
  const std::regex call(R"re(observe\(\s*"(\w+)"([^;]*);)re");
  const std::regex field(R"re(\{\s*"(\w+)")re");
  for (const char* folder : {"gateway", "fakes"}) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.path().extension() != ".cpp") continue;
      const std::string text = text_of(entry.path());
      for (std::sregex_iterator it(text.begin(), text.end(), call), end; it != end; ++it) {
        const ObservationKind* kind = find_observation((*it)[1].str());
        ASSERT_NE(kind, nullptr) << entry.path() << " observes '" << (*it)[1] << "'";
        const std::string fields = (*it)[2];
        for (std::sregex_iterator f(fields.begin(), fields.end(), field); f != end; ++f) {
          EXPECT_TRUE(std::find(kind->fields.begin(), kind->fields.end(), (*f)[1].str()) !=
                      kind->fields.end())
              << entry.path() << ": " << kind->name << " has the field " << (*f)[1];
        }
      }
    }
  }
}

}  // namespace
}  // namespace raceproof::scenario
