"""`raceproof fake auth` from the outside: it serves until it is interrupted, and its tokens are its
own. Asked with Python's HTTP client, which knows nothing of ours. Usage: serve_test.py RACEPROOF
[unittest arguments]
"""

import http.client
import json
import re
import signal
import subprocess
import sys
import unittest

RACEPROOF = None
LIMIT_SECONDS = 30


class FakeAuth(unittest.TestCase):
    def setUp(self):
        self.server = subprocess.Popen(
            [RACEPROOF, "fake", "auth", "--port", "0", "--revoked", "bob"],
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.server.stdout.close)
        self.addCleanup(self.server.kill)
        first = self.server.stdout.readline()
        self.assertRegex(first, r"^fake auth service on 127\.0\.0\.1:\d+; Ctrl-C ends it$")
        self.assertIn("--token-for", self.server.stdout.readline())
        self.port = int(re.search(r":(\d+);", first).group(1))

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT_SECONDS)
        try:
            connection.request(method, path, body=body)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def token_of(self, user):
        done = subprocess.run([RACEPROOF, "fake", "auth", "--token-for", user],
                              capture_output=True, text=True, timeout=LIMIT_SECONDS, check=True)
        return done.stdout.strip()

    def validate(self, token):
        return self.ask("POST", "/validate", json.dumps({"token": token}))[1]

    def test_serves_until_it_is_interrupted(self):
        self.assertEqual(self.ask("GET", "/health"), (200, {"status": "ok"}))
        self.assertEqual(self.ask("GET", "/jwks.json")[1]["keys"][0]["kid"], "raceproof-test")
        self.server.send_signal(signal.SIGINT)
        self.assertEqual(self.server.wait(LIMIT_SECONDS), 0)

    def test_accepts_the_tokens_it_gives(self):
        accepted = self.validate(self.token_of("alice"))
        self.assertEqual((accepted["valid"], accepted["user"]), (True, "alice"))
        self.assertEqual(self.validate(self.token_of("bob")),
                         {"valid": False, "reason": "revoked"})
        self.assertEqual(self.validate("nonsense"), {"valid": False, "reason": "malformed"})


if __name__ == "__main__":
    RACEPROOF = sys.argv.pop(1)
    unittest.main()
