"""A crowd comes while others talk: how long it takes, and how long those wait who are there."""

import dataclasses
import json
import pathlib
import socket
import subprocess
import time

from .. import load, processes
from ..doors import DIALECTS
from ..machine import BINARIES, descriptors
from ..servers import SERVERS, Running, Server, Unable, certificate
from .kernel import Watch
from .loads import FROM

# Those who talk take descriptors of the server, too.
TALKERS = 200
# All of a crowd are to be there within so many seconds.
CROWD, WITHIN = 50_000, 20
# Connections a second: a little more than that takes. Handshakes of TLS a second, and for how long.
PACE, HANDSHAKES, STORM = CROWD / 15, 400, 10
# Seconds of talk before and behind the coming; seconds that a crowd may take to hear each other.
BEFORE, BEHIND, GRACE = 1.5, 2, 20
TLS = ["--tls-cert", "cert.pem", "--tls-key", "key.pem"]
DOORS = {"tcp": [], "ws": ["--web", "{at}"], "tls": ["--tls-bind", "{at}", *TLS]}
# Without names there is one room: who talks in it is heard by the crowd, so there is little talk. With names, the
# crowd has a room of its own, in which each of them is announced.
TALK = {
    "basico": ["--clients", TALKERS, "--senders", 1, "--rate", "1/s"],
    "grupal": ["--clients", TALKERS, "--senders", 4, "--rate", "100/s"],
}
OPTIONS = {"basico": [], "grupal": ["--profile", "grupal", "--max-rate", "off"]}


@dataclasses.dataclass(frozen=True)
class TwoDoors(Server):
    """A chat-server with a second listener, through which the crowd comes."""

    second: str = ""

    def command(self, port, folder, options):
        certificate(folder)
        return super().command(port, folder, [*(word.format(at=self.second) for word in DOORS[self.door]), *options])


@dataclasses.dataclass
class Coming:
    """A crowd through one door, and what came of it."""

    door: str
    profile: str
    members: int
    pace: float = PACE
    name: str = "chat-server"
    unable: str = ""
    seconds: float | None = None
    record: dict | None = None
    crowd: dict | None = None

    @property
    def label(self):
        words = {"tls": f"{self.door}, {self.pace:.0f} handshakes/s"}
        named = ", with names" if self.profile == "grupal" else ""
        return f"{self.name}: {words.get(self.door, self.door)}{named}"

    def run(self, processors):
        try:
            self.once(processors)
        except Unable as why:
            self.unable = str(why)

    def once(self, processors):
        with socket.create_server(("127.0.0.1", 0)) as free:
            second = "{}:{}".format(*free.getsockname())
        own = SERVERS[self.name]
        server = TwoDoors(own.name, own.dialect, own.program, False, door=self.door, second=second)
        window = BEFORE + self.members / self.pace * 1.2 + BEHIND
        talk = [*TALK[self.profile], "--warm-up", "1s", "--duration", f"{window:g}s", "--drain-timeout", "10s"]
        with Running(server, processors.server, OPTIONS[self.profile]) as running:
            come = Come(self, running, second, processors.generator)
            try:
                self.record = load.generate(running, self.profile, processors.generator, list(map(str, talk)),
                                            2 * window, come.look)
                self.seconds, self.crowd = come.seconds, come.findings()
            finally:
                come.end()


class Come:
    """The crowd's generator: begins when others talk, and is watched from the server's side."""

    def __init__(self, coming, running, second, cpus):
        self.coming, self.running, self.cpus, self.kernel = coming, running, cpus, Watch()
        self.begun, self.started, self.seconds, self.process = time.monotonic(), None, None, None
        at = second if coming.door != "tcp" else "{}:{}".format(*running.address)
        path = "/ws" if coming.door == "ws" else ""
        scheme = [] if coming.door != "tls" else ["--insecure"]
        self.target = ["--server", f"{coming.door}://{at}{path}", *scheme, *self.dialect()]

    def dialect(self):
        if self.coming.profile == "basico":
            return ["--dialect", "basico"]
        text = (DIALECTS / "grupal.toml").read_text().replace("carga-{room}", "plaza")
        file = pathlib.Path(self.running.folder.name) / "plaza.toml"
        file.write_text(text)
        return ["--dialect-file", file]

    def look(self):
        self.kernel.look()
        now = time.monotonic()
        if self.started is None and now > self.begun + BEFORE + 1:
            self.others, self.started = descriptors(self.running.pid), now
            self.process = self.come()
        elif self.started and self.seconds is None:
            if descriptors(self.running.pid) >= self.others + self.coming.members:
                self.seconds = now - self.started

    def come(self):
        # Those that talk are to be as punctual as without a crowd.
        command = ["nice", "-n", 10, BINARIES / "chat-loadgen", *self.target, "--clients", self.coming.members,
                   "--senders", 1, "--rate", "0.5/s", "--warm-up", "0s", "--duration", "4s", "--names", "m",
                   "--connect-rate", f"{self.coming.pace:.0f}/s", "--connect-timeout", "10s", *FROM,
                   "--allow-invalid", "--json", "-"]
        return processes.start(command, self.cpus, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def findings(self):
        """The crowd's record, if all have come and heard each other in time."""
        try:
            said, _ = self.process.communicate(timeout=GRACE)
        except subprocess.TimeoutExpired:
            return None
        return json.loads(said) if said else None

    def end(self):
        if self.process:
            processes.stop(self.process, patience=1)


def all_of(names, members):
    """Everything that comes."""
    for name in names:
        if name == "floor":
            continue
        for door in DOORS:
            pace = HANDSHAKES if door == "tls" else PACE
            yield Coming(door, "basico", min(members, STORM * HANDSHAKES) if door == "tls" else members, pace, name)
        yield Coming("tcp", "grupal", members, PACE, name)
