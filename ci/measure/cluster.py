"""Several servers with one chat, and the brokers that keep its log."""

import json
import os
import pathlib
import re
import signal
import socket
import time
import urllib.request

from . import processes
from .machine import BINARIES, TARGET
from .servers import Unable

# Filled by ci/nats.
NATS = TARGET / "nats" / "bin" / "nats-server"
SERVER = BINARIES / "chat-server"
# For anything to become ready; a chat is opened after six seconds.
PATIENCE = 30
TICKS = os.sysconf("SC_CLK_TCK")


def free_ports(number):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def until(what, attempt, patience=PATIENCE):
    """Tries until it gives something."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            if found := attempt():
                return found
        except (OSError, KeyError, IndexError, ValueError):
            pass
        time.sleep(0.02)
    raise Unable(f"{what}: not within {patience} s")


def cpu(started):
    """Seconds of processor that these processes have used."""
    fields = [pathlib.Path(f"/proc/{each.pid}/stat").read_text().rsplit(")", 1)[1].split() for each in started]
    return sum(int(field[11]) + int(field[12]) for field in fields) / TICKS


class Brokers:
    """NATS servers, one or three, with the log of a chat (unless there is to be none)."""

    def __init__(self, folder, number=1, log=True):
        self.folder, self.number = pathlib.Path(folder), number
        ports = free_ports(3 * number)
        self.ports, self.monitors, self.routes = ports[:number], ports[number:2 * number], ports[2 * number:]
        self.running = [self.start(index) for index in range(number)]
        self.urls = ",".join(f"nats://127.0.0.1:{port}" for port in self.ports)
        until("a broker that listens", lambda: [socket.create_connection(("127.0.0.1", p)).close() for p in self.ports])
        if log:
            until("the log is made", self.init)

    def store(self, index):
        return self.folder / f"store-{index}"

    def command(self, index, port):
        command = [NATS, "-a", "127.0.0.1", "-p", port, "-js", "-sd", self.store(index)]
        return command + (["-n", f"n{index}", "--cluster_name", "c", "--cluster",
                           f"nats://127.0.0.1:{self.routes[index]}", "--routes",
                           ",".join(f"nats://127.0.0.1:{port}" for port in self.routes)] if self.number > 1 else [])

    def start(self, index):
        command = [*self.command(index, self.ports[index]), "-m", self.monitors[index]]
        with open(self.folder / f"broker-{index}.log", "a") as log:
            return processes.start(command, stdout=log, stderr=log)

    def init(self):
        command = [SERVER, "--cluster", self.urls, "--cluster-init", "--replicas", self.number]
        with open(self.folder / "init.log", "w") as log:
            return processes.start(command, stdout=log, stderr=log).wait(PATIENCE) == 0

    def kill(self, index):
        self.running[index].kill()
        self.running[index].wait()

    def restart(self, index):
        self.running[index] = self.start(index)

    def leader(self):
        """The broker that leads the log's replicas."""
        url = f"http://127.0.0.1:{self.monitors[0]}/jsz?streams=true"

        def named():
            streams = json.load(urllib.request.urlopen(url, timeout=1))["account_details"][0]["stream_detail"]
            return next(each["cluster"]["leader"] for each in streams if each["name"] == "CHAT_chat")

        return int(until("a leader", named).removeprefix("n"))

    def ask(self, call):
        """Calls JetStream's API about the log."""
        with socket.create_connection(("127.0.0.1", self.ports[0]), timeout=PATIENCE) as stream:
            stream.sendall(b"CONNECT {\"verbose\":false}\r\nSUB _INBOX.ask 1\r\n"
                           b"PUB $JS.API.STREAM.%s.CHAT_chat _INBOX.ask 0\r\n\r\n" % call.encode())
            answers = stream.makefile("rb")
            while not (line := answers.readline()).startswith(b"MSG"):
                if not line:
                    raise Unable("the broker does not answer")
            answer = json.loads(answers.readline())
            if "error" in answer:
                raise Unable(f"{call}: {answer['error']['description']}")

    def stop(self):
        for each in self.running:
            each.send_signal(signal.SIGCONT)
            processes.stop(each)


class Nodes:
    """Servers with one chat, or one alone. They are one server to `load.generate`."""

    pid = address = None

    def __init__(self, folder, number, profile, urls=None):
        self.folder, self.server, self.ports = pathlib.Path(folder), self, free_ports(number)
        self.running = [self.start(index, port, profile, urls) for index, port in enumerate(self.ports)]
        for index in range(number):
            until("a server that lets people in", lambda: self.takes(index))

    @staticmethod
    def command(port, profile, urls):
        shared = ["--cluster", urls] if urls else []
        return [SERVER, "--profile", profile, "--lang", "en", "--max-rate", "off", "--quiet", "--bind",
                f"127.0.0.1:{port}", *shared]

    def start(self, index, port, profile, urls):
        with open(self.folder / f"node-{index}.log", "w") as log:
            return processes.start(self.command(port, profile, urls), stdout=log, stderr=log)

    def takes(self, index, patience=PATIENCE):
        """Whether two clients of a node hear each other."""
        address = "127.0.0.1", self.ports[index]
        with socket.create_connection(address) as speaker, socket.create_connection(address, patience) as listener:
            for stream, name in [(speaker, "ready-1"), (listener, "ready-2")]:
                stream.sendall(f"{name}\n".encode())
            heard = b""
            listener.settimeout(0.5)
            while b"heard?" not in heard:
                speaker.sendall(b"heard?\n")
                if not (more := listener.recv(4096)):
                    return False
                heard += more
        return True

    def target(self, _, dialect):
        return [*(word for port in self.ports for word in ("--server", f"127.0.0.1:{port}")), "--dialect", dialect]

    def said(self):
        return "".join((self.folder / f"node-{index}.log").read_text() for index in range(len(self.ports)))

    def stop(self):
        for each in self.running:
            each.send_signal(signal.SIGCONT)
        for each in self.running:
            processes.stop(each)


class Person:
    """A client of a node, by lines, that has been asked for its name."""

    def __init__(self, nodes, index, name=None, patience=PATIENCE):
        self.stream = socket.create_connection(("127.0.0.1", nodes.ports[index]), timeout=patience)
        self.lines = self.stream.makefile("rb")
        self.until("nombre del cliente")
        if name:
            self.say(name)
            self.until(f"you are {name}")

    def say(self, line):
        self.stream.sendall(f"{line}\n".encode())

    def until(self, pattern):
        """The next line in which this is found."""
        for line in self.lines:
            if re.search(pattern, line.decode()):
                return line.decode().rstrip()
        raise ConnectionError

    def close(self):
        self.lines.close()
        self.stream.close()
