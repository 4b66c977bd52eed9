#!/usr/bin/python3
"""The golden path on real servers: log in, connect, an agent's run, five events, the reply stored
and delivered, by gatewayd over a real Redis and a real PostgreSQL. Auth and agent service are the
fakes on TCP, because there is no real one.

usage: golden_path_test.py GATEWAYD RACEPROOF
"""

import asyncio
import json
import pathlib
import signal
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request

import websockets

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from servers import Servers, free_port

EVENTS = ["agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"]
REQUIRED = {"type", "user_id", "thread_id", "run_id", "agent_name", "timestamp", "payload"}
CONFIG = """\
listen: {{ host: 127.0.0.1, port: {port} }}
environment: development
instance: {instance}
threads: 2
redis: {{ host: 127.0.0.1, port: {redis} }}
auth: {{ host: 127.0.0.1, port: {auth} }}
agent: {{ host: 127.0.0.1, port: {agent} }}
database: {{ host: 127.0.0.1, port: {postgres}, user: gateway, name: postgres }}
readiness: {{ poll: 50ms }}
connections: {{ across_instances: true }}
"""


def get(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Client:
    """One WebSocket of a user; keeps what arrives."""

    def __init__(self, socket):
        self.socket = socket
        self.frames = []

    @staticmethod
    async def connect(port, token, **options):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        socket = await websockets.connect(f"ws://127.0.0.1:{port}/ws", extra_headers=headers,
                                          compression=None, **options)
        return Client(socket)

    async def until(self, kind):
        """Takes frames until one of that type, which it returns."""
        while True:
            frame = json.loads(await asyncio.wait_for(self.socket.recv(), 15))
            self.frames.append(frame)
            if frame["type"] == kind:
                return frame

    async def chat(self, text):
        await self.socket.send(json.dumps({"type": "chat", "text": text}))

    async def reason_of_close(self):
        try:
            while True:
                await asyncio.wait_for(self.socket.recv(), 15)
        except websockets.exceptions.ConnectionClosed as closed:
            return closed.rcvd.code, closed.rcvd.reason


class GoldenPath(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.servers = Servers()
        cls.addClassCleanup(cls.servers.__exit__)
        cls.ports = {"redis": cls.servers.redis(), "postgres": cls.servers.postgres()}
        for name in ("auth", "agent"):
            cls.ports[name] = free_port()
            cls.servers.start(name, [RACEPROOF, "fake", name, "--port", cls.ports[name]],
                              cls.ports[name])
        cls.gateways = [cls.start_gateway(f"gateway-{number}") for number in (1, 2)]

    @classmethod
    def start_gateway(cls, instance):
        port = free_port()
        config = cls.servers.folder / f"{instance}.yaml"
        config.write_text(CONFIG.format(port=port, instance=instance, **cls.ports))
        cls.servers.start(instance, [GATEWAYD, "--config", config], port)
        deadline = time.monotonic() + 20
        while get(port, "/health/ready")[0] != 200:
            if time.monotonic() > deadline:
                raise RuntimeError(cls.servers.log(instance)[-3000:])
            time.sleep(0.05)
        return port

    @staticmethod
    def token(user):
        made = subprocess.run([RACEPROOF, "fake", "auth", "--token-for", user],
                              capture_output=True, text=True, check=True, timeout=10)
        return made.stdout.split()[-1]

    def test_1_a_run_from_login_to_the_stored_reply(self):
        async def play():
            client = await Client.connect(self.gateways[0], self.token("alice"))
            established = await client.until("session_established")
            self.assertEqual("alice", established["user"])
            await client.chat("hello there")
            await client.until("agent_completed")
            await client.socket.close()
            return client.frames[1:]

        events = asyncio.run(play())
        self.assertEqual(EVENTS, [event["type"] for event in events])
        for event in events:
            self.assertLessEqual(REQUIRED, set(event), event)
            self.assertEqual("alice", event["user_id"])
            self.assertEqual(events[0]["run_id"], event["run_id"])
        self.assertEqual(sorted(event["timestamp"] for event in events),
                         [event["timestamp"] for event in events])
        reply = events[-1]["payload"]["text"]
        self.assertIn("hello there", reply)
        run = events[0]["run_id"]
        self.assertEqual("completed",
                         self.servers.sql(f"SELECT status FROM runs WHERE id = '{run}'"))
        stored = self.servers.sql(
            f"SELECT role, body FROM messages WHERE run_id = '{run}' ORDER BY id").splitlines()
        self.assertEqual(["user|hello there", f"agent|{reply}"], stored)
        # Every event has left, and was noted to have.
        self.assertEqual("0", self.servers.sql("SELECT count(*) FROM outbox"))

    def test_2_two_gateways_serve_one_user(self):
        async def play():
            token = self.token("bob")
            here = await Client.connect(self.gateways[0], token)
            there = await Client.connect(self.gateways[1], token)
            await here.until("session_established")
            await there.until("session_established")
            await here.chat("to both")
            first = await here.until("agent_completed")
            second = await there.until("agent_completed")
            await here.socket.close()
            await there.socket.close()
            return first, second, [frame["type"] for frame in there.frames[1:]]

        first, second, types = asyncio.run(play())
        self.assertEqual(first, second)
        self.assertEqual(EVENTS, types)

    def test_3_tokens_are_asked_for(self):
        async def status_of(token):
            with self.assertRaises(websockets.exceptions.InvalidStatusCode) as refused:
                await Client.connect(self.gateways[0], token)
            return refused.exception.status_code, refused.exception.headers

        token = self.token("carol")
        forged = token[:-4] + ("AAAA" if not token.endswith("AAAA") else "BBBB")
        for bad in ("", "nonsense", forged):
            status, headers = asyncio.run(status_of(bad))
            self.assertEqual(401, status, bad)
            self.assertIn("Bearer", headers.get("WWW-Authenticate", ""))

        async def by_subprotocol():
            client = await Client.connect(self.gateways[0], "",
                                          subprotocols=["agent_chat", f"jwt.{token}"])
            self.assertEqual("agent_chat", client.socket.subprotocol)
            established = await client.until("session_established")
            await client.socket.close()
            return established["user"]

        self.assertEqual("carol", asyncio.run(by_subprotocol()))

    def test_4_what_is_not_understood_is_answered(self):
        async def play():
            client = await Client.connect(self.gateways[0], self.token("dave"))
            await client.until("session_established")
            codes = []
            for text in ("{", "[]", '{"type":"dance"}',
                         '{"type":"chat","text":"x","user_id":"alice"}'):
                await client.socket.send(text)
                codes.append((await client.until("error"))["code"])
            await client.socket.send(json.dumps({"type": "ping"}))
            await client.until("pong")
            await client.socket.send(b"binary")
            return codes, await client.reason_of_close()

        codes, close = asyncio.run(play())
        self.assertEqual(["malformed", "malformed", "unknown_type", "forbidden"], codes)
        self.assertEqual(1003, close[0])

    def test_5_metrics_count(self):
        deadline = time.monotonic() + 10  # what has ended is counted, and ends take a moment
        while True:
            status, text = get(self.gateways[0], "/metrics")
            self.assertEqual(200, status)
            values = dict(line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")
            if int(values["gateway_sessions_established_total"]) >= 4:
                break
            self.assertLess(time.monotonic(), deadline, text)
            time.sleep(0.02)
        self.assertGreaterEqual(int(values['gateway_upgrades_refused_total{status="401"}']), 3)
        self.assertGreaterEqual(int(values["gateway_frames_rejected_total"]), 4)
        for check in ("database", "redis", "auth", "agent", "bridge", "startup"):
            self.assertEqual("1", values[f'gateway_readiness_check_ok{{check="{check}"}}'])
            self.assertIn(f'gateway_readiness_check_seconds{{check="{check}"}}', values)

    def test_6_an_orderly_shutdown_says_goodbye(self):
        async def play():
            client = await Client.connect(self.gateways[1], self.token("erin"))
            await client.until("session_established")
            self.servers.processes["gateway-2"].send_signal(signal.SIGTERM)
            return await client.reason_of_close()

        self.assertEqual((1001, "going away"), asyncio.run(play()))
        # One signal: another would find a process that is past catching it.
        self.assertEqual(0, self.servers.processes["gateway-2"].wait(15))
        sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'gateway-2'"
        deadline = time.monotonic() + 10  # PostgreSQL takes a moment to notice
        while self.servers.sql(sessions) != "0":
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)


if __name__ == "__main__":
    GATEWAYD, RACEPROOF = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
