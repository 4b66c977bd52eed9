"""Throw-away servers on loopback for one test: Redis, PostgreSQL, and our own programs."""

import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

POSTGRES = pathlib.Path("/usr/lib/postgresql/15/bin")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Servers:
    """Everything it started ends with it, whatever happens in between."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="raceproof-golden-"))
        self.folder.chmod(0o755)
        self.processes = {}
        self.postgres_port = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for name in reversed(list(self.processes)):
            self.stop(name)
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self, name):
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def start(self, name, command, port, **options):
        """Starts a program and waits until it listens."""
        with open(self.folder / f"{name}.log", "a") as log:
            process = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                **options)
        self.processes[name] = process
        deadline = time.monotonic() + 20
        while not listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{name} did not start: {self.log(name)[-2000:]}")
            time.sleep(0.02)
        return process

    def stop(self, name, how=signal.SIGTERM, seconds=15):
        """Ends a program; its exit status, or None when it had to be killed."""
        process = self.processes.pop(name)
        if process.poll() is None:
            process.send_signal(how)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return None

    def redis(self):
        port = free_port()
        self.start("redis", ["redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "",
                             "--appendonly", "no", "--dir", self.folder], port)
        return port

    def postgres(self):
        """PostgreSQL refuses to run as root, so root starts it as an ordinary user."""
        as_user = {}
        data = self.folder / "postgres"
        data.mkdir()
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            as_user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
            os.chown(data, account.pw_uid, account.pw_gid)
        made = subprocess.run(
            [POSTGRES / "initdb", "--pgdata", data, "--username", "gateway", "--auth", "trust",
             "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync", "--no-instructions"],
            capture_output=True, text=True, check=False, cwd="/", **as_user)
        if made.returncode != 0:
            raise RuntimeError(f"initdb failed: {made.stderr}")
        port = free_port()
        settings = ["fsync=off", "listen_addresses=127.0.0.1", "unix_socket_directories=",
                    "shared_buffers=16MB"]
        self.start("postgres", [POSTGRES / "postgres", "-D", data, "-p", port,
                                *[part for setting in settings for part in ("-c", setting)]],
                   port, cwd="/", **as_user)
        self.postgres_port = port
        deadline = time.monotonic() + 15
        while self.sql("SELECT 1", check=False) != "1":
            if time.monotonic() > deadline:
                raise RuntimeError(self.log("postgres"))
            time.sleep(0.05)
        return port

    def sql(self, statement, check=True):
        """What psql prints, one row a line, columns with '|' between them."""
        done = subprocess.run(
            ["psql", "-h", "127.0.0.1", "-p", str(self.postgres_port), "-U", "gateway", "-d",
             "postgres", "-AtX", "-c", statement], capture_output=True, text=True, check=False)
        if check and done.returncode != 0:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()
