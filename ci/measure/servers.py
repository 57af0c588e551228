"""The servers that are measured: the bare relay, chat-server, and other people's."""

import dataclasses
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

from . import processes
from .machine import BINARIES, ROOT

PEERS = ROOT / "chat-loadgen" / "tests" / "peers"
# For a server to accept connections.
PATIENCE = 30


class Unable(Exception):
    """A server cannot do a workload; the text says why."""


@dataclasses.dataclass(frozen=True)
class Server:
    """Something to measure. `program` is None where it is not installed."""

    name: str
    dialect: str
    program: str | None
    peer: bool = True
    # Connections per second: as many as its queue takes while something keeps it from its processor.
    # Who finds it full may believe to be connected, and not be.
    pace: int = 2000
    # What is between the dialect and the connection: a scheme of --server.
    door: str = "tcp"
    # The name of another configuration than that of the server's.
    config: str = ""

    def is_own(self):
        """Whether it is a chat-server, of today or of before."""
        return self.name in ("chat-server", "before")

    def command(self, port, folder, options):
        address = f"127.0.0.1:{port}"
        if self.name == "floor":
            return [self.program, "relay", "--bind", address]
        if not self.peer:
            return [self.program, "--bind", address, *options]
        # Each configuration says on its first line how the server is started with it.
        text = (PEERS / f"{self.config or self.name}.conf").read_text()
        if "{dir}/cert.pem" in text:
            certificate(folder)
        file = pathlib.Path(folder) / "config"
        file.write_text(text.replace("{port}", str(port)).replace("{dir}", str(folder)))
        _, *arguments = text.splitlines()[0].lstrip("# ").split("(")[0].split()
        return [self.program, *(file if word == "THIS" else word for word in arguments)]


    def target(self, address, dialect):
        """The generator's options: where the server is, and how it is talked to."""
        return ["--server", "{}:{}".format(*address), "--dialect", dialect]


def certificate(folder):
    """Makes the files cert.pem and key.pem."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem"]
    made = ["-x509", "-subj", "/CN=localhost", "-days", "30", "-out", "cert.pem"]
    subprocess.run(["openssl", "req", *key, *made], cwd=folder, check=True, capture_output=True)


def find(program):
    """On PATH, or where Debian has its servers."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    return shutil.which(program, path=path)


SERVERS = {server.name: server for server in [
    Server("floor", "basico", str(BINARIES / "chat-loadgen"), peer=False),
    Server("chat-server", "basico", str(BINARIES / "chat-server"), peer=False),
    Server("before", "basico", os.environ.get("BEFORE"), peer=False),
    Server("redis", "redis", find("redis-server")),
    Server("nats", "nats", find("nats-server")),
    Server("inspircd", "irc", find("inspircd")),
    # Its queue has ten places.
    Server("ngircd", "irc", find("ngircd"), pace=300),
    Server("mosquitto", "mqtt", find("mosquitto")),
]}


class Running:
    """A server that accepts connections, until the `with` block ends. What it prints goes to a file."""

    def __init__(self, server, cpus, options=()):
        self.folder = tempfile.TemporaryDirectory(prefix="bench-")
        try:
            # A port that was free may be taken by the time the server wants it.
            if not any(self.start(server, cpus, options) for _ in range(3)):
                raise Unable(f"does not start: {self.last_words()}")
        except BaseException:
            self.folder.cleanup()
            raise

    def start(self, server, cpus, options):
        self.server = server
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = free.getsockname()
        command = server.command(self.address[1], self.folder.name, options)
        with open(f"{self.folder.name}/log", "w") as log:
            self.process = processes.start(command, cpus, cwd=self.folder.name, stdout=log, stderr=log)
        self.pid = self.process.pid
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.accepts():
                return True
            time.sleep(0.01)
        processes.stop(self.process)
        return False

    def accepts(self):
        try:
            with socket.create_connection(self.address, timeout=1) as stream:
                # A port that nobody listens on can be connected to itself.
                return stream.getsockname() != self.address
        except OSError:
            return False

    def last_words(self):
        lines = pathlib.Path(f"{self.folder.name}/log").read_text(errors="replace").split("\n")
        said = [line for line in lines if line.strip()] or ["it says nothing"]
        return next((line for line in said if line.startswith("error: ")), said[-1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        processes.stop(self.process)
        self.folder.cleanup()
