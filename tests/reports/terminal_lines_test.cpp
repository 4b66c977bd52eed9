// The report on many scenarios. Passing means: each variant has a line with its verdict, what was
// found and over what; details are given of those alone that are not as they must be.
#include "reports/terminal_lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/text_table.hpp"
#include "tests/reports/sample.hpp"

namespace raceproof::report {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string lines(const campaign::CampaignResult& result, const TerminalOptions& options) {
  std::string text;
  for (const auto& scenario : result.scenarios) text += render_lines(scenario, 13, options);
  return text;
}

TEST(TerminalLines, OneForEachVariant) {
  EXPECT_EQ(lines(sample_result(), {.width = 100}),
            "cold_start/premature_readiness  A client accepted too early is closed with 1011.\n"
            "  PASS  without_grace  reproduced in 12 of 340 classes  "
            "complete, 2 delays, 3 cuts, port level *\n"
            "  PASS  with_grace     holds in 2,000 runs             "
            "sampled, < 0.15 % fail (95 %), 2 threads\n"
            "cold_start/slow_redis\n"
            "  UNKNOWN  default        holds in 1 class (vacuous)      complete\n"
            "  FAIL  broken         violated in 12 of 340 classes   "
            "complete, 2 delays, 3 cuts, port level *\n");
}

TEST(TerminalLines, SaysWhatTookLong) {
  auto result = sample_result();
  result.scenarios[0].variants[1].wall_seconds = 12.34;
  EXPECT_THAT(lines(result, {.width = 120}), HasSubstr("2 threads (12.3 s)\n"));
  EXPECT_THAT(lines(result, {.width = 120}), Not(HasSubstr("(810 ms)")));
}

TEST(TerminalLines, KeepToTheWidth) {
  auto result = sample_result();
  result.scenarios[0].shows = std::string(30, 'x') + " " + std::string(90, 'y');
  for (const std::size_t width : {60U, 80U, 100U, 140U}) {
    const auto text =
        lines(result, {.width = width}) + render_after_lines(result, {.width = width});
    for (const auto& line : wrap(text, std::string::npos)) {
      EXPECT_LE(display_width(line), width) << line;
    }
  }
}

TEST(TerminalLines, DetailsOfWhatIsNotAsItMustBeAlone) {
  const auto text = render_after_lines(sample_result(), {.width = 100});
  EXPECT_THAT(text, HasSubstr("scenario / variant"));
  EXPECT_THAT(text, HasSubstr("  default           holds     UNKNOWN"));
  EXPECT_THAT(text, HasSubstr("FAILED  cold_start/slow_redis, broken\n    check   never"));
  EXPECT_THAT(text, Not(HasSubstr("reproduced  cold_start/premature_readiness")));
  EXPECT_THAT(text, Not(HasSubstr("with_grace")));
  auto good = sample_result();
  good.scenarios.pop_back();
  campaign::conclude(good);
  const auto quiet = render_after_lines(good, {.width = 100});
  EXPECT_THAT(quiet, Not(HasSubstr("scenario / variant")));
  EXPECT_THAT(quiet, Not(HasSubstr("FAILED")));
}

TEST(TerminalLines, TheEndSaysOverWhatAndHowFarToTrust) {
  const auto text =
      render_after_lines(sample_result(), {.width = 200, .report_paths = {"out/report.txt"}});
  EXPECT_THAT(text, HasSubstr("\nover what: 3 variants complete (all orders, all latencies in the "
                              "declared ranges); 1 variant sampled or in part\n"
                              "findings: 2 explained in the full report; 2 (*) with a part of a "
                              "fake in it that no real service was compared with\n"));
  EXPECT_THAT(text, HasSubstr("not varied: fragmentation (2 of 4 variants)"));
  EXPECT_THAT(text, HasSubstr("redis: as redis-server 7.0.15 in 400 conversations"));
  EXPECT_THAT(text, HasSubstr("FAIL  4 variants of 2 scenarios: 2 passed, 1 failed, 1 unknown\n"));
  EXPECT_TRUE(text.ends_with("  report: out/report.txt\n"));
}

TEST(TerminalLines, ColoursTheVerdictOnly) {
  const auto text = lines(sample_result(), {.width = 100, .colour = true});
  EXPECT_THAT(text, HasSubstr("  " + styled("PASS", Style::good, true) + "  with_grace "));
  EXPECT_THAT(text, HasSubstr("  " + styled("FAIL", Style::bad, true) + "  broken "));
}

}  // namespace
}  // namespace raceproof::report
