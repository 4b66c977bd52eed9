// Robustness of the loader. Passing means: whatever is done to a good file, the loader answers with
// a scenario or with diagnostics that have a place, and neither crashes nor throws.
#include <fstream>
#include <iterator>
#include <random>

#include "harness/scenario/library.hpp"
#include "tests/harness/scenario/texts.hpp"

namespace raceproof::scenario {
namespace {

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  std::string mutate(std::string text) {
    const std::size_t edits = 1 + pick(4);
    for (std::size_t i = 0; i < edits; ++i) edit(text);
    return text;
  }

 private:
  std::size_t pick(std::size_t bound) { return random_() % bound; }

  void edit(std::string& text) {
    static const std::vector<std::string> tokens{
        "{",      "}",     "[",       "]",  ": ",  "- ", "\n", "  ",     "\t",   "$",
        "..",     "~",     "'",       "\"", "&a ", "*a", "0",  "-1",     "ms",   "gateway",
        "expect", "check", "clients", "#",  "|",   ">",  "? ", "!!int ", "---\n"};
    const std::size_t at = pick(text.size() + 1);
    const std::size_t length = std::min(pick(30), text.size() - at);
    switch (pick(5)) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, tokens[pick(tokens.size())]);
        break;
      case 2:
        text.insert(pick(text.size() + 1), text.substr(at, length));
        break;
      case 3:
        if (at < text.size()) text[at] = static_cast<char>(pick(256));
        break;
      default:
        swap_lines(text);
    }
  }

  void swap_lines(std::string& text) {
    const std::size_t begin = text.find('\n', pick(text.size() + 1));
    if (begin == std::string::npos) return;
    const std::size_t middle = text.find('\n', begin + 1);
    if (middle == std::string::npos) return;
    std::rotate(text.begin() + static_cast<std::ptrdiff_t>(begin),
                text.begin() + static_cast<std::ptrdiff_t>(middle), text.end());
  }

  std::mt19937_64 random_;
};

TEST(ScenarioMutations, NothingCrashes) {
  std::vector<Diagnostic> diagnostics;
  std::size_t refused = 0;
  std::size_t accepted = 0;
  std::uint64_t seed = 0;
  for (const auto& path : discover({"scenarios"}, diagnostics)) {
    std::ifstream stream(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    for (int i = 0; i < 150; ++i) {
      const Loaded loaded = load_text(Mutator(++seed).mutate(text), "m.yaml");
      if (loaded) {
        ++accepted;
        ASSERT_FALSE((*loaded)->variants().empty());
      } else {
        ++refused;
        ASSERT_TRUE(has_errors(loaded.error())) << seed;
      }
    }
  }
  // Both outcomes are met, or the mutations would prove little.
  EXPECT_GT(refused, 100u);
  EXPECT_GT(accepted, 100u);
}

}  // namespace
}  // namespace raceproof::scenario
