// libFuzzer target: a file with a saved failure. Fails when the answer is neither a failure nor a
// sentence about the file, and when what was read is not written so that it is read again.
#include <algorithm>
#include <stdexcept>

#include "harness/campaign/failure_file.hpp"
#include "tests/fuzz/require.hpp"

namespace raceproof::campaign {

namespace {

using explore::Decision;
using fuzz::require;

/// Version 1 gives each choice a value, which version 2 knows by its name alone.
bool same_questions(const std::vector<Decision>& a, const std::vector<Decision>& b) {
  return std::ranges::equal(a, b, [](const Decision& x, const Decision& y) {
    return x.kind == y.kind && x.choice == y.choice && x.strand == y.strand && x.label == y.label &&
           x.ordinal == y.ordinal && x.twin == y.twin && x.instead_of == y.instead_of &&
           x.at_ns == y.at_ns;
  });
}

void check(const std::string& text) {
  SavedFailure failure;
  try {
    failure = read_failure(text, "f.json");
  } catch (const std::runtime_error& error) {
    const std::string_view sentence = error.what();
    require(sentence.starts_with("f.json: "), "a complaint names its file");
    require(sentence.size() < 1000, "a complaint is short");
    return;
  }
  const std::string written = write_failure(failure);
  const SavedFailure again = read_failure(written, "g.json");
  require(write_failure(again) == written, "what is written is read as it was");
  require(same_questions(again.decisions, failure.decisions), "decisions are kept");
  require(again.seed == failure.seed && again.digest == failure.digest, "numbers are kept");
  require(again.scenario == failure.scenario && again.variant == failure.variant &&
              again.check == failure.check && again.cause == failure.cause,
          "texts are kept");
}

}  // namespace

}  // namespace raceproof::campaign

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  raceproof::campaign::check(std::string(raceproof::fuzz::text_of(data, size)));
  return 0;
}
