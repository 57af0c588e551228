"""A case: one server under one load, run once in each round, and what its runs gave."""

import dataclasses
import json
import statistics
import subprocess
import time

from . import load, processes
from .machine import BINARIES, resident
from .servers import Running, Unable

# Seconds. Some servers take long to let thousands of clients in; who takes longer than this has one
# run, not one in each round.
LONG_RUN = 30
# Seconds for which visitors come beside warm-up and window, for the time that connecting takes.
BEHIND = 1
# Each has its own source ports: a port that a visit has used is not free for a while.
SOURCES = [f"127.0.0.{last}" for last in range(2, 10)]


@dataclasses.dataclass(frozen=True)
class Lengths:
    """How much of everything: seconds, idle clients, and how often a run is repeated in which the
    generator was disturbed."""

    warm_up: float
    duration: float
    idle: int
    repeats: int
    # Members of a huge room: as many as a process may have descriptors.
    members: int


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
    # Visits per second beside the load.
    visits: int = 0
    # Called again and again while the load goes on.
    watch: object = None
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
            visits = self.visits and Visits(running, dialect, processors.generator, self.visits, lengths)
            record = load.generate(running, dialect, processors.generator, options, seconds, self.watch)
            return {**figures(record, running), **(visits.findings() if visits else {})}

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


class Visits:
    """Clients that come and leave at once, from before the load's first message until behind its last."""

    def __init__(self, running, dialect, cpus, rate, lengths):
        # What has to be as punctual as the load must not wait for them.
        command = ["nice", "-n", 10, BINARIES / "chat-loadgen", "visit",
                   *running.server.target(running.address, dialect), "--rate", f"{rate}/s",
                   "--duration", f"{lengths.warm_up + lengths.duration + BEHIND}s",
                   *[word for source in SOURCES for word in ("--from", source)]]
        self.process = processes.start(command, cpus, stdout=subprocess.PIPE, text=True)

    def findings(self):
        said, _ = self.process.communicate(timeout=load.PATIENCE)
        found = json.loads(said)
        return {"visits": found["rate"], "visits failed": found["failed"] + found["unfinished"],
                "visit p99": found["took"]["p99"]}


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
        "busy": server and server["cpu"] / record["workload"]["duration"],
        "rate": record["traffic"]["delivery_rate"],
        "p50": response["p50"],
        "p99": response["p99"],
        "last p50": record["latency"]["last"]["p50"],
        "last p99": record["latency"]["last"]["p99"],
        # Its CPU time, without that of reading when a pass is over.
        "generator": record["generator"]["cpu_of_timed"] * 1e9 / max(1, record["traffic"]["messages"]),
        "p99 without": without and without["response"]["p99"],
        "memory per client": server.get("memory_per_client"),
        "grown": server and server["memory"] - server["memory_before"],
        "peak": resident(running.pid, "VmHWM") if alive else None,
    }
