#include "harness/scenario/library.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace raceproof::scenario {
namespace {

namespace fs = std::filesystem;

/// A name that does not fit its file misleads whoever looks for it.
void lint_name(const Scenario& scenario, const fs::path& path,
               std::vector<Diagnostic>& diagnostics) {
  const std::string stem = fs::path(path).replace_extension().generic_string();
  const std::string& name = scenario.name();
  const bool fits = stem == name || stem.ends_with('/' + name);
  if (fits) return;
  diagnostics.push_back({path.string(), 0, 0,
                         "the scenario is called '" + name + "', which is not how the path ends",
                         Severity::warning});
}

}  // namespace

std::vector<fs::path> discover(const std::vector<fs::path>& paths,
                               std::vector<Diagnostic>& diagnostics) {
  std::vector<fs::path> files;
  std::set<std::string> seen;
  const auto add = [&](const fs::path& file) {
    if (seen.insert(fs::weakly_canonical(file).string()).second) files.push_back(file);
  };
  for (const fs::path& path : paths) {
    std::error_code error;
    if (fs::is_directory(path, error)) {
      std::vector<fs::path> inside;
      for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path, error)) {
        if (entry.is_regular_file() && entry.path().extension() == ".yaml") {
          inside.push_back(entry.path());
        }
      }
      std::sort(inside.begin(), inside.end());
      std::for_each(inside.begin(), inside.end(), add);
      if (inside.empty()) {
        diagnostics.push_back({path.string(), 0, 0, "there are no scenario files (*.yaml) here"});
      }
    } else if (fs::exists(path, error)) {
      add(path);
    } else {
      diagnostics.push_back({path.string(), 0, 0, "there is no such file or folder"});
    }
  }
  return files;
}

std::vector<Diagnostic> lint(const std::vector<fs::path>& paths) {
  std::vector<Diagnostic> diagnostics;
  std::map<std::string, std::string> owners;
  for (const fs::path& path : discover(paths, diagnostics)) {
    const Loaded loaded = load(path);
    const std::vector<Diagnostic>& found = loaded ? (*loaded)->warnings() : loaded.error();
    diagnostics.insert(diagnostics.end(), found.begin(), found.end());
    if (!loaded) continue;
    lint_name(**loaded, path, diagnostics);
    const auto [owner, fresh] = owners.emplace((*loaded)->name(), path.string());
    if (!fresh) {
      diagnostics.push_back({path.string(), 0, 0,
                             "the name '" + (*loaded)->name() + "' is taken by " + owner->second});
    }
  }
  return diagnostics;
}

std::vector<Row> list(const std::vector<fs::path>& paths, std::vector<Diagnostic>& diagnostics) {
  std::vector<Row> rows;
  for (const fs::path& path : discover(paths, diagnostics)) {
    const Loaded loaded = load(path);
    if (!loaded) {
      diagnostics.insert(diagnostics.end(), loaded.error().begin(), loaded.error().end());
      continue;
    }
    const Scenario& scenario = **loaded;
    for (const auto& variant : scenario.variants()) {
      rows.push_back({scenario.name(), variant->name, variant->expect,
                      variant->shows.empty() ? scenario.shows() : variant->shows, scenario.tags(),
                      path});
    }
  }
  return rows;
}

}  // namespace raceproof::scenario
