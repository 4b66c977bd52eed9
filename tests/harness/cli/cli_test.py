"""The raceproof command from the outside: exit codes, messages, files.

Passing means that what the command promises to scripts and CI holds for the built program: its
exit codes (0 pass, 1 fail, 2 unusable input, 3 unknown), what it writes where, and that a saved
failure is reproduced. Usage: cli_test.py RACEPROOF RACEPROOF_WITH_FAULTS [unittest arguments]
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[3]
FLAGSHIP = "scenarios/cold_start/premature_readiness.yaml"
RACEPROOF = FAULTY = None
LIMIT_SECONDS = 120  # of any one command: a command that hangs is a failure, not a hung test


def run(*arguments, program=None, environment=None):
    """Runs the command to its end, in the project's root."""
    return subprocess.run(
        [program or RACEPROOF, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True,
        timeout=LIMIT_SECONDS, env={**os.environ, **(environment or {})})


def wait_until_it_works(pid):
    """Returns when the command catches SIGINT and has worked a while, on however slow a machine."""
    seconds = time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < seconds:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        caught = int(re.search(r"SigCgt:\s*([0-9a-f]+)", status).group(1), 16)
        ticks = int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11])
        if caught >> (signal.SIGINT - 1) & 1 and ticks >= os.sysconf("SC_CLK_TCK") // 4:
            return
        time.sleep(0.02)
    raise AssertionError("the command does not start to work")


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.out = self.folder / "out"

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def changed_flagship(self, *replacements):
        text = (ROOT / FLAGSHIP).read_text()
        for old, new in replacements:
            self.assertIn(old, text)
            text = text.replace(old, new)
        return self.write("changed.yaml", text)

    def assert_code(self, code, result):
        self.assertEqual(code, result.returncode, result.stdout + result.stderr)

    def result(self):
        return json.loads((self.out / "result.json").read_text())

    def variant(self):
        return self.result()["scenarios"][0]["variants"][0]


class Help(Case):
    def test_help_names_commands_and_exit_codes(self):
        result = run("--help")
        self.assert_code(0, result)
        for word in ["run", "replay", "list", "lint", "fake", "Exit codes", "2 unusable input"]:
            self.assertIn(word, result.stdout)

    def test_every_command_has_help(self):
        for command in ["run", "replay", "list", "lint", "digest", "fake"]:
            result = run(command, "--help")
            self.assert_code(0, result)
            self.assertIn("--help", result.stdout)

    def test_a_wrong_command_line_is_unusable_input(self):
        for arguments in [[], ["run"], ["walk"], ["run", FLAGSHIP, "--search", "best"],
                          ["run", FLAGSHIP, "--runs", "none"], ["run", "no/such/file.yaml"]]:
            result = run(*arguments)
            self.assert_code(2, result)
            self.assertNotEqual("", result.stderr)


class UnusableInput(Case):
    def test_all_errors_with_their_places_and_nothing_runs(self):
        path = self.changed_flagship(("  environment:", "  enviroment:"),
                                     ("poll: 100ms", "poll: 1 parsec"))
        result = run("run", path, FLAGSHIP, "--out", self.out)
        self.assert_code(2, result)
        places = re.findall(rf"^{re.escape(str(path))}:\d+:\d+: .+", result.stderr, re.MULTILINE)
        self.assertGreaterEqual(len(places), 2, result.stderr)
        self.assertIn("environment", result.stderr)  # the nearest known key
        self.assertEqual([], self.result()["scenarios"])
        self.assertEqual(str(path), self.result()["input_errors"][0]["file"])

    def test_a_variant_may_be_named_before_the_file(self):
        done = run("run", "--variant", "without_grace", FLAGSHIP, "--out", self.out)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("1 variant of 1 scenario", done.stdout)

    def test_a_variant_that_no_scenario_has(self):
        result = run("run", FLAGSHIP, "--variant", "with_grce", "--out", self.out)
        self.assert_code(2, result)
        self.assertIn("with_grce", result.stderr)

    def test_an_empty_file_and_one_that_is_not_yaml(self):
        for text in ["", "\0\1\2", "{", "- a\n- b\n"]:
            result = run("run", self.write("broken.yaml", text), "--out", self.out)
            self.assert_code(2, result)
            self.assertIn("broken.yaml", result.stderr)

    def test_a_folder_without_scenarios(self):
        result = run("run", self.folder, "--out", self.out)
        self.assert_code(2, result)

    def test_digest_and_lint_say_the_same(self):
        path = self.changed_flagship(("  environment:", "  enviroment:"))
        for command in ["digest", "lint"]:
            result = run(command, path)
            self.assert_code(2, result)
            self.assertRegex(result.stderr, r"changed\.yaml:\d+:\d+: ")

    def test_reports_that_cannot_be_written(self):
        blocked = self.write("a file", "")
        result = run("run", FLAGSHIP, "--variant", "with_grace", "--search", "baseline",
                     "--out", blocked / "out")
        self.assert_code(2, result)
        self.assertRegex(result.stderr, r"raceproof: .*a file/out")


class Verdicts(Case):
    def test_the_flagship_passes_and_writes_its_reports(self):
        result = run("run", FLAGSHIP, "--out", self.out)
        self.assert_code(0, result)
        self.assertEqual(0, self.result()["exit_code"])
        self.assertIn("result.json", result.stdout)
        junit = xml.etree.ElementTree.parse(self.out / "junit.xml").getroot()
        self.assertEqual(3, len(list(junit.iter("testcase"))))
        self.assertTrue(list((self.out / "failures").glob("*without_grace*.json")))

    def test_a_failure_that_must_not_happen_is_a_fail(self):
        path = self.changed_flagship(
            ("without_grace: {gateway.grace_period: 0ms, expect: reproduces}",
             "without_grace: {gateway.grace_period: 0ms, expect: holds}"))
        result = run("run", path, "--variant", "without_grace", "--out", self.out)
        self.assert_code(1, result)
        self.assertEqual("violated", self.variant()["reason"])
        self.assertIn("1011", result.stdout)

    def test_a_guard_that_was_never_seen_is_unknown(self):
        result = run("run", FLAGSHIP, "--variant", "with_grace", "--search", "baseline",
                     "--out", self.out)
        self.assertIn(result.returncode, [0, 3])
        path = self.changed_flagship(("observe: grace_period_begin", "observe: upgrade_refused"),
                                     ("client.arrives: 0ms..1500ms", "client.arrives: 4s..5s"))
        result = run("run", path, "--variant", "with_grace", "--out", self.out)
        self.assert_code(3, result)
        self.assertEqual("vacuous", self.variant()["reason"])

    def test_a_ceiling_on_time_is_unknown(self):
        result = run("run", FLAGSHIP, "--variant", "with_grace", "--search", "random",
                     "--runs", 100000000, "--time", "0.5", "--out", self.out)
        self.assert_code(3, result)
        self.assertEqual("time", self.variant()["reason"])
        self.assertIn("unknown", result.stdout.lower())

    def test_a_budget_of_classes_is_unknown_and_says_what_was_sampled(self):
        result = run("run", FLAGSHIP, "--variant", "with_grace", "--classes", 3, "--runs", 20,
                     "--out", self.out)
        self.assertIn(result.returncode, [0, 3], result.stdout + result.stderr)
        self.assertFalse(self.variant()["bound"]["complete"])
        self.assertEqual(20, self.variant()["bound"]["runs_sampled"])

    def test_interrupting_gives_a_partial_report(self):
        process = subprocess.Popen(
            [RACEPROOF, "run", FLAGSHIP, "--variant", "with_grace", "--search", "random",
             "--runs", "100000000", "--out", str(self.out)],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_until_it_works(process.pid)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=LIMIT_SECONDS)
        self.assertEqual(3, process.returncode, stdout + stderr)
        self.assertEqual("interrupted", self.variant()["reason"])
        self.assertGreater(self.variant()["bound"]["runs_sampled"], 0)
        self.assertEqual(3, self.result()["exit_code"])


class ManyScenarios(Case):
    """Two scenarios, one of which has a variant that is not as it must be."""

    def folder_of_two(self):
        text = (ROOT / FLAGSHIP).read_text()
        self.write("a.yaml", text.replace("scenario: cold_start/premature_readiness",
                                          "scenario: cold_start/good"))
        self.write("b.yaml", text.replace("scenario: cold_start/premature_readiness",
                                          "scenario: cold_start/bad").replace(
            "without_grace: {gateway.grace_period: 0ms, expect: reproduces}",
            "without_grace: {gateway.grace_period: 0ms, expect: holds}"))
        return self.folder

    def test_a_line_each_and_details_of_what_failed(self):
        result = run("run", self.folder_of_two(), "--out", self.out)
        self.assert_code(1, result)
        for line in [r"PASS  without_grace  reproduced in 7 of 24 classes +complete, 4 delays",
                     r"FAIL  without_grace  violated in 7 of 24 classes +complete, 4 delays",
                     r"PASS  with_grace     holds in 28 classes +complete, 4 delays"]:
            self.assertRegex(result.stdout, rf"(?m)^  {line}$")
        self.assertLess(result.stdout.index("cold_start/good"),
                        result.stdout.index("cold_start/bad"))
        self.assertRegex(result.stdout, r"(?m)^FAILED  cold_start/bad, without_grace\n    check ")
        self.assertNotRegex(result.stdout, r"(?m)^reproduced ")
        self.assertIn("6 variants of 2 scenarios: 5 passed, 1 failed, 0 unknown", result.stdout)
        self.assertLess(result.stdout.count("\n"), 80)
        # What is left out on the terminal is in the file.
        full = (self.out / "report.txt").read_text()
        self.assertRegex(full, r"(?m)^reproduced  cold_start/good, without_grace$")
        self.assertIn(str(self.out / "report.txt"), result.stdout)

    def test_everything_if_asked_for(self):
        result = run("run", self.folder_of_two(), "--verbose", "--out", self.out)
        self.assert_code(1, result)
        self.assertRegex(result.stdout, r"(?m)^reproduced  cold_start/good, without_grace$")
        self.assertIn("latencies covered from end to end", result.stdout)

    def test_one_scenario_is_told_in_full(self):
        result = run("run", FLAGSHIP, "--out", self.out)
        self.assert_code(0, result)
        self.assertRegex(result.stdout, r"(?m)^reproduced  cold_start/premature_readiness")
        self.assertIn("latencies covered from end to end", result.stdout)
        self.assertIn("fails if gateway.grace_period = 0ms and either client.arrives <= 100ms",
                      result.stdout)


class Replay(Case):
    def saved(self):
        run("run", FLAGSHIP, "--variant", "without_grace", "--out", self.out)
        return next((self.out / "failures").glob("*.json"))

    def test_a_saved_failure_is_reproduced(self):
        result = run("replay", self.saved())
        self.assert_code(1, result)
        self.assertIn("reproduced: event for event", result.stdout)
        self.assertIn("VIOLATED", result.stdout)
        self.assertRegex(result.stdout, r"close.*1011")  # decoded from the bytes
        self.assertIn("SUBSCRIBE", result.stdout)
        # When that order fails, and by how much, as `run` says it.
        failure = next(v for v in self.result()["scenarios"][0]["variants"] if v["failures"])
        region = " and ".join(failure["failures"][0]["region"])
        self.assertIn(f"fails if  {region}\n", result.stdout)
        self.assertRegex(result.stdout, r"margin    moved alone, it still fails with .*arrives")

    def test_without_the_bytes(self):
        result = run("replay", self.saved(), "--observations")
        self.assert_code(1, result)
        self.assertNotIn("<-", result.stdout)

    def test_a_scenario_in_its_usual_order_and_at_random(self):
        usual = run("replay", FLAGSHIP, "--variant", "with_grace")
        self.assert_code(0, usual)
        self.assertIn("the run ended: stopped", usual.stdout)
        at_random = run("replay", FLAGSHIP, "--variant", "with_grace", "--seed", 7)
        self.assert_code(0, at_random)
        self.assertNotEqual(usual.stdout, at_random.stdout)
        self.assertEqual(at_random.stdout,
                         run("replay", FLAGSHIP, "--variant", "with_grace", "--seed", 7).stdout)

    def test_a_scenario_with_several_variants_needs_a_choice(self):
        for arguments in [[], ["--variant", "nothing"]]:
            result = run("replay", FLAGSHIP, *arguments)
            self.assert_code(2, result)
            self.assertIn("without_grace", result.stderr)

    def test_files_that_are_no_saved_failures(self):
        whole = json.loads(self.saved().read_text())
        broken = {
            "cut off": json.dumps(whole)[:200],
            "no object": "[]",
            "another format": json.dumps({**whole, "format": "something"}),
            "another version": json.dumps({**whole, "version": 99}),
            "no decisions": json.dumps({k: v for k, v in whole.items() if k != "decisions"}),
            "odd decision": json.dumps({**whole, "decisions": [{"kind": "guess"}]}),
            "odd digest": json.dumps({**whole, "digest": "xyz"}),
            "no such variant": json.dumps({**whole, "variant": "nothing"}),
            "odd scenario": json.dumps({**whole, "text": ["scenario: ["]}),
        }
        for name, text in broken.items():
            with self.subTest(name):
                result = run("replay", self.write("broken.json", text))
                self.assert_code(2, result)
                self.assertIn("broken.json", result.stderr)
                self.assertLess(len(result.stderr), 600)

    def chosen(self):
        """A failure with two decisions, whatever the search finds first."""
        whole = json.loads(self.saved().read_text())
        whole["decisions"] = [
            {"delay": ["", "redis.stabilise", 0], "value": 152_000_001, "at": -1},
            {"delay": ["redis/redis", "redis connect", 2], "value": 79_000_000, "at": -1}]
        again = self.out / "chosen.json"
        result, answer = self.replay(whole, "--save", again)
        self.assert_code(1, result)
        return json.loads(again.read_text())

    def fixed(self, whole):
        """The failure with the fix in its scenario."""
        text = [line.replace("grace_period: 0ms, expect: reproduces",
                             "grace_period: 500ms, expect: reproduces") for line in whole["text"]]
        self.assertNotEqual(text, whole["text"])
        return {**whole, "text": text}

    def replay(self, whole, *arguments):
        result = run("replay", self.write("failure.json", json.dumps(whole)), *arguments)
        return result, result.stdout.splitlines()[-1] if result.stdout else ""

    def test_a_fixed_program_is_told_from_one_that_has_drifted(self):
        result, answer = self.replay(self.fixed(self.chosen()))
        self.assert_code(0, result)
        self.assertEqual("not reproduced: all 2 decisions met as then, the check holds: fixed for "
                         "this interleaving; 0 of 100 continuations show it", answer)

    def test_a_failure_that_has_drifted_is_unknown(self):
        whole = self.fixed(self.chosen())
        whole["decisions"][1]["delay"] = ["redis/redis", "redis handshake", 0]
        result, answer = self.replay(whole, "--continuations", 20)
        self.assert_code(3, result)
        self.assertEqual("drifted at decision 2: not reproduced (1 of 2 decisions met as then); "
                         "0 of 20 continuations show it", answer)
        self.assertIn("expected  delay of 79 ms: redis/redis 'redis handshake' #0, asked for at "
                      "21 ms", result.stdout)
        self.assertIn("  delay of 20 ms to 80 ms: redis/redis 'redis connect' #2 (at 21 ms)",
                      result.stdout)
        self.assertIn("nothing near enough is asked for", result.stdout)

    def test_after_a_drift_the_replay_goes_on_at_random(self):
        # Without its second decision the usual run goes well; a random one need not.
        whole = self.chosen()
        whole["decisions"][1]["delay"] = ["redis/redis", "redis handshake", 0]
        result, answer = self.replay(whole)
        self.assert_code(1, result)
        found = re.fullmatch(r"drifted at decision 2: not reproduced \(1 of 2 decisions met as "
                             r"then\), but (\d+) of 100 continuations show it", answer)
        self.assertTrue(found, answer)
        self.assertTrue(0 < int(found.group(1)) < 100)
        self.assertEqual(1, result.stdout.count("VIOLATED"), "the first that shows it is shown")
        self.assertRegex(result.stdout, r"continuation \d+, the first that shows it")
        self.assertEqual(result.stdout, self.replay(whole)[0].stdout, "seeded")
        self.assertNotEqual(result.stdout, self.replay(whole, "--seed", 2)[0].stdout)
        none, answer = self.replay(whole, "--continuations", 0)
        self.assert_code(3, none)
        self.assertTrue(answer.endswith("(1 of 2 decisions met as then)"), answer)
        self.assert_code(2, self.replay(whole, "--continuations", -1)[0])

    def test_a_failure_is_saved_again_as_it_shows_now(self):
        whole = self.chosen()
        again = self.out / "again.json"
        self.replay(whole, "--save", again)
        self.assertEqual(whole, json.loads(again.read_text()), "nothing has changed")
        # From the first continuation that shows it, with what that needs.
        whole["decisions"][1]["delay"] = ["redis/redis", "redis handshake", 0]
        self.assert_code(1, self.replay(whole, "--save", again)[0])
        self.assertLessEqual(len(json.loads(again.read_text())["decisions"]), 3)
        result = run("replay", again)
        self.assert_code(1, result)
        self.assertIn("reproduced: event for event the saved run", result.stdout)
        again.unlink()
        result, _ = self.replay(self.fixed(whole), "--save", again)
        self.assertIn("not written: no run shows the failure", result.stderr)
        self.assertFalse(again.exists())
        self.assert_code(2, run("replay", FLAGSHIP, "--variant", "with_grace", "--save", again))

    def test_a_failure_can_become_inapplicable(self):
        whole = self.chosen()
        gone = {**whole, "decisions": [{"delay": ["cache/cache", "cache reply", 0], "value": 1,
                                        "at": 0}]}
        result, answer = self.replay(gone)
        self.assertIn("no longer applicable: nothing is asked for any more about the strands of "
                      "its decisions", answer)
        found = re.search(r"(\d+) of 100 continuations", answer)
        self.assert_code(1 if int(found.group(1)) else 2, result)
        self.assert_code(2, self.replay(gone, "--continuations", 0)[0])
        for changed, because in [({"variant": "nothing"}, "no variant 'nothing'"),
                                 ({"check": "never: {close: 1099}"}, "no check 'never"),
                                 ({"text": ["scenario: x", "gone: 1"]}, "no longer be read")]:
            result, _ = self.replay({**whole, **changed})
            self.assert_code(2, result)
            self.assertIn("no longer applicable", result.stderr)
            self.assertIn(because, result.stderr)
            self.assertEqual("", result.stdout)

    def test_messages_about_the_scenario_have_the_lines_of_its_file(self):
        whole = self.chosen()
        index = next(i for i, line in enumerate(whole["text"]) if line.startswith("gateway:"))
        whole["text"][index] = "gatway:"
        lines = (ROOT / FLAGSHIP).read_text().splitlines()
        result, _ = self.replay(whole)
        self.assertIn(f"{FLAGSHIP}:{lines.index('gateway:') + 1}:", result.stderr)

    def test_files_of_version_1_are_played(self):
        whole = self.chosen()
        for key in ["fragment", "order", "asked", "first_line"]:
            del whole[key]
        whole["version"] = 1
        for i, decision in enumerate(whole["decisions"]):
            strand, label, ordinal = decision["delay"]
            whole["decisions"][i] = {"kind": "delay", "strand": strand, "label": label,
                                     "ordinal": ordinal, "value": decision["value"]}
        result, answer = self.replay(whole)
        self.assert_code(1, result)
        self.assertEqual("reproduced: event for event the saved run", answer)
        self.assert_code(0, self.replay(self.fixed(whole))[0])

    def test_saved_failures_are_small(self):
        self.assertLess(self.saved().stat().st_size, 4096)
        run("run", "scenarios/cold_start/five_users.yaml", "--variant", "without_grace", "--out",
            self.out / "five")
        saved = next((self.out / "five" / "failures").glob("*.json"))
        self.assertLessEqual(len(json.loads(saved.read_text())["decisions"]), 3)
        self.assertLess(saved.stat().st_size, 4096)


class Listing(Case):
    def test_list_names_scenarios_and_variants(self):
        result = run("list", "scenarios")
        self.assert_code(0, result)
        for word in ["cold_start/premature_readiness", "without_grace", "[flagship]"]:
            self.assertIn(word, result.stdout)

    def test_list_by_tag(self):
        result = run("list", "scenarios", "--tag", "flagship")
        self.assert_code(0, result)
        self.assertIn("premature_readiness", result.stdout)
        self.assertNotIn("cpu_stall", result.stdout)

    def test_lint_is_content_with_the_library(self):
        self.assert_code(0, run("lint", "scenarios"))


class Determinism(Case):
    def test_digests_do_not_depend_on_the_number_of_workers(self):
        arguments = ["digest", FLAGSHIP, "--search", "random", "--runs", 200]
        one, two = run(*arguments, "--jobs", 1), run(*arguments, "--jobs", 2)
        self.assert_code(0, one)
        self.assertEqual(600, len(one.stdout.splitlines()))
        self.assertEqual(one.stdout, two.stdout)
        complete = ["digest", FLAGSHIP, "--variant", "without_grace"]
        self.assertEqual(run(*complete, "--jobs", 1).stdout, run(*complete, "--jobs", 2).stdout)

    def test_events_of_one_run(self):
        arguments = ["digest", FLAGSHIP, "--variant", "with_grace", "--search", "random",
                     "--runs", 10, "--events"]
        result = run(*arguments, 7)
        self.assert_code(0, result)
        self.assertIn("timer 'client wait'", result.stdout)
        self.assertIn("* client_open", result.stdout)
        self.assertEqual(result.stdout, run(*arguments, 7).stdout)
        self.assertNotEqual(result.stdout, run(*arguments, 8).stdout)
        self.assert_code(2, run(*arguments, 10))

    def test_the_flagship_is_deterministic(self):
        result = run("run", FLAGSHIP, "--determinism", "--out", self.out)
        self.assert_code(0, result)

    def faulty_run(self, wait):
        return run("run", FLAGSHIP, "--variant", "with_grace", "--search", "random", "--runs", 40,
                   "--determinism", "--out", self.out, program=FAULTY,
                   environment={"RACEPROOF_TEST_PID_IN": wait})

    def test_a_wait_that_depends_on_the_process_is_named(self):
        result = self.faulty_run("redis connect")
        self.assert_code(1, result)
        self.assertEqual("nondeterministic", self.variant()["reason"])
        self.assertRegex(
            self.variant()["reason_text"],
            r"^run 0, event \d+: [\d.]+ ms redis\S*: timer 'redis connect' .* here; "
            r"[\d.]+ ms redis\S*: timer 'redis connect' .* in another process$")
        self.assertIn("timer 'redis connect'", result.stdout)

    def test_the_first_run_that_differs_is_named(self):
        # Only clients that were refused wait to try again, which not every run has.
        result = self.faulty_run("client retry")
        self.assert_code(1, result)
        text = self.variant()["reason_text"]
        self.assertRegex(text, r"^run \d+, event \d+: .*timer 'client retry'")
        number = int(re.match(r"run (\d+)", text).group(1))
        for run_number in range(number):
            events = run("digest", FLAGSHIP, "--variant", "with_grace", "--search", "random",
                         "--runs", 40, "--events", run_number).stdout
            self.assertNotIn("timer 'client retry'", events)

    def test_the_faulty_program_without_its_fault_is_deterministic(self):
        result = self.faulty_run("no such wait")
        self.assertNotEqual("nondeterministic", self.variant()["reason"])
        self.assertIn(result.returncode, [0, 3])


class Leaks(Case):
    def leaky_run(self, variable, *arguments):
        return run("run", FLAGSHIP, "--variant", "with_grace", "--out", self.out, *arguments,
                   program=FAULTY, environment={variable: "redis connect"})

    def test_reading_the_clock_fails_the_variant_and_names_the_caller(self):
        result = self.leaky_run("RACEPROOF_TEST_CLOCK_IN")
        self.assert_code(1, result)
        self.assertEqual("violated", self.variant()["reason"])
        self.assertRegex(self.variant()["reason_text"],
                         r"leak, clock_gettime, called from .*read_the_real_clock")
        replayed = run("replay", next((self.out / "failures").glob("*.json")), program=FAULTY,
                       environment={"RACEPROOF_TEST_CLOCK_IN": "redis connect"})
        self.assert_code(1, replayed)
        self.assertIn("read_the_real_clock", replayed.stdout)
        self.assertIn("reproduced: event for event", replayed.stdout)

    def test_a_leak_that_happens_once_in_a_program_counts_too(self):
        result = self.leaky_run("RACEPROOF_TEST_CLOCK_ONCE", "--jobs", 1)
        self.assert_code(1, result)
        self.assertEqual("violated", self.variant()["reason"])
        self.assertRegex(self.variant()["reason_text"], r"leak, clock_gettime, called from ")


if __name__ == "__main__":
    RACEPROOF, FAULTY = (str(pathlib.Path(name).resolve()) for name in sys.argv[1:3])
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
