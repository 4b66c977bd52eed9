#!/usr/bin/env python3
"""Passing means: each load does what it says against a real server, ends by itself, and says so
when a connection does not do what it was meant to."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

LOAD, ECHO = sys.argv[1:3]


class Loads(unittest.TestCase):
    def setUp(self):
        self.server = subprocess.Popen([ECHO], stdout=subprocess.PIPE, text=True)
        self.port = int(self.server.stdout.readline().split()[-1])
        self.folder = tempfile.TemporaryDirectory()

    def tearDown(self):
        self.server.kill()
        self.server.wait()
        self.server.stdout.close()
        self.folder.cleanup()

    def run_load(self, *arguments, port=None, expect=0):
        path = pathlib.Path(self.folder.name, "result.json")
        done = subprocess.run(
            [LOAD, *arguments, "--port", str(port or self.port), "--json", str(path)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return json.loads(path.read_text(encoding="utf-8")) if expect < 2 else done.stderr

    def test_connect_opens_and_closes(self):
        result = self.run_load("connect", "--connections", "4", "--duration", "0.3",
                               "--pid", str(self.server.pid))
        self.assertGreater(result["operations"], 10)
        self.assertAlmostEqual(result["per_second"], result["operations"] / result["seconds"], 0)
        latency = result["latency_us"]
        self.assertTrue(0 < latency["p50"] <= latency["p99"] <= latency["max"], latency)
        self.assertEqual(result["problems"], {})

    def test_connect_ends_by_count(self):
        result = self.run_load("connect", "--connections", "3", "--count", "7",
                               "--duration", "60")
        self.assertLessEqual(result["operations"], 7)
        self.assertLess(result["seconds"], 30)

    def test_messages_are_answered(self):
        result = self.run_load("messages", "--connections", "5", "--duration", "0.3",
                               "--warm-up", "0.1", "--expect", "ping",
                               "--pid", str(self.server.pid))
        self.assertGreater(result["operations"], 50)
        self.assertEqual((result["problems"], result["other_frames"]), ({}, 0))
        self.assertGreaterEqual(result["processor_us_per_operation"], 0)

    def test_messages_of_every_length_code(self):
        for length in (0, 1, 125, 126, 65535, 65536, 100_000):
            with self.subTest(length):
                result = self.run_load("messages", "--connections", "1", "--duration", "0.1",
                                       "--warm-up", "0", "--message", "x" * length)
                self.assertGreater(result["operations"], 0)

    def test_rate_is_kept(self):
        result = self.run_load("messages", "--connections", "10", "--duration", "1",
                               "--warm-up", "0.1", "--rate", "200")
        self.assertTrue(100 <= result["operations"] <= 210, result["operations"])

    def test_idle_reads_memory(self):
        result = self.run_load("idle", "--connections", "100", "--settle", "0.1",
                               "--pid", str(self.server.pid))
        self.assertEqual(result["operations"], 100)
        self.assertTrue(500 < result["bytes_per_connection"] < 100_000, result)
        self.assertGreater(result["resident_open"], result["resident_before"])

    def test_answer_of_another_type_is_a_time_out(self):
        result = self.run_load("messages", "--connections", "2", "--duration", "0.2",
                               "--expect", "pong", "--time-out", "0.3", expect=1)
        self.assertEqual(result["problems"], {"time-out": 2})
        self.assertEqual(result["other_frames"], 2)

    def test_nobody_listens(self):
        self.server.kill()
        self.server.wait()
        result = self.run_load("messages", "--connections", "2", expect=1)
        self.assertEqual(sum(result["problems"].values()), 2)

    def test_server_that_dies_is_a_problem(self):
        pid = str(self.server.pid)
        load = subprocess.Popen([LOAD, "messages", "--port", str(self.port), "--duration", "30",
                                 "--connections", "3", "--pid", pid],
                                stdout=subprocess.PIPE, text=True)
        try:
            with self.assertRaises(subprocess.TimeoutExpired):
                load.wait(timeout=0.5)
            self.server.kill()
            out, _ = load.communicate(timeout=25)
            self.assertEqual(load.returncode, 1, out)
            self.assertIn("problem", out)
        finally:
            load.kill()
            load.wait()
            load.stdout.close()

    def test_server_that_dies_as_the_warm_up_ends_is_a_problem(self):
        # The end then meets a timer that has expired and cannot be cancelled any more.
        for wait in range(40, 64, 2):
            with self.subTest(wait):
                self.tearDown()
                self.setUp()
                load = subprocess.Popen([LOAD, "messages", "--port", str(self.port),
                                         "--connections", "3", "--warm-up", "0.05",
                                         "--duration", "60"], stdout=subprocess.DEVNULL)
                try:
                    with self.assertRaises(subprocess.TimeoutExpired):
                        load.wait(timeout=wait / 1000)
                    self.server.kill()
                    self.assertEqual(load.wait(timeout=30), 1)
                finally:
                    load.kill()
                    load.wait()

    def test_other_machines_are_refused(self):
        self.assertIn("127.0.0.0/8", self.run_load("idle", "--host", "192.0.2.1", expect=2))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
