"""What clients should not send, against a real gatewayd: each is answered as the author of a client
would expect, counted, and never fatal.

usage: bad_input_test.py GATEWAYD RACEPROOF
"""

import base64
import hashlib
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from servers import Servers, free_port

CONFIG = """\
listen: {{ host: 127.0.0.1, port: {port} }}
environment: development
redis: {{ host: 127.0.0.1, port: {redis} }}
auth: {{ host: 127.0.0.1, port: {auth} }}
readiness: {{ poll: 50ms }}
limits: {{ request_timeout: 1s, messages_per_minute: 20, bad_messages: 5 }}
connections: {{ per_user: 3 }}
"""
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Wire:
    """A TCP connection that can be made to say anything."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def receive_header(self):
        """Status, headers (lower case) and body of an HTTP answer; None when there is none."""
        while b"\r\n\r\n" not in self.rest:
            data = self.socket.recv(65536)
            if not data:
                return None
            self.rest += data
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        headers = {}
        for line in lines[1:]:
            key, value = line.split(":", 1)
            headers[key.lower()] = value.strip()
        size = int(headers.get("content-length", 0))
        while len(self.rest) < size:
            self.rest += self.socket.recv(65536)
        body, self.rest = self.rest[:size], self.rest[size:]
        return int(lines[0].split()[1]), headers, body.decode()

    def upgrade(self, *headers, path="/ws"):
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {path} HTTP/1.1", "Host: test", "Upgrade: websocket", "Connection: Upgrade",
                 f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", *headers, "", ""]
        self.send("\r\n".join(lines).encode("latin-1"))
        answer = self.receive_header()
        if answer and answer[0] == 101:
            magic = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
            accepted = base64.b64encode(hashlib.sha1(magic.encode()).digest()).decode()
            assert answer[1]["sec-websocket-accept"] == accepted
        return answer

    def frame(self, opcode, payload, fin=True, masked=True, reserved=0):
        head = bytes([(0x80 if fin else 0) | reserved | opcode])
        size = len(payload)
        mark = 0x80 if masked else 0
        if size < 126:
            head += bytes([mark | size])
        elif size < 65536:
            head += bytes([mark | 126]) + struct.pack(">H", size)
        else:
            head += bytes([mark | 127]) + struct.pack(">Q", size)
        if masked:
            mask = b"\x11\x22\x33\x44"
            head += mask
            payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        self.send(head + payload)

    def text(self, value):
        self.frame(TEXT, (value if isinstance(value, str) else json.dumps(value)).encode())

    def take(self, size):
        while len(self.rest) < size:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("the server has closed")
            self.rest += data
        data, self.rest = self.rest[:size], self.rest[size:]
        return data

    def receive(self):
        """The next frame: opcode and payload."""
        first, second = self.take(2)
        size = second & 0x7F
        if size == 126:
            (size,) = struct.unpack(">H", self.take(2))
        elif size == 127:
            (size,) = struct.unpack(">Q", self.take(8))
        return first & 0x0F, self.take(size)

    def until(self, kind):
        while True:
            opcode, payload = self.receive()
            assert opcode != CLOSE, payload
            frame = json.loads(payload)
            if frame["type"] == kind:
                return frame

    def leave(self):
        """Closes in order; the code that comes back."""
        self.frame(CLOSE, struct.pack(">H", 1000))
        code = self.close_code()[0]
        self.socket.close()
        return code

    def close_code(self):
        """The code of the close frame that comes next but for text; 1006 without one."""
        try:
            while True:
                opcode, payload = self.receive()
                if opcode == CLOSE:
                    return struct.unpack(">H", payload[:2])[0], payload[2:].decode()
        except ConnectionError:
            return 1006, ""


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.servers = Servers()
        cls.addClassCleanup(cls.servers.__exit__)
        ports = {name: free_port() for name in ("port", "redis", "auth")}
        for name in ("redis", "auth"):
            cls.servers.start(name, [RACEPROOF, "fake", name, "--port", ports[name]], ports[name])
        config = cls.servers.folder / "gateway.yaml"
        config.write_text(CONFIG.format(**ports))
        cls.port = ports["port"]
        cls.servers.start("gateway", [GATEWAYD, "--config", config], cls.port)
        deadline = time.monotonic() + 20
        while cls.get("/health/ready")[0] != 200:
            if time.monotonic() > deadline:
                raise RuntimeError(cls.servers.log("gateway")[-3000:])
            time.sleep(0.05)

    @classmethod
    def get(cls, path):
        with Wire(cls.port) as wire:
            wire.send(f"GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n".encode())
            return wire.receive_header()

    @classmethod
    def metric(cls, name):
        for line in cls.get("/metrics")[2].splitlines():
            if line.startswith(name + " "):
                return int(line.rsplit(" ", 1)[1])
        return 0

    @staticmethod
    def token(user):
        made = subprocess.run([RACEPROOF, "fake", "auth", "--token-for", user],
                              capture_output=True, text=True, check=True, timeout=10)
        return made.stdout.split()[-1]

    def connect(self, user):
        wire = Wire(self.port)
        self.addCleanup(wire.socket.close)
        self.assertEqual(101, wire.upgrade(f"Authorization: Bearer {self.token(user)}")[0])
        wire.until("session_established")
        return wire

    def tearDown(self):
        """Whatever a test did, the server lives and serves the next one."""
        self.assertIsNone(self.servers.processes["gateway"].poll(), "the gateway has died")
        wire = self.connect("survivor")
        wire.text({"type": "ping"})
        wire.until("pong")
        self.assertEqual(1000, wire.leave())

    # --- frames ----------------------------------------------------------------------------------

    def test_text_that_is_not_a_message(self):
        before = self.metric("gateway_frames_rejected_total")
        wire = self.connect("alice")
        cases = [("{", "malformed"), ("", "malformed"), ("[1]", "malformed"), ("null", "malformed"),
                 ({"type": 7}, "malformed"), ({"text": "x"}, "malformed"),
                 ({"type": "chat"}, "malformed"), ({"type": "chat", "text": None}, "malformed"),
                 ({"type": "chat", "text": "x", "thread_id": 3}, "malformed"),
                 ({"type": "cancel"}, "malformed"), ({"type": "dance"}, "unknown_type"),
                 ("[" * 4000, "malformed"),
                 ({"type": "chat", "text": "x", "thread_id": "undefined"}, "invalid_context"),
                 ({"type": "chat", "text": "x", "user_id": "bob"}, "forbidden"),
                 ({"type": "ping", "user_id": "bob"}, "forbidden")]
        for sent, code in cases[:4]:
            wire.text(sent)
            self.assertEqual(code, wire.until("error")["code"], sent)
        for sent, code in cases[4:]:
            wire = self.connect("alice")
            wire.text(sent)
            self.assertEqual(code, wire.until("error")["code"], sent)
            wire.leave()
        deadline = time.monotonic() + 5  # counted when the connections have ended
        while self.metric("gateway_frames_rejected_total") < before + len(cases) - 4:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)

    def test_too_many_bad_messages_in_a_row(self):
        wire = self.connect("bert")
        for _ in range(4):
            wire.text("{")
        wire.text({"type": "ping"})  # a good one in between forgives
        for _ in range(5):
            wire.text("{")
        self.assertEqual((1008, "too many bad messages"), wire.close_code())

    def test_a_flood(self):
        wire = self.connect("flood")
        for _ in range(60):
            try:
                wire.text({"type": "ping"})
            except OSError:
                break
        kinds = []
        try:
            while True:
                opcode, payload = wire.receive()
                if opcode == CLOSE:
                    self.assertEqual(1008, struct.unpack(">H", payload[:2])[0])
                    break
                kinds.append(json.loads(payload).get("code", "pong"))
        except ConnectionError:
            self.fail("no close frame")
        self.assertEqual(["pong"] * 20 + ["rate_limited"] * 5, kinds)

    def test_frames_that_are_not_text(self):
        for opcode, payload, options, code in [
                (BINARY, b"\x00\x01", {}, 1003),
                (TEXT, b"x" * 9000, {}, 1009),
                (TEXT, b"\xff\xfe", {}, 1007),
                (TEXT, b'{"type":"chat","text":"\xc3"}', {}, 1007),
                (TEXT, b"{}", {"masked": False}, 1002),
                (TEXT, b"{}", {"reserved": 0x40}, 1002),
                (11, b"", {}, 1002),
                (0, b"continued", {}, 1002),
                (PING, b"x" * 200, {}, 1002),
                (CLOSE, b"\x03", {}, 1002)]:
            wire = self.connect("carol")
            wire.frame(opcode, payload, **options)
            self.assertEqual(code, wire.close_code()[0], (opcode, payload[:20], options))

    def test_a_message_in_pieces_beyond_the_limit(self):
        wire = self.connect("dora")
        wire.frame(TEXT, b"x" * 5000, fin=False)
        wire.frame(0, b"x" * 5000)
        self.assertEqual(1009, wire.close_code()[0])

    def test_other_users_runs(self):
        wire = self.connect("eve")
        wire.text({"type": "cancel", "run_id": "run_of_somebody_else"})
        self.assertEqual("unknown_run", wire.until("error")["code"])

    def test_more_connections_than_a_user_may_have(self):
        wires = [self.connect("frank") for _ in range(3)]
        extra = Wire(self.port)
        self.addCleanup(extra.socket.close)
        extra.upgrade(f"Authorization: Bearer {self.token('frank')}")
        self.assertEqual((1008, "too many connections of this user"), extra.close_code())
        wires[0].leave()
        time.sleep(0.1)
        self.connect("frank")

    # --- upgrades --------------------------------------------------------------------------------

    def test_tokens_that_are_none(self):
        good = self.token("grace")
        head, claims, signature = good.split(".")
        none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
        bearer = "Authorization: Bearer"
        for header in (bearer, f"{bearer}  ", "Authorization: Basic eDp5", f"{bearer} {good}x",
                       f"{bearer} {none}.{claims}.", f"{bearer} {head}.{claims}",
                       f"{bearer} " + "a" * 5000, f"{bearer} \xff\xfe", "X-Nothing: 1",
                       "Sec-WebSocket-Protocol: jwt.", "Sec-WebSocket-Protocol: jwt.a.b.c",
                       f"{bearer} {good}\r\n{bearer} {good}"):
            with Wire(self.port) as wire:
                status, headers, body = wire.upgrade(header)
                self.assertEqual(401, status, header[:60])
                self.assertIn("Bearer", headers["www-authenticate"])
                self.assertEqual("unauthorized", json.loads(body)["error"])

    def test_subprotocols(self):
        token = self.token("heidi")
        for offered, answered in [
                (f"jwt.{token}", None), (f"agent_chat, jwt.{token}", "agent_chat"),
                (f"jwt.{token}, jwt", "jwt")]:
            with Wire(self.port) as wire:
                status, headers, _ = wire.upgrade(f"Sec-WebSocket-Protocol: {offered}")
                self.assertEqual(101, status)
                self.assertEqual(answered, headers.get("sec-websocket-protocol"))

    def test_requests_that_are_not_http(self):
        for sent, status in [
                (b"NONSENSE\r\n\r\n", 400), (b"GET / HTTP/9.9\r\n\r\n", 400),
                (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello, TLS\r\n\r\n", 400),
                (b"GET /ws HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 10000 + b"\r\n\r\n", 431),
                (b"POST /ws HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", 413),
                (b"POST /ws HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 405),
                (b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n", 404),
                (b"GET /ws HTTP/1.1\r\nHost: x\r\n\r\n", 426)]:
            with Wire(self.port) as wire:
                wire.send(sent)
                self.assertEqual(status, wire.receive_header()[0], sent[:40])

    def test_an_upgrade_that_takes_its_time(self):
        with Wire(self.port) as wire:
            wire.send(b"GET /ws HTTP/1.1\r\nHost: x\r\n")
            self.assertEqual(408, wire.receive_header()[0])

    def test_an_upgrade_of_another_version(self):
        with Wire(self.port) as wire:
            wire.send(b"GET /ws HTTP/1.1\r\nHost: x\r\n"
                      b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
                      b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 8\r\n"
                      b"Authorization: Bearer " + self.token("ivan").encode() + b"\r\n\r\n")
            status, headers, _ = wire.receive_header()
            self.assertIn(status, (400, 426))
            self.assertEqual("13", headers.get("sec-websocket-version"))

    def test_leaving_without_a_word(self):
        for sent in (b"", b"G", b"GET /ws HTTP/1.1\r\n"):
            wire = Wire(self.port)
            wire.send(sent)
            wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            wire.socket.close()
        wire = self.connect("judy")
        wire.text({"type": "chat", "text": "and away"})
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        wire.socket.close()


if __name__ == "__main__":
    GATEWAYD, RACEPROOF = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
