// The subcommands of `raceproof`. Each returns the process's exit code (design: 0 pass, 1 fail,
// 2 unusable input, 3 unknown) and writes results to standard output, everything else to standard
// error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "fakes/redis/settings.hpp"

namespace raceproof::cli {

/// What `run` was asked for.
struct RunArguments {
  std::string program = "raceproof";  ///< as it was called, for the commands that reports give
  std::vector<std::filesystem::path> paths;
  std::vector<std::string> variants;  ///< only these; empty: all
  std::uint64_t seed = 1;
  std::optional<std::uint64_t> runs;         ///< sampled runs, in place of the scenario's number
  std::optional<std::uint64_t> classes;      ///< budget of classes, likewise
  std::optional<std::uint32_t> preemptions;  ///< of one run, likewise
  std::string search;                 ///< complete, random, pct, baseline; empty: the scenario's
  unsigned jobs = 0;                  ///< workers; 0: one per core
  std::optional<double> seconds;      ///< wall time of one variant at the most
  std::filesystem::path out = "out";  ///< folder of the reports
  bool verbose = false;               ///< several scenarios: in full, as one is
  bool determinism = false;           ///< repeat every run elsewhere and compare
  bool wall = false;                  ///< on the wall clock, over TCP
  bool worst_case = false;            ///< wall: the longest delay of each range
  int repeat = 1;                     ///< wall: how often
};
int run(const RunArguments& arguments);

/// What `replay` was asked for: a saved failure, or a scenario's variant.
struct ReplayArguments {
  std::filesystem::path file;
  std::string variant;  ///< needed for a scenario with several
  /// A scenario: random delays and orders; without it the baseline. A saved failure: of what its
  /// continuations draw; without it 1.
  std::optional<std::uint64_t> seed;
  std::uint64_t continuations = 100;  ///< of a saved failure that is not reproduced
  bool observations_only = false;     ///< leave out the bytes on the wire
  std::filesystem::path save;         ///< a saved failure: write it as it shows now; empty: do not
};
int replay(const ReplayArguments& arguments);

/// What `envelope` was asked for; ranges and factors as they were written.
struct EnvelopeArguments {
  std::filesystem::path file;
  std::string variant;              ///< needed for a scenario with several
  std::string x;                    ///< "PARAM=LOW..HIGH"; empty: only a minimum
  std::string y;                    ///< likewise; empty: one axis
  std::string minimum;              ///< "PARAM" or "PARAM=LOW..HIGH"; empty: none
  std::vector<std::string> scales;  ///< "PARAM=FACTOR", each a question of its own
  bool margins = false;             ///< how far each named duration may move
  std::filesystem::path csv;        ///< files to write; empty: none
  std::filesystem::path svg;
  std::filesystem::path json;
  std::uint64_t seed = 1;
  std::optional<std::uint64_t> classes;      ///< budget of each search, in place of the scenario's
  std::optional<std::uint32_t> preemptions;  ///< of one run, likewise
  std::optional<double> seconds;             ///< wall time of each search at the most
  unsigned jobs = 0;                         ///< workers; 0: one per core
  unsigned grid = 13;                        ///< concrete runs at so many points along each axis
  unsigned runs = 9;                         ///< concrete runs at each point
};
int envelope(const EnvelopeArguments& arguments);

int list(const std::vector<std::filesystem::path>& paths, const std::string& tag);
int lint(const std::vector<std::filesystem::path>& paths);

/// Digests of every run of every variant, a line each: what `--determinism` compares. With a
/// number, the events of that one run (of each chosen variant) instead.
int digest(const RunArguments& arguments, std::optional<std::uint64_t> events_of);

}  // namespace raceproof::cli
