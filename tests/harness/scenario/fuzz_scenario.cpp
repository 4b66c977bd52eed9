// libFuzzer target: a scenario file. Fails when the answer is neither a scenario that can be used
// nor complaints with a place in the text, and when it differs from one reading to the next.
#include <algorithm>

#include "harness/scenario/model.hpp"
#include "tests/fuzz/require.hpp"

namespace raceproof::scenario {

namespace {

using fuzz::require;

void check_complaints(const std::vector<Diagnostic>& complaints, std::string_view text) {
  const auto lines = std::count(text.begin(), text.end(), '\n') + 1;
  for (const Diagnostic& complaint : complaints) {
    require(complaint.file == "f.yaml", "a complaint names its file");
    require(!complaint.message.empty(), "a complaint says something");
    require(complaint.line >= 0 && complaint.line <= lines + 1, "a complaint's line exists");
    require(complaint.column >= 0, "a complaint's column exists");
    require(complaint.line > 0 || complaint.column == 0, "a column belongs to a line");
  }
}

void check_scenario(const Scenario& scenario, std::string_view text) {
  require(scenario.text() == text, "a scenario keeps its text");
  require(!scenario.variants().empty(), "a scenario has a variant");
  require(!has_errors(scenario.warnings()), "what can be used has no errors");
  check_complaints(scenario.warnings(), text);
  for (const auto& variant : scenario.variants()) {
    require(scenario.resolve(variant->name) != nullptr, "a variant is found by its name");
    for (const Parameter& parameter : variant->parameters) {
      require(parameter.low_ns <= parameter.high_ns, "a range is not upside down");
    }
  }
}

void check(std::string_view text) {
  const Loaded loaded = load_text(text, "f.yaml");
  const Loaded again = load_text(text, "f.yaml");
  require(loaded.has_value() == again.has_value(), "a text has one answer");
  if (loaded) return check_scenario(**loaded, text);
  require(has_errors(loaded.error()), "a text that is refused has an error");
  check_complaints(loaded.error(), text);
  require(loaded.error() == again.error(), "a text has one list of complaints");
}

}  // namespace

}  // namespace raceproof::scenario

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  raceproof::scenario::check(raceproof::fuzz::text_of(data, size));
  return 0;
}
