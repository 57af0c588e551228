"""Failures of nodes, brokers and the network between them, each beside talk that is judged."""

import dataclasses
import shutil
import signal
import tempfile
import time
from typing import Callable

from . import load
from .cluster import Brokers, Nodes, Person, until
from .servers import Unable

CLIENTS = ["--clients", 40, "--senders", 6, "--total-order", "--allow-invalid", "--witnesses", 1000]
# In a black hole, so that a room remembers what is said while a client comes back.
RATE, SLOW = "200/s", "50/s"
WARM_UP, BEFORE = 1, 2
# Seconds. A leader is chosen anew; a person may come in again; a name is free after a death.
OUTAGE, LEADER, AGAIN, FREE = 2, 10, 15, 7
MISSED = '"kind":"missed"'


@dataclasses.dataclass(frozen=True)
class Failure:
    """One of them. The generator makes it (`options`), or `act` does, `BEFORE` after the warm-up."""

    name: str
    profile: str
    seconds: int
    options: tuple = ()
    act: Callable | None = None
    brokers: int = 1
    # The longest delay that a delivery may have; sessions; and whether the log itself is touched.
    longest: float | None = OUTAGE
    log: bool = False
    part: bool = False


def pause(chosen, seconds):
    """SIGSTOP, and SIGCONT after so long."""
    def act(brokers, nodes):
        process = chosen(brokers, nodes)
        process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        process.send_signal(signal.SIGCONT)
    return act


def kill_leader(brokers, _):
    leader = brokers.leader()
    brokers.kill(leader)
    time.sleep(2)
    brokers.restart(leader)


def kill_all(brokers, _):
    for index in range(brokers.number):
        brokers.kill(index)
    time.sleep(1)
    for index in range(brokers.number):
        brokers.restart(index)


def purge(brokers, _):
    brokers.ask("PURGE")


def delete(brokers, _):
    """The log is gone; another one comes two seconds later."""
    brokers.ask("DELETE")
    time.sleep(2)
    until("the log is made", brokers.init)


def restore(brokers, _):
    """The broker comes back with what it had two seconds ago."""
    store, copy = brokers.store(0), brokers.folder / "copy"
    brokers.running[0].send_signal(signal.SIGSTOP)
    shutil.copytree(store, copy)
    brokers.running[0].send_signal(signal.SIGCONT)
    time.sleep(2)
    brokers.kill(0)
    shutil.rmtree(store)
    copy.rename(store)
    brokers.restart(0)


def node(_, nodes):
    return nodes.running[0]


def broker(brokers, _):
    return brokers.running[0]


def hole(seconds, part=False):
    # A node that is cut off for longer than five seconds is dead, and lets its people go.
    longest = seconds + 1 if seconds < 5 else None
    options = "--cut-node", f"{seconds}s", "--rate", SLOW
    return Failure(f"black hole of {seconds} s before a node", "grupal", seconds + 12, options, longest=longest,
                   part=part)


FAILURES = [
    Failure("kill -9 of a node, every 10 s", "grupal", 25, ("--kill-node", "10s")),
    Failure("kill -9 of a node, every 10 s", "basico", 25, ("--kill-node", "10s")),
    Failure("kill -9 of a node, every 4 s", "grupal", 13, ("--kill-node", "4s"), part=True),
    *(Failure("kill -9 of the broker, back after 1 s", profile, 10, ("--kill-broker",), part=profile == "grupal")
      for profile in ["grupal", "basico"]),
    Failure("a node stands still for 3 s", "grupal", 10, act=pause(node, 3), longest=4),
    Failure("the broker stands still for 3 s", "grupal", 10, act=pause(broker, 3), longest=4),
    hole(1), hole(6, part=True), hole(60),
    Failure("R3: kill -9 of the leader", "grupal", 15, act=kill_leader, brokers=3, longest=LEADER, part=True),
    Failure("R3: kill -9 of all, back after 1 s", "grupal", 15, act=kill_all, brokers=3, longest=LEADER + 1),
    Failure("the log is emptied", "basico", 10, act=purge, log=True),
    Failure("the log is deleted, and made anew", "basico", 10, act=delete, log=True),
    Failure("the log is set back by 2 s", "basico", 12, act=restore, log=True),
]


@dataclasses.dataclass
class Outcome:
    """What became of the talk."""

    failure: Failure
    record: dict
    fenced: bool
    again: bool

    def faults(self):
        """What should not have been, in words."""
        ledger, longest = self.record["ledger"], self.failure.longest
        faults = load.faults(self.record)
        if self.failure.log and self.fenced or self.missed():
            # What the log has lost, the people have lost; they are told, and nothing comes twice. So it is with what
            # a room does not remember any more.
            faults = [fault for fault in faults if not fault.endswith(("lost", "late"))]
        faults += [f"{ledger['disorder']:,} in disorder"] if ledger["disorder"] else []
        faults += [f"delay of {self.delay():.1f} s"] if not self.failure.log and longest and self.delay() > longest else []
        seam = self.record["seam"] or {}
        faults += [f"{seam['accepted_lost']:,} accepted and lost"] if seam.get("accepted_lost") else []
        return faults + ([] if self.again else [f"nobody can come in {AGAIN} s later"])

    def missed(self):
        """Whether all that came back were told that they have missed messages."""
        told = [each for each in self.record["words"].get("notices", {"first": []})["first"] if MISSED in each["detail"]]
        return 0 < self.record["ledger"]["disconnected"] <= len(told)

    def delay(self):
        return self.record["latency"]["response"]["max"] / 1e9

    def row(self):
        ledger = self.record["ledger"]
        counts = [f"{ledger[name]:,}" for name in ("expected", "lost", "duplicated")]
        # Where all that listen were let go, there is no witness of the order.
        order = (ledger["disorder"] or 0) + ledger["reordered"]
        gone = [f"{ledger[name]:,}" for name in ("died_with_node", "cut_off")]
        return [self.failure.name, self.failure.profile, *counts, f"{order:,}", *gone, f"{self.delay():.2f} s",
                "; ".join(self.faults()) or ("holds, and is told" if self.missed() or self.failure.log and self.fenced else "holds")]


HEADS = ["", "profile", "expected", "lost", "doubled", "in disorder", "died with node", "cut off", "longest delay", ""]


def run(failure):
    """One failure, in a cluster of its own."""
    with tempfile.TemporaryDirectory(prefix="cluster-") as folder:
        brokers = Brokers(folder, failure.brokers)
        try:
            return with_nodes(failure, brokers, folder) if failure.act else spawned(failure, brokers)
        finally:
            brokers.stop()


def options(failure):
    rate = [] if "--rate" in failure.options else ["--rate", RATE]
    return [*CLIENTS, *rate, "--warm-up", f"{WARM_UP}s", "--duration", f"{failure.seconds}s", *failure.options]


class Spawned:
    """Nodes and broker that the generator starts."""

    pid = address = None

    def __init__(self, failure, brokers):
        self.server = self
        words = lambda command: " ".join(map(str, command))  # noqa: E731
        self.options = ["--spawn-nodes", 3, "--spawn-broker", words(brokers.command(0, "{port}")), "--spawn",
                        words(Nodes.command("{port}", failure.profile, "nats://{broker}"))]

    def target(self, _, dialect):
        return [*self.options, "--dialect", dialect]


def spawned(failure, brokers):
    # It has made the log; another broker has it from here on.
    brokers.stop()
    record = load.generate(Spawned(failure, brokers), failure.profile, None, options(failure), failure.seconds)
    return Outcome(failure, record, False, True)


def with_nodes(failure, brokers, folder):
    nodes = Nodes(folder, 3, failure.profile, brokers.urls)
    begun, acted = time.monotonic() + 2, []

    def watch():
        time.sleep(0.05)
        if not acted and time.monotonic() > begun + WARM_UP + BEFORE:
            acted.append(failure.act(brokers, nodes))

    try:
        more = [*options(failure), "--start-at", "+2s"]
        record = load.generate(nodes, failure.profile, None, more, failure.seconds, watch)
        return Outcome(failure, record, record["ledger"]["disconnected"] > 0, comes_in(nodes))
    finally:
        nodes.stop()


def comes_in(nodes):
    """Whether people can come in at each node, in time."""
    try:
        return all(until("in", lambda: nodes.takes(index), AGAIN) for index in range(len(nodes.ports)))
    except Unable:
        return False


def gets(nodes, name):
    """Whether a newcomer at the second node gets this name."""
    person = Person(nodes, 1)
    person.say(name)
    answer = person.until("^! |^[*] you are")
    person.close()
    return answer.startswith("*")


def free_after_death(rounds):
    """Seconds from the death of a node until the name of its person can be taken at another one."""
    with tempfile.TemporaryDirectory(prefix="cluster-") as folder:
        brokers = Brokers(folder)
        for number in range(rounds):
            nodes = Nodes(folder, 2, "grupal", brokers.urls)
            first = Person(nodes, 0, "ana")
            nodes.running[0].kill()
            begun = time.monotonic()
            until("the name is free", lambda: gets(nodes, "ana"))
            yield time.monotonic() - begun
            first.close()
            nodes.stop()
        brokers.stop()


