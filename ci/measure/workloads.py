"""What is measured: each case is one server under one load, run once in each round."""

import dataclasses
import statistics
import time

from . import load
from .doors import behind
from .machine import resident
from .servers import SERVERS, Running, Unable

# Seconds. Some servers take long to let thousands of clients in; who takes longer than this has one
# run, not one in each round.
LONG_RUN = 30
# A slow reader's sockets are to fill up within the run. IRC has no room for much longer texts.
LONG = 320


@dataclasses.dataclass(frozen=True)
class Lengths:
    """How much of everything: seconds, idle clients, and how often a run is repeated in which the
    generator was disturbed."""

    warm_up: float
    duration: float
    idle: int
    repeats: int


@dataclasses.dataclass
class Case:
    """One server under one load, and what its runs gave."""

    table: str
    label: str
    server: object
    load: list
    options: list = dataclasses.field(default_factory=list)
    dialect: str = ""
    processors: str = "server"
    runs: list = dataclasses.field(default_factory=list)
    unable: str = ""
    took: float = 0

    def is_done(self):
        """Whether another run is not wanted."""
        return bool(self.unable) or self.is_long() and self.is_valid()

    def is_long(self):
        return self.took > LONG_RUN

    def run(self, processors, lengths):
        """Once more; again when it failed or the generator was disturbed, and as it is if it always is."""
        run, failure = None, ""
        for _ in range(1 + lengths.repeats):
            begun = time.monotonic()
            try:
                run = self.once(processors, lengths)
            except Unable as why:
                failure = str(why)
            self.took = time.monotonic() - begun
            if run and run["valid"] or self.is_long():
                break
        if run:
            self.runs.append(run)
        else:
            # It need not be tried in each round.
            self.unable = failure

    def once(self, processors, lengths):
        options = ["--warm-up", f"{lengths.warm_up}s", "--duration", f"{lengths.duration}s",
                   "--drain-timeout", "10s", "--connect-rate", f"{self.server.pace}/s", *map(str, self.load)]
        seconds = 2 * (lengths.warm_up + lengths.duration + 10)
        cpus = getattr(processors, self.processors)
        with Running(self.server, cpus, self.options) as running:
            dialect = self.dialect or self.server.dialect
            record = load.generate(running, dialect, processors.generator, options, seconds)
            return figures(record, running)

    def median(self, name):
        """Of the runs that can be believed; of all if there is none. None where it is unknown."""
        values = [run[name] for run in self.believed() if run.get(name) is not None]
        return statistics.median(values) if values else None

    def believed(self):
        return [run for run in self.runs if run["valid"]] or self.runs

    def is_valid(self):
        return any(run["valid"] for run in self.runs)

    def faults(self):
        return sorted({fault for run in self.runs for fault in run["faults"]})


def figures(record, running):
    """What is kept of a run. Times in nanoseconds, sizes in bytes."""
    server, without = record["server"] or {}, record["without_slow_readers"]
    alive = running.process.poll() is None
    response = record["latency"]["response"]
    status = record["verdict"]["status"]
    return {
        "valid": status in ("valid", "faulty"),
        "doubts": record["verdict"]["reasons"] if status == "invalid" else [],
        "faults": load.faults(record),
        "cpu": server.get("cpu_per_delivery"),
        "rate": record["traffic"]["delivery_rate"],
        "p50": response["p50"],
        "p99": response["p99"],
        "p99 without": without and without["response"]["p99"],
        "memory per client": server.get("memory_per_client"),
        "grown": server and server["memory"] - server["memory_before"],
        "peak": resident(running.pid, "VmHWM") if alive else None,
    }


# Clients, senders, and how fast.
LOADS = {
    "W1": ["--clients", 200, "--senders", 1, "--window", 64],
    "W2": ["--clients", 200, "--senders", 10, "--rate", "500/s"],
    "W3": ["--clients", 200, "--senders", 200, "--rate", "1000/s"],
    "W4": ["--clients", 2000, "--senders", 1, "--rate", "50/s"],
    "W5": ["--clients", 2, "--senders", 1, "--rate", "1000/s"],
    "W6": ["--clients", 100, "--senders", 10, "--rate", "100/s"],
    "W7": ["--clients", 200, "--senders", 10, "--rate", "500/s", "--slow-readers", 20, "--size", LONG],
}
GROWTH = [50, 200, 1000, 4000]
# The loads by door: two of those above, and many clients of which one says something.
DOORS = {
    "doors-W1": LOADS["W1"],
    "doors-W3": LOADS["W3"],
    "doors-idle": ["--senders", 1, "--rate", "1/s"],
}
# What is stored, by how.
STORES = {"": [], "`--store`": ["--store", "chat.db"],
          "`--durability commit`": ["--store", "chat.db", "--durability", "commit"]}
TABLES = [*LOADS, "growth", "threads", "coalesce", "store", *DOORS]


def cases(tables, servers, lengths):
    """Everything there is to run, table by table."""
    return {table: list(of_table(table, [SERVERS[name] for name in servers], lengths)) for table in tables}


def of_table(table, servers, lengths):
    own = [server for server in servers if server.is_own()]
    if table == "W6":
        yield from with_and_without_idle(servers, lengths)
    elif table == "growth":
        for clients in GROWTH:
            for server in servers:
                if not server.peer:
                    load = ["--clients", clients, *LOADS["W1"][2:]]
                    yield Case(table, f"{server.name}, {clients:,} clients", server, load)
    elif table == "threads":
        for server in own:
            for name in ["W1", "W3"]:
                label = name if server.name == "chat-server" else f"{name} {server.name}"
                yield Case(table, f"{label}, 1 thread", server, LOADS[name], ["--threads", "1"])
                yield Case(table, f"{label}, 2 threads", server, LOADS[name], ["--threads", "2"],
                           processors="two")
    elif table in DOORS:
        for server in behind([server.name for server in servers if server.name != "before"]):
            clients = ["--clients", lengths.idle // 10] if table == "doors-idle" else []
            label = f"{server.door}: {server.name}"
            yield Case(table, label, server, [*DOORS[table], *clients])
            # Some of the others let messages wait for each other: this does it as well.
            if table == "doors-W3" and server.name == "chat-server":
                yield Case(table, f"{label}, `--coalesce 2ms`", server, DOORS[table], ["--coalesce", "2ms"])
    elif table == "coalesce":
        for server in [server for server in own if server.name == "chat-server"]:
            yield Case(table, "at once", server, LOADS["W3"])
            yield Case(table, "`--coalesce 2ms`", server, LOADS["W3"], ["--coalesce", "2ms"])
    elif table == "store":
        for server in own:
            for name in ["W1", "W3"]:
                label = name if server.name == "chat-server" else f"{name} {server.name}"
                for stored, options in STORES.items():
                    yield Case(table, f"{label} {stored}".strip(), server, LOADS[name], options)
    else:
        for server in servers:
            yield Case(table, server.name, server, LOADS[table])


def with_and_without_idle(servers, lengths):
    """The same once more without the idle clients. The bare relay has no clients that are idle."""
    for server in servers:
        options = ["--profile", "grupal", "--max-rate", "off"] if server.is_own() else []
        dialect = "grupal" if server.is_own() else server.dialect
        if server.name != "floor":
            idle = [*LOADS["W6"], "--idle-clients", lengths.idle]
            yield Case("W6", server.name, server, idle, options, dialect)
        yield Case("W6", f"{server.name} without", server, LOADS["W6"], options, dialect)
