"""The servers that are measured through TLS and WebSocket, beside themselves without."""

import dataclasses
import subprocess

from .machine import ROOT, TARGET
from .servers import PEERS, SERVERS, Server, certificate, find

DIALECTS = ROOT / "chat-loadgen" / "dialects"
# Filled by ci/packages.
MODULES = TARGET / "node" / "node_modules"
TLS = ["--tls-cert", "cert.pem", "--tls-key", "key.pem"]
# What makes chat-server listen at one door only; which options it needs for that.
CHAT_SERVER = {
    "tcp": (["--bind", "{at}"], []),
    "ws": (["--bind", "off", "--web", "{at}"], ["--web"]),
    "tls": (["--bind", "off", "--tls-bind", "{at}", *TLS], ["--tls-bind"]),
    "wss": (["--bind", "off", "--web", "{at}", "--web-tls", *TLS], ["--web-tls"]),
}
RELAY = {"tcp": [], "ws": ["--ws"], "tls": ["--tls"], "wss": ["--ws", "--tls"]}


@dataclasses.dataclass(frozen=True)
class Behind(Server):
    """A server at one of its doors."""

    path: str = "/ws"
    # A dialect in a file.
    file: str = ""

    def command(self, port, folder, options):
        if self.file:
            script = PEERS / "node" / f"{self.name}.js"
            return ["env", f"NODE_PATH={MODULES}", self.program, script, port]
        if self.peer:
            return super().command(port, folder, options)
        address = f"127.0.0.1:{port}"
        if self.name == "floor":
            return [self.program, "relay", "--bind", address, *RELAY[self.door]]
        certificate(folder)
        listening, _ = CHAT_SERVER[self.door]
        return [self.program, *(word.format(at=address) for word in listening), *options]

    def target(self, address, dialect):
        path = self.path if "ws" in self.door else ""
        options = ["--server", "{}://{}:{}{}".format(self.door, *address, path)]
        options += ["--insecure"] if self.door in ("tls", "wss") else []
        return options + (["--dialect-file", DIALECTS / self.file] if self.file else ["--dialect", dialect])


def knows(program, options):
    """Whether a program has these options."""
    said = subprocess.run([program, "--help"], capture_output=True, text=True).stdout
    return all(option in said for option in options)


def behind(names):
    """The servers at each door, of those with these names that are installed; the libraries for Node.js always."""
    def at(door, name, **more):
        server = SERVERS[name]
        return Behind(name, server.dialect, server.program, server.peer, server.pace, door, **more)

    for door in CHAT_SERVER:
        if "floor" in names:
            yield at(door, "floor")
        if "chat-server" in names and knows(SERVERS["chat-server"].program, CHAT_SERVER[door][1]):
            yield at(door, "chat-server")
        for name in names:
            config = f"{name}-{door}"
            if door == "tcp" and SERVERS[name].peer:
                yield at(door, name)
            elif (PEERS / f"{config}.conf").exists() and find("openssl"):
                yield at(door, name, config=config)
        if door == "ws" and find("node"):
            socketio = "/socket.io/?EIO=4&transport=websocket"
            for name, module, file, path in [("ws", "ws", "text.toml", "/"),
                                             ("socketio", "socket.io", "socketio.toml", socketio)]:
                if (MODULES / module).is_dir():
                    yield Behind(name, "", find("node"), door=door, path=path, file=file)
