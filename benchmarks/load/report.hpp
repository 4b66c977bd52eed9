// A load's result for people and for programs.
#pragma once

#include <string>

#include "benchmarks/load/loads.hpp"

namespace raceproof::load {

/// Lines "name  value", ending in a newline.
std::string to_table(const Result& result);
/// One JSON object, ending in a newline; its members are described in docs/benchmarks.md.
std::string to_json(const Result& result);

}  // namespace raceproof::load
