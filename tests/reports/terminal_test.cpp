// The report a person reads.
#include "reports/terminal.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "reports/text_table.hpp"
#include "tests/reports/sample.hpp"

namespace raceproof::report {
namespace {

using testing::HasSubstr;
using testing::Not;

// Passing means: each row has scenario, variant, expectation, verdict, time, and the bound in
// words.
TEST(Terminal, TableHasWhatAPersonNeeds) {
  const std::string text = render_terminal(sample_result(), {.width = 200});
  EXPECT_THAT(text,
              HasSubstr("scenario / variant  expected    verdict  time    found, and over what\n"
                        "cold_start/premature_readiness\n"
                        "  without_grace     reproduces  PASS     810 ms  12 of 340 classes fail; "
                        "complete: all orders, all latencies in the declared ranges (2 delays)"));
  EXPECT_THAT(text, HasSubstr("  default           holds       UNKNOWN"));
  EXPECT_THAT(text, HasSubstr("never happened: sometimes: { close: 1011 }"));
}

// Passing means: the latencies that a complete verdict covers are named with their ends, and only
// for the variants that cover them.
TEST(Terminal, NamesTheLatenciesCovered) {
  const std::string text = render_terminal(sample_result(), {.width = 200});
  EXPECT_THAT(text, HasSubstr("\nlatencies covered from end to end\n"
                              "  cold_start/premature_readiness (without_grace): redis.stabilise "
                              "50 ms to 400 ms, client.arrives 0 ms to 1.5 s\n"));
}

// Passing means: a failure says why, where, when, with what margin, and how to see it again, and
// tells one that was expected from one that was not.
TEST(Terminal, ExplainsFailures) {
  const std::string text = render_terminal(sample_result(), {.width = 120});
  EXPECT_THAT(text, HasSubstr("reproduced  cold_start/premature_readiness, without_grace\n"));
  EXPECT_THAT(text, HasSubstr("FAILED  cold_start/slow_redis, broken\n"));
  EXPECT_THAT(text, HasSubstr("check   never: { close: 1011 } "
                              "(scenarios/cold_start/premature_readiness.yaml:31)"));
  EXPECT_THAT(text, HasSubstr("why     PUBLISH met 0 receivers"));
  EXPECT_THAT(text, HasSubstr("where   gateway/session.cpp:120"));
  EXPECT_THAT(text, HasSubstr("when    client.arrives 312.5 ms, redis.stabilise 400 ms"));
  EXPECT_THAT(text, HasSubstr("fails if client.arrives < redis.stabilise + 30ms; or client.arrives "
                              "> 1s and redis.stabilise > 300ms; or in 5 more\n"
                              "             regions\n"));
  EXPECT_THAT(text,
              HasSubstr("rests on redis: not among what was compared with redis-server 7.0.15 "
                        "(outage); auth: no real service to compare with\n"
                        "             (health, validate)\n"));
  EXPECT_THAT(text,
              HasSubstr("margin  2 decisions from the usual order; from the steady delays, it "
                        "vanishes once client.arrives moves by 107.5 ms"));
  EXPECT_THAT(text, HasSubstr("with    redis.stabilise 300 ms\n"));
  EXPECT_THAT(text, HasSubstr("steady  redis.stabilise 333 ms: then events whose order matters are "
                              "41 ms apart at the least\n"));
  EXPECT_THAT(text, HasSubstr("replay  raceproof replay out/failures/a1b2c3.json\n"));
}

// Passing means: many failures are counted, not printed.
TEST(Terminal, CountsWhatItDoesNotPrint) {
  auto result = sample_result();
  auto& failures = result.scenarios[0].variants[0].failures;
  failures.resize(5, failures.front());
  EXPECT_THAT(render_terminal(result, {}), HasSubstr("and 2 more failures in the other reports"));
}

TEST(Terminal, SummarisesClientsTotalsAndPaths) {
  const std::string text =
      render_terminal(sample_result(), {.width = 300, .report_paths = {"out/result.json"}});
  EXPECT_THAT(text, HasSubstr("cold_start/premature_readiness, without_grace: 9 of 10 scripts "
                              "succeeded (90 %); session after 41.0 ms to 1.20 s, median 322 "
                              "ms, standard deviation 3.54 ms\n"));
  EXPECT_THAT(text, HasSubstr("FAIL  4 variants of 2 scenarios: 2 passed, 1 failed, 1 unknown\n"));
  EXPECT_THAT(text, HasSubstr("681 classes of orders explored, 2,000 runs sampled; 3.25 s; seed "
                              "18446744073709551615; exit code 1: at least one variant failed\n"));
  EXPECT_TRUE(text.ends_with("  report: out/result.json\n"));
}

// Passing means: what verdicts leave out is said once, with the number of variants it applies to.
TEST(Terminal, SaysOnceWhatIsNotVaried) {
  EXPECT_THAT(
      render_terminal(sample_result(), {.width = 300}),
      HasSubstr("\nnot varied: fragmentation (2 of 4 variants); faults (2 of 4 variants)\n"));
}

// Passing means: unusable input is shown first, with every diagnostic, and ends in exit code 2.
TEST(Terminal, ShowsUnusableInput) {
  campaign::CampaignResult result;
  result.input_errors = {{"bad.yaml", {"bad.yaml:3:5: unknown key 'gatway'", "bad.yaml:9:1: no"}}};
  campaign::conclude(result);
  const std::string text = render_terminal(result, {});
  EXPECT_TRUE(text.starts_with("UNUSABLE  bad.yaml\n  bad.yaml:3:5: unknown key 'gatway'\n"));
  EXPECT_THAT(text, HasSubstr("exit code 2: some input could not be used"));
}

// Passing means: nothing that can be wrapped is wider than the terminal.
TEST(Terminal, KeepsToTheWidth) {
  for (const std::size_t width : {60U, 80U, 100U, 140U}) {
    const std::string text = render_terminal(sample_result(), {.width = width});
    for (const auto& line : wrap(text, std::string::npos)) {
      EXPECT_LE(display_width(line), width) << line;
    }
  }
}

// Passing means: a file or pipe gets no escape sequences, and COLUMNS sets the width.
TEST(TerminalOptions, PlainWhenNotATerminal) {
  const int descriptor = ::open("/dev/null", O_WRONLY);
  ::setenv("COLUMNS", "132", 1);
  const auto options = terminal_options(descriptor);
  ::unsetenv("COLUMNS");
  ::close(descriptor);
  EXPECT_FALSE(options.colour);
  EXPECT_EQ(options.width, 132U);
  EXPECT_THAT(render_terminal(sample_result(), options), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace raceproof::report
