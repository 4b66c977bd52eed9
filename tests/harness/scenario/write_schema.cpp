// Writes the JSON Schema of scenario files to the path it is given.
#include <fstream>
#include <iostream>

#include "harness/scenario/schema.hpp"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: write_scenario_schema FILE\n";
    return 2;
  }
  std::ofstream out(argv[1], std::ios::binary);
  out << raceproof::scenario::schema_text();
  out.close();
  if (!out) {
    std::cerr << argv[1] << ": cannot be written\n";
    return 1;
  }
  return 0;
}
