"""The built-in invariant nothing_left on gateways that were edited to leave something behind.

Usage: shutdown_edits_test.py RACEPROOF NAME=PROGRAM...
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCENARIO = "tests/harness/shutdown_edits/shutdown_during_run.yaml"
PROGRAMS = {}


def judged(program):
    """The exit code, and what is said of the first failing check."""
    with tempfile.TemporaryDirectory() as folder:
        result = subprocess.run([PROGRAMS[program], "run", SCENARIO, "--out", folder],
                                capture_output=True, text=True, timeout=250)
        report = json.loads((pathlib.Path(folder) / "result.json").read_text())
    variant = report["scenarios"][0]["variants"][0]
    assert result.returncode in (0, 1), result.stdout + result.stderr
    return result.returncode, " ".join(result.stdout.split()), variant["bound"]


class ShutdownEdits(unittest.TestCase):
    def test_nothing_is_edited(self):
        code, text, bound = judged("unedited")
        self.assertEqual(0, code, text)
        self.assertTrue(bound["complete"], text)

    def test_a_transaction_is_left_open(self):
        code, text, _ = judged("forgets_commit")
        self.assertEqual(1, code)
        self.assertIn("gateway has shut down, and closed session", text)
        self.assertIn("of the database with a transaction open in it", text)

    def test_a_subscription_is_kept(self):
        code, text, _ = judged("keeps_subscription")
        self.assertEqual(1, code)
        self.assertIn("after its shutdown gateway still has", text)
        self.assertIn("redis holds 1 subscriptions of gateway/redis", text)


if __name__ == "__main__":
    PROGRAMS["unedited"] = sys.argv[1]
    PROGRAMS.update(argument.split("=", 1) for argument in sys.argv[2:])
    unittest.main(argv=sys.argv[:1])
