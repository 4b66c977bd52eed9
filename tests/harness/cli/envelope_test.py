"""`raceproof envelope` from the outside: what it prints and writes, its exit codes, bad input.

Usage: envelope_test.py RACEPROOF RACEPROOF_WITH_FAULTS [unittest arguments]
"""

import csv
import json
import pathlib
import sys
import unittest
import xml.etree.ElementTree

import cli_test
from cli_test import FLAGSHIP, run

GRACE = "gateway.grace_period=0ms..600ms"
STABILISE = "redis.stabilise=50ms..700ms"


def envelope(*arguments, **options):
    return run("envelope", *arguments, **options)


class Regions(cli_test.Case):
    def test_the_boundary_of_the_flagship(self):
        result = envelope(FLAGSHIP, "--variant", "with_grace", "--x", GRACE, "--y", STABILISE)
        self.assert_code(0, result)
        self.assertIn("if  gateway.grace_period < redis.stabilise + 61ms\n", result.stdout)
        self.assertIn("if  gateway.grace_period >= redis.stabilise + 61ms\n", result.stdout)
        self.assertIn("none against the regions", result.stdout)
        self.assertIn("equality belongs to", result.stdout)

    def test_files(self):
        names = {kind: self.folder / f"envelope.{kind}" for kind in ["csv", "svg", "json"]}
        options = [word for kind, path in names.items() for word in [f"--{kind}", path]]
        result = envelope(FLAGSHIP, "--variant", "with_grace", "--x", GRACE, "--y", STABILISE,
                          "--grid", 5, "--runs", 3, *options)
        self.assert_code(0, result)

        whole = json.loads(names["json"].read_text())
        self.assertEqual(1, whole["format_version"])
        self.assertEqual(0, whole["exit_code"])
        self.assertTrue(whole["bound"]["complete"])
        self.assertEqual(25, len(whole["grid"]))
        self.assertTrue(all(point["runs"] == 3 for point in whole["grid"]))
        piece, = whole["possible_failure"]["pieces"]
        self.assertEqual(["gateway.grace_period < redis.stabilise + 61ms"], piece["inequalities"])
        # Every corner meets every condition of its piece, to less than a nanosecond.
        for region in ["possible_failure", "safe"]:
            for piece in whole[region]["pieces"]:
                self.assertGreaterEqual(len(piece["vertices"]), 3)
                for vertex in piece["vertices"]:
                    for condition in piece["conditions"]:
                        a, b = condition["factors"]
                        value = a * vertex["x"] + b * vertex["y"] + condition["constant_ns"]
                        self.assertGreaterEqual(value, -0.5)

        with names["csv"].open() as file:
            rows = list(csv.DictReader(file))
        self.assertEqual({"possible_failure", "safe", "runs"}, {row["kind"] for row in rows})
        self.assertEqual(25, sum(row["kind"] == "runs" for row in rows))
        self.assertIn("gateway.grace_period (ns)", rows[0])

        chart = xml.etree.ElementTree.parse(names["svg"]).getroot()
        self.assertEqual("{http://www.w3.org/2000/svg}svg", chart.tag)
        words = " ".join(chart.itertext())
        for word in ["safe", "possible failure", "gateway.grace_period (ms)",
                     "redis.stabilise (ms)", "exact boundary", "the variant as it is",
                     "none failed"]:
            self.assertIn(word, words)
        self.assertEqual(25 + 3, len(chart.findall(".//{http://www.w3.org/2000/svg}circle")))

    def test_one_axis(self):
        path = self.folder / "envelope.svg"
        result = envelope(FLAGSHIP, "--variant", "with_grace", "--x", GRACE, "--svg", path)
        self.assert_code(0, result)
        self.assertIn("if  gateway.grace_period < 461ms\n", result.stdout)
        self.assertIn("if  gateway.grace_period >= 461ms\n", result.stdout)
        self.assertIn("from 461 ms to 600 ms", result.stdout)
        xml.etree.ElementTree.parse(path)

    def test_the_same_for_any_number_of_workers(self):
        texts = []
        for jobs in [1, 2]:
            path = self.folder / f"{jobs}.json"
            result = envelope(FLAGSHIP, "--variant", "with_grace", "--x", GRACE, "--json", path,
                              "--min", "gateway.grace_period", "--jobs", jobs)
            self.assert_code(0, result)
            texts.append({**json.loads(path.read_text()), "wall_seconds": 0})
        self.assertEqual(*texts)

    def test_a_search_that_is_cut_short_is_unknown(self):
        result = envelope(FLAGSHIP, "--variant", "without_grace", "--x", GRACE, "--classes", 30)
        self.assert_code(3, result)
        self.assertIn("the search is not complete", result.stdout)
        self.assertNotIn("safe:", result.stdout)
        self.assertNotIn("certain failure:", result.stdout)

    def test_concrete_runs_that_contradict_are_shown_loudly(self):
        result = envelope(FLAGSHIP, "--variant", "with_grace", "--x", GRACE, "--y", STABILISE,
                          program=cli_test.FAULTY,
                          environment={"RACEPROOF_TEST_CONCRETE_IN": "grace period"})
        self.assert_code(1, result)
        self.assertIn("THEY CONTRADICT THE REGIONS", result.stdout)
        self.assertRegex(result.stdout, r"WRONG.*gateway.grace_period = ")
        self.assertIn("a defect of this program", result.stdout)


class Minimum(cli_test.Case):
    def test_the_least_grace_period_and_with_a_slower_redis(self):
        result = envelope(FLAGSHIP, "--variant", "with_grace", "--min", "gateway.grace_period",
                          "--scale", "redis.stabilise=2", "--scale", "redis.stabilise=1.5")
        self.assert_code(0, result)
        for word in ["461 ms: the least", "861 ms: the least", "661 ms: the least",
                     "redis.stabilise were 1.5 times as long (75 ms to 600 ms)",
                     "at 461 ms nothing fails", "at 460.999999 ms it fails"]:
            self.assertIn(word, result.stdout)
        self.assertEqual(3, " ".join(result.stdout.split()).count("complete searches agree"))

    def test_no_value_is_safe(self):
        result = envelope(FLAGSHIP, "--variant", "with_grace",
                          "--min", "gateway.grace_period=0ms..460ms")
        self.assert_code(0, result)
        self.assertIn("none: every value from 0 ms to 460 ms can fail", result.stdout)

    def test_an_incomplete_search_finds_none(self):
        result = envelope(FLAGSHIP, "--variant", "with_grace", "--min", "gateway.grace_period",
                          "--classes", 10)
        self.assert_code(3, result)
        self.assertIn("unknown", result.stdout)


class Margins(cli_test.Case):
    def test_what_passes_has_margins(self):
        result = envelope(FLAGSHIP, "--variant", "with_grace", "--margins")
        self.assert_code(0, result)
        for line in [
            "redis.stabilise       50 ms to 400 ms: up to 439 ms (39 ms more), "
            "and as little as 0 ms",
            "client.arrives        0 ms to 1.5 s: any value from 0 ms to 3 s",
            "gateway.grace_period  500 ms: down to 461 ms (39 ms less), and as much as 1.5 s",
        ]:
            self.assertIn(line + "\n", result.stdout)

    def test_what_fails_has_none(self):
        result = envelope(FLAGSHIP, "--variant", "without_grace", "--margins")
        self.assert_code(0, result)
        self.assertEqual(3, result.stdout.count("fails already"))

    def test_a_search_that_is_cut_short_is_unknown(self):
        result = envelope(FLAGSHIP, "--variant", "with_grace", "--margins", "--classes", 10)
        self.assert_code(3, result)
        self.assertEqual(3, result.stdout.count("unknown, the search was not complete"))


class BadInput(cli_test.Case):
    def assert_refused(self, message, *arguments):
        with self.subTest(arguments=arguments):
            result = envelope(*arguments)
            self.assert_code(2, result)
            self.assertIn(message, result.stderr)
            self.assertEqual("", result.stdout)
            self.assertLess(len(result.stderr), 1500)

    def test_questions_that_cannot_be_answered(self):
        flagship = [FLAGSHIP, "--variant", "with_grace"]
        broken = self.write("broken.yaml", "scenario: [")
        missing = self.folder / "no" / "such" / "folder.svg"
        for message, arguments in [
            ("nothing to look for", flagship),
            ("choose one with --variant", [FLAGSHIP, "--x", GRACE]),
            ("did you mean 'with_grace'", [FLAGSHIP, "--variant", "with_grave", "--x", GRACE]),
            ("--x gateway.grace_period: write PARAM=LOW..HIGH",
             [*flagship, "--x", "gateway.grace_period"]),
            ("write PARAM=LOW..HIGH", [*flagship, "--x", "=1ms..2ms"]),
            ("a range is needed", [*flagship, "--x", "gateway.grace_period=5ms"]),
            ("--x gateway.grace_period=600ms..0ms", [*flagship, "--x",
                                                      "gateway.grace_period=600ms..0ms"]),
            ("unit", [*flagship, "--x", "gateway.grace_period=0..600"]),
            ("did you mean 'redis.stabilise'", [*flagship, "--x", "redis.stabilize=1ms..2ms"]),
            ("grace_period", [*flagship, "--x", "gateway.grace_perod=1ms..2ms"]),
            ("threads", [*flagship, "--x", "gateway.threads=1ms..2ms"]),
            ("neither a parameter nor", [*flagship, "--x", "check=1ms..2ms"]),
            ("--y needs --x", [*flagship, "--y", GRACE]),
            ("both gateway.grace_period", [*flagship, "--x", GRACE, "--y", GRACE]),
            ("--scale needs --min", [*flagship, "--x", GRACE, "--scale", "redis.stabilise=2"]),
            ("is no factor", [*flagship, "--min", "gateway.grace_period", "--scale",
                              "redis.stabilise=-2"]),
            ("is no factor", [*flagship, "--min", "gateway.grace_period", "--scale",
                              "redis.stabilise=0"]),
            ("is no factor", [*flagship, "--min", "gateway.grace_period", "--scale",
                              "redis.stabilise=two"]),
            ("has no parameter of that name", [*flagship, "--min", "gateway.grace_period",
                                               "--scale", "nothing=2"]),
            ("what the minimum is looked for of", [*flagship, "--min", "gateway.grace_period",
                                                   "--scale", "gateway.grace_period=2"]),
            ("neither a parameter nor", [*flagship, "--min", "nothing"]),
            ("--csv and --svg show regions", [*flagship, "--min", "gateway.grace_period",
                                              "--svg", self.folder / "x.svg"]),
            ("cannot write", [*flagship, "--x", GRACE, "--svg", missing]),
            ("broken.yaml:1:", [broken, "--x", GRACE]),
            ("nowhere.yaml", ["nowhere.yaml", "--x", GRACE]),
            ("--grid", [*flagship, "--x", GRACE, "--grid", -1]),
        ]:
            self.assert_refused(message, *arguments)

    def test_ranges_that_the_gateway_refuses(self):
        # A wait for Redis that may be longer than the start-up as a whole.
        self.assert_refused("gateway.", FLAGSHIP, "--variant", "with_grace", "--x",
                            "gateway.readiness.poll=0ms..1ms")


if __name__ == "__main__":
    cli_test.RACEPROOF, cli_test.FAULTY = (
        str(pathlib.Path(name).resolve()) for name in sys.argv[1:3])
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
