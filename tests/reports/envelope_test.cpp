// Renderings of an envelope. Passing means: a person reads what is exact, what is not known and
// what contradicts; files hold every corner and grid point; a chart stays well-formed whatever the
// names.
#include "reports/envelope.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

namespace raceproof::report {
namespace {

using namespace std::chrono_literals;
using campaign::EnvelopeResult;
using testing::HasSubstr;
using testing::Not;

campaign::EnvelopePiece triangle() {
  return {.inequalities = {"grace < slow + 1ms"},
          .conditions = {{{-1, 1}, 999'999, false}},
          .vertices = {{0, 0}, {1e6, 0}, {5e5, 2.5}},
          .exact = true};
}

EnvelopeResult sample() {
  EnvelopeResult result;
  result.tool_version = "0.1.0";
  result.scenario = "cold_start/<one>";
  result.variant = "with_grace";
  result.seed = 7;
  result.axes = {{"grace", 0ms, 600ms, 500ms, 500ms}, {"slow & steady", 50ms, 700ms, {}, {}}};
  result.other_ranges = {{"client.arrives", 0ms, 1500ms}};
  result.bound.complete = true;
  result.bound.strategy = "zone enumeration";
  result.bound.classes_explored = 326;
  result.bound.classes_failing = 58;
  result.possible_failure = {{triangle()}, {{{0, 0}, {5e8, 6e8}}}};
  result.safe = {{triangle()}, {}};
  result.grid = {{0ms, 50ms, 9, 9}, {300ms, 50ms, 9, 4}, {600ms, 50ms, 9, 0}};
  result.exit_code = campaign::ExitCode::pass;
  result.wall_seconds = 1.5;
  return result;
}

TEST(EnvelopeText, SaysWhatIsExactAndWhatItRestsOn) {
  const auto text = render_envelope(sample(), {.width = 200});
  for (const char* words :
       {"envelope  cold_start/<one>, with_grace\n",
        "x         grace from 0 ms to 600 ms; in the file 500 ms\n",
        "any       client.arrives 0 ms to 1.5 s\n", "if  grace < slow + 1ms\n",
        "corners (0 ms, 0 ms), (1 ms, 0 ms), (500 us, about 3 ns)\n",
        "certain failure: every order and every latency fails\n    nowhere in these ranges\n",
        "58 of 326 classes fail (zone enumeration)",
        "27 concrete runs at 3 points of a grid, 13 failed: none against the regions",
        "exit code 0: exact over the whole ranges\n"}) {
    EXPECT_THAT(text, HasSubstr(words));
  }
}

TEST(EnvelopeText, DoesNotCallSafeWhatItDoesNotKnow) {
  auto result = sample();
  result.bound.complete = false;
  result.exit_code = campaign::ExitCode::unknown;
  const auto text = render_envelope(result, {.width = 120});
  EXPECT_THAT(text, HasSubstr("the search is not complete: what follows can fail, and so may any"));
  EXPECT_THAT(text, Not(HasSubstr("safe:")));
  EXPECT_THAT(text, Not(HasSubstr("certain failure:")));
  EXPECT_THAT(text, HasSubstr("exit code 3: not complete"));
}

TEST(EnvelopeText, ShowsContradictionsAndTies) {
  auto result = sample();
  result.contradictions = {"grace = 5ms: 1 of 9 concrete runs fail, though none can"};
  result.only_at_ties = {{triangle()}, {}};
  result.exit_code = campaign::ExitCode::fail;
  const auto text = render_envelope(result, {.width = 1000});
  EXPECT_THAT(text, HasSubstr("WRONG     grace = 5ms: 1 of 9"));
  EXPECT_THAT(text, HasSubstr("THEY CONTRADICT THE REGIONS"));
  EXPECT_THAT(text,
              HasSubstr("fail only when two events happen at exactly the same time: grace <"));
  EXPECT_THAT(text, HasSubstr("exit code 1: the result contradicts itself"));
}

TEST(EnvelopeText, SaysWhatAMinimumRestsOn) {
  auto result = sample();
  result.axes.clear();
  campaign::EnvelopeMinimum minimum;
  minimum.parameter = "grace";
  minimum.high = 1s;
  minimum.complete = true;
  minimum.safe_above = true;
  minimum.value = 461ms;
  minimum.at = {461ms, true, false, 77};
  minimum.below = {460'999'999ns, true, true, 80};
  result.minima = {minimum};
  auto text = render_envelope(result, {.width = 200});
  EXPECT_THAT(text,
              HasSubstr("461 ms: the least from 0 ms with which no order and no latency fails"));
  EXPECT_THAT(text, HasSubstr("at 461 ms nothing fails (77 classes), at 460.999999 ms it fails (80 "
                              "classes): complete searches agree"));
  EXPECT_THAT(text, Not(HasSubstr("possible failure")));

  result.minima[0].below->failed = false;
  result.minima[0].safe_above = false;
  text = render_envelope(result, {.width = 200});
  EXPECT_THAT(text, HasSubstr("NOT CONFIRMED"));
  EXPECT_THAT(text, HasSubstr("some greater value up to 1 s fails again"));

  result.minima[0].value.reset();
  EXPECT_THAT(render_envelope(result, {.width = 200}),
              HasSubstr("none: every value from 0 ms to 1 s can fail"));
  result.minima[0].complete = false;
  EXPECT_THAT(render_envelope(result, {.width = 200}), HasSubstr("unknown: the search over"));
}

TEST(EnvelopeText, SaysHowFarADurationMayMove) {
  auto result = sample();
  result.axes.clear();
  campaign::EnvelopeMargin margin{.parameter = "grace",
                                  .low = 500ms,
                                  .high = 500ms,
                                  .searched_high = 1500ms,
                                  .complete = true,
                                  .least = 461ms,
                                  .greatest = 900ms};
  result.margins = {margin};
  const auto words = [&] { return render_envelope(result, {.width = 200}); };
  EXPECT_THAT(
      words(),
      HasSubstr("grace  500 ms: down to 461 ms (39 ms less), up to 900 ms (400 ms more)\n"));
  result.margins[0].greatest.reset();
  EXPECT_THAT(words(), HasSubstr("down to 461 ms (39 ms less), and as much as 1.5 s\n"));
  result.margins[0].least.reset();
  EXPECT_THAT(words(), HasSubstr("any value from 0 ms to 1.5 s\n"));
  result.margins[0].complete = false;
  EXPECT_THAT(words(), HasSubstr("unknown, the search was not complete\n"));
  result.margins[0].fails_already = true;
  EXPECT_THAT(words(), HasSubstr("fails already\n"));
  result.margins[0].problem = "gateway.x: too long";
  EXPECT_THAT(words(), HasSubstr("not searched: gateway.x: too long\n"));
  const auto json = nlohmann::json::parse(to_json(result));
  EXPECT_EQ(json["margins"][0]["searched_high_ns"], 1'500'000'000);
}

TEST(EnvelopeFiles, HoldEveryCornerAndPoint) {
  const auto csv = to_csv(sample());
  EXPECT_TRUE(csv.starts_with("kind,piece,grace (ns),slow & steady (ns),runs,failed\r\n"));
  EXPECT_THAT(csv, HasSubstr("possible_failure,0,500000,2.5,,\r\n"));
  EXPECT_THAT(csv, HasSubstr("runs,,300000000,50000000,9,4\r\n"));
  EXPECT_EQ(std::ranges::count(csv, '\n'), 1 + 3 + 3 + 3);

  const auto json = nlohmann::json::parse(to_json(sample()));
  EXPECT_EQ(json["format_version"], 1);
  EXPECT_EQ(json["axes"][0]["usual_low_ns"], 500'000'000);
  EXPECT_TRUE(json["axes"][1]["usual_low_ns"].is_null());
  EXPECT_EQ(json["possible_failure"]["pieces"][0]["conditions"][0]["factors"][0], -1);
  EXPECT_EQ(json["grid"][1]["failed"], 4);
  EXPECT_EQ(json["bound"]["classes_explored"], 326);
}

TEST(EnvelopeChart, IsWellFormedAndShowsEachPoint) {
  auto one_axis = sample();
  one_axis.axes.pop_back();
  auto thin = sample();
  thin.axes[0].high = thin.axes[0].low + 1ns;
  for (const auto& result : {sample(), one_axis, thin}) {
    pugi::xml_document chart;
    const auto parsed = chart.load_string(to_svg(result).c_str());
    ASSERT_TRUE(parsed) << parsed.description();
    EXPECT_EQ(chart.child("svg").child("title").text().as_string(),
              std::string("cold_start/<one>, with_grace: where it can fail"));
    const auto circles = chart.select_nodes("//circle");
    EXPECT_EQ(circles.size(), 3U + 3U);  // the points, and the legend
    // Within the page: nothing is drawn where it cannot be seen.
    for (const auto& circle : circles) {
      EXPECT_GE(circle.node().attribute("cx").as_double(), 0);
      EXPECT_LE(circle.node().attribute("cx").as_double(), 960);
    }
  }
}

}  // namespace
}  // namespace raceproof::report
