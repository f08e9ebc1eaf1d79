"""What the storm kills: a broker, a Redis, and processes of Clutch. Each ends with this process, whatever ends it."""

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1


def die_with_parent():
    """Runs in a child before its program does."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Machine:
    """A process with a log file, which is started again after it was killed."""

    def __init__(self, name, folder):
        self.name, self.folder = name, Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = self.folder / f"{name}.log"
        self.process = None

    def spawn(self, command, **more):
        # Always from the main thread: children end with the thread that made them.
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=die_with_parent, **more)

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """SIGKILL: nothing is flushed, nothing is closed."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def terminate(self, patience=120):
        """SIGTERM, and its exit code."""
        if self.process is None:
            return None
        self.process.terminate()
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def tail(self, lines=15):
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])


class Broker(Machine):
    """Apache Kafka as `make services` has fetched it, over data of its own."""

    def __init__(self, name, folder, home):
        super().__init__(name, folder)
        self.home = Path(home)
        # Below the ports that systems give to clients: after a kill its own must be free still.
        self.port, controller = low_port(), low_port()
        data = self.folder / f"{name}-data"
        shutil.copytree(self.home / "formatted", data)
        settings = (self.home / "template.properties").read_text()
        for mark, value in {"@PORT@": self.port, "@CONTROLLER@": controller, "@DATA@": data}.items():
            settings = settings.replace(mark, str(value))
        self.settings = self.folder / f"{name}.properties"
        self.settings.write_text(settings)
        self.started_at = 0

    address = property(lambda self: f"127.0.0.1:{self.port}")

    def start(self):
        self.started_at = self.log.stat().st_size if self.log.exists() else 0
        self.spawn(["java", f"@{self.home}/java.args", "kafka.Kafka", self.settings])

    def is_up(self):
        if not self.is_alive():
            return False
        with self.log.open("rb") as log:
            log.seek(self.started_at)
            return b"Kafka Server started" in log.read()


class Redis(Machine):
    """Started again with what its files hold, with an older copy of them, or with none."""

    def __init__(self, name, folder, program):
        super().__init__(name, folder)
        self.program, self.port = program, low_port()
        self.data, self.older = self.folder / f"{name}-data", None
        self.data.mkdir()

    url = property(lambda self: f"redis://127.0.0.1:{self.port}")

    def start(self):
        self.spawn([
            self.program, "--port", self.port, "--bind", "127.0.0.1", "--dir", self.data, "--save", "",
            "--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction"])

    def put_back(self, what):
        """While it is down: `kept` leaves its files, `older` takes the copy of an earlier kill, as a fail-over to a
        replica that lacked the newest writes, `empty` takes none."""
        copy = self.folder / f"{self.name}-copy-{time.monotonic_ns()}"
        shutil.copytree(self.data, copy)
        if what == "empty" or (what == "older" and self.older is not None):
            shutil.rmtree(self.data)
            if what == "older":
                shutil.copytree(self.older, self.data)
            else:
                self.data.mkdir()
        if self.older is not None:
            shutil.rmtree(self.older)
        self.older = copy

    def is_up(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 0.2) as connection:
                connection.settimeout(1)
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


class Clutch(Machine):
    """`clutch serve` on the project, with a state folder of its own."""

    def __init__(self, name, folder, binary, project, environment):
        super().__init__(name, folder)
        self.binary, self.own = binary, self.folder / name
        self.place = ["--project", project, "--state-dir", self.own]
        self.environment = {**os.environ, "CLUTCH_LOG": "warn", **environment}
        self.starts = 0

    def start(self):
        self.starts += 1
        self.spawn([self.binary, "serve", *self.place, "--listen", "127.0.0.1:0"], env=self.environment)

    def http(self):
        """Where it answers, once it says so in its state folder."""
        lock = self.own / "lock"
        try:
            return json.loads(lock.read_text())["http"]
        except (OSError, ValueError, KeyError):
            return None

    def ask(self, *arguments):
        """The JSON object that another command prints last."""
        command = [str(part) for part in (self.binary, *arguments, "--json", *self.place)]
        done = subprocess.run(command, env=self.environment, text=True, capture_output=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"clutch {' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stderr}")
        return json.loads(done.stdout.strip().splitlines()[-1])


_given = set()


def low_port():
    """Free, below the ports that systems give to clients, and given once."""
    port = 20_000 + os.getpid() * 7 % 10_000
    while True:
        port = 20_000 + (port - 20_000 + 1) % 12_000
        if port in _given:
            continue
        with socket.socket() as taken:
            try:
                taken.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port
